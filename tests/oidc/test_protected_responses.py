"""Signed and encrypted answers: every algorithm, for ID tokens, user info and introspection (RFC 9701)."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from flask import Flask
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.relying_party import RelyingParty
from tests.support.tokens import TokenClient, good, refused

RSA = RSAKey.generate_key(2048, {"kid": "rsa-enc", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "ec-enc", "use": "enc"})
SIGNING_ONLY = ECKey.generate_key("P-256", {"kid": "ec-sig", "use": "sig"})
JWKS = {"keys": [key.as_dict(private=False) for key in (SIGNING_ONLY, RSA, EC)]}
WAYS = [
    ("RSA-OAEP", "A128CBC-HS256"),
    ("RSA-OAEP-256", "A256GCM"),
    ("ECDH-ES", "A128GCM"),
    ("ECDH-ES+A128KW", "A128CBC-HS256"),
    ("ECDH-ES+A256KW", "A256CBC-HS512"),
]


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"keys": {"algorithms": ["RS256", "PS256", "ES256", "EdDSA"]}}


@pytest.fixture
def basic(app: Flask, provider: Provider) -> TokenClient:
    bend(provider, "basic", jwks=JWKS)
    return TokenClient(app, "basic")


def opened(token: str, algorithm: str, content: str = "A128CBC-HS256") -> tuple[dict[str, Any], bytes]:
    """Header and plaintext, as the client decrypts it."""
    key = RSA if algorithm.startswith("RSA") else EC
    found = jwe.decrypt_compact(token, key, algorithms=[algorithm, content])
    assert found.plaintext is not None
    return dict(found.headers()), found.plaintext


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # the client's library prefers the newer name
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_every_algorithm_signs_id_tokens(provider: Provider, basic: TokenClient, person: str, algorithm: str) -> None:
    """oidcc-idtoken-signature; fault 16 of the library survey"""
    bend(provider, "basic", id_token_signed_response_alg=algorithm, userinfo_signed_response_alg=algorithm)
    tokens = basic.tokens(person)

    for token in (tokens["id_token"], basic.userinfo(tokens["access_token"]).text):
        assert basic.decoded(token).header["alg"] == algorithm
        assert basic.verified(token)["sub"] == person


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("algorithm", "digest"), [("RS256", "sha256"), ("PS256", "sha256"), ("ES256", "sha256"), ("EdDSA", "sha512")]
)
def test_at_hash_is_half_the_digest_that_goes_with_the_algorithm(
    provider: Provider, basic: TokenClient, person: str, algorithm: str, digest: str
) -> None:
    """OIDC Core §3.1.3.6; RFC 8032 §5.1: Ed25519 signs over SHA-512"""
    bend(provider, "basic", id_token_signed_response_alg=algorithm)
    tokens = basic.tokens(person)

    whole = hashlib.new(digest, tokens["access_token"].encode()).digest()
    half = urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
    assert basic.verified(tokens["id_token"])["at_hash"] == half


@pytest.mark.parametrize(("algorithm", "content"), WAYS)
def test_an_id_token_is_signed_and_then_encrypted(
    provider: Provider, basic: TokenClient, person: str, algorithm: str, content: str
) -> None:
    """RFC 7519 §5.2: cty is JWT; OIDC Core §10.2"""
    changes = {"id_token_encrypted_response_alg": algorithm, "id_token_encrypted_response_enc": content}
    bend(provider, "basic", **changes)

    header, inner = opened(basic.tokens(person)["id_token"], algorithm, content)

    assert header["cty"] == "JWT"
    assert header["kid"] in {"rsa-enc", "ec-enc"}
    assert basic.verified(inner.decode())["sub"] == person


def test_without_a_content_algorithm_the_default_is_taken(provider: Provider, basic: TokenClient, person: str) -> None:
    bend(provider, "basic", id_token_encrypted_response_alg="RSA-OAEP-256")

    header, _ = opened(basic.tokens(person)["id_token"], "RSA-OAEP-256")

    assert header["enc"] == "A128CBC-HS256"


def test_user_info_can_be_encrypted_signed_or_not(provider: Provider, basic: TokenClient, person: str) -> None:
    """OIDC Core §5.3.2"""
    bend(provider, "basic", userinfo_encrypted_response_alg="ECDH-ES")
    token = basic.tokens(person)["access_token"]
    plain_header, plain = opened(basic.userinfo(token).text, "ECDH-ES")
    bend(provider, "basic", userinfo_signed_response_alg="ES256")
    nested_header, nested = opened(basic.userinfo(token).text, "ECDH-ES")

    assert "cty" not in plain_header
    assert person.encode() in plain
    assert nested_header["cty"] == "JWT"
    assert basic.verified(nested.decode())["sub"] == person


def test_a_client_without_a_fitting_key_is_told(provider: Provider, basic: TokenClient, person: str) -> None:
    jwks = {"keys": [SIGNING_ONLY.as_dict(private=False)]}
    bend(provider, "basic", id_token_encrypted_response_alg="RSA-OAEP-256", jwks=jwks)

    refused(basic.redeem(basic.code(person)), "invalid_client_metadata")


def test_introspection_answers_with_a_jwt_where_registered(
    provider: Provider, basic: TokenClient, person: str, clock: MovableClock
) -> None:
    """RFC 9701 §6: introspection_signed_response_alg; RFC 9701 §5"""
    bend(provider, "basic", introspection_signed_response_alg="ES256")
    token = basic.tokens(person)["access_token"]

    response = basic.post("/introspect", token=token)

    assert response.mimetype == "application/token-introspection+jwt"
    assert response.headers["Cache-Control"] == "no-store"
    assert basic.decoded(response.text).header["typ"] == "token-introspection+jwt"
    claims = basic.verified(response.text)
    now = int(clock.now().timestamp())
    assert (claims["iss"], claims["aud"], claims["iat"]) == ("http://localhost", "basic", now)
    assert claims["token_introspection"]["sub"] == person
    assert not {"sub", "exp"} & set(claims)


def test_introspection_answers_with_a_jwt_when_asked_for_it(basic: TokenClient, person: str) -> None:
    """RFC 9701 §4"""
    token = basic.tokens(person)["access_token"]

    signed = basic.post("/introspect", headers={"Accept": "application/token-introspection+jwt"}, token=token)
    inactive = basic.post("/introspect", headers={"Accept": "application/token-introspection+jwt"}, token="x")
    plain = basic.post("/introspect", headers={"Accept": "application/json, */*"}, token=token)

    assert basic.decoded(signed.text).header["alg"] == "RS256"
    assert basic.verified(inactive.text)["token_introspection"] == {"active": False}
    assert good(plain)["active"] is True


def test_a_fapi_client_s_introspection_is_not_signed_with_rs256(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """FAPI 2.0 Security Profile §5.4.1; RFC 9701 §6: RS256 is the default of others"""
    token = basic.tokens(person)["access_token"]
    bend(provider, "basic", profile="fapi2-message-signing")

    signed = basic.post("/introspect", headers={"Accept": "application/token-introspection+jwt"}, token=token)

    assert basic.decoded(signed.text).header["alg"] == "PS256"
    assert basic.verified(signed.text)["token_introspection"]["active"] is True


def test_introspection_can_be_encrypted(provider: Provider, basic: TokenClient, person: str) -> None:
    """RFC 9701 §5"""
    changes = {"introspection_signed_response_alg": "ES256", "introspection_encrypted_response_alg": "RSA-OAEP-256"}
    bend(provider, "basic", **changes)

    _, inner = opened(basic.post("/introspect", token=basic.tokens(person)["access_token"]).text, "RSA-OAEP-256")

    assert basic.verified(inner.decode())["token_introspection"]["sub"] == person


def test_who_wants_introspection_encrypted_never_gets_it_in_clear(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """RFC 9701 §6: signed with RS256 where nothing else was registered"""
    bend(provider, "basic", introspection_encrypted_response_alg="RSA-OAEP-256")

    response = basic.post("/introspect", token=basic.tokens(person)["access_token"])

    _, inner = opened(response.text, "RSA-OAEP-256")
    assert basic.decoded(inner.decode()).header["alg"] == "RS256"


def test_an_introspection_answer_is_no_access_token_and_no_hint(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """RFC 9701 §8.1"""
    bend(provider, "basic", introspection_signed_response_alg="ES256")
    answer = basic.post("/introspect", token=basic.tokens(person)["access_token"]).text

    assert basic.userinfo(answer).status_code == 401


def test_an_authorization_response_can_be_encrypted(provider: Provider, basic: TokenClient, app: Flask) -> None:
    """JARM §2.2"""
    bend(provider, "basic", authorization_encrypted_response_alg="RSA-OAEP-256")
    sent = RelyingParty(app, "basic").request(response_mode="jwt", prompt="none")

    location = app.test_client().get("/authorize", query_string=sent).headers["Location"]

    header, inner = opened(location.partition("response=")[2], "RSA-OAEP-256")
    assert header["cty"] == "JWT"
    assert basic.verified(inner.decode())["error"] == "login_required"


@pytest.mark.parametrize("changes", [{"prompt": "none"}, {"scope": "nonsense"}])
def test_an_answer_that_cannot_be_encrypted_is_a_page(
    provider: Provider, basic: TokenClient, app: Flask, changes: dict[str, str | None]
) -> None:
    """JARM §2.2: it never goes out in clear instead"""
    jwks = {"keys": [SIGNING_ONLY.as_dict(private=False)]}
    bend(provider, "basic", authorization_encrypted_response_alg="RSA-OAEP-256", jwks=jwks)

    answer = RelyingParty(app, "basic").authorize(app.test_client(), response_mode="jwt", **changes)

    assert (answer.mode, answer.response.status_code) == ("page", 400)
    assert "invalid_client_metadata" in answer.response.text


@pytest.mark.parametrize(
    "changes",
    [
        {"id_token_signed_response_alg": "ES384"},
        {"userinfo_signed_response_alg": "ES384"},
        {"userinfo_encrypted_response_alg": "ECDH-ES",
         "jwks": {"keys": [OKPKey.generate_key("Ed25519").as_dict(private=False)]}},
        {"userinfo_encrypted_response_alg": "ECDH-ES",
         "jwks": {"keys": [{**EC.as_dict(private=False), "key_ops": ["wrapKey", "deriveBits"]}]}},
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_sealed_is_the_client_s_error(
    provider: Provider, basic: TokenClient, person: str, changes: dict[str, Any]
) -> None:
    """A registered client may outlive the algorithm or key that its answers need."""
    code = basic.code(person)
    bend(provider, "basic", **changes)

    answer = basic.redeem(code)
    if answer.status_code == 200:
        answer = basic.userinfo(answer.get_json()["access_token"])

    assert answer.status_code < 500, answer.text
