"""A token of one kind is never taken for another, and no algorithm or key is taken from the token itself (RFC 8725)."""

import hashlib
import hmac
import itertools
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from joserfc.jwk import RSAKey

from idp import jose, random_values
from idp.jose import Key
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Prover, sign_raw
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient
from tests.support.web_server import Served, certificate_for, serving

RSA: Key = jose.generate("RS256", "party-key")
EVIL: Key = jose.generate("RS256", "evil-key")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def attacker_host(tmp_path: Path) -> Iterator[Served]:
    with serving(certificate_for(tmp_path, "localhost")) as served:
        served.body = msgspec.json.encode({"keys": [EVIL.as_dict(private=False)]})
        yield served


class Doors:
    """Every place that verifies a JWT which somebody else wrote; each says whether what was made for it is let in."""

    def __init__(self, app: Flask, provider: Provider, clock: MovableClock, person: str) -> None:
        self.app, self.provider, self.clock = app, provider, clock
        bend(provider, "basic", jwks={"keys": [RSA.as_dict(private=False)]})
        bend(
            provider,
            "machine",
            jwks={"keys": [RSA.as_dict(private=False)]},
            token_endpoint_auth_method="private_key_jwt",
            secret_digests=(),
        )
        self.party = RelyingParty(app, "basic")
        self.browser = app.test_client()
        sign_in(provider, self.browser, person)
        self.tokens = self.party.redeem(self.party.authorize(self.browser))

    def request_object(self, make: Callable[[dict[str, Any]], str]) -> bool:
        claims = {**self.party.request(), "iss": "basic", "aud": self.party.metadata["issuer"]}
        return bool(self.party.authorize(self.browser, request=make(claims)).code)

    def client_assertion(self, make: Callable[[dict[str, Any]], str]) -> bool:
        now = int(self.clock.now().timestamp())
        names = {
            "iss": "machine",
            "sub": "machine",
            "aud": self.party.metadata["issuer"],
            "jti": random_values.token(16),
        }
        assertion = make({**names, "iat": now, "exp": now + 60})
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
        answer = self.party.server.post("/token", data={**form, "client_assertion": assertion})
        return answer.status_code == 200

    def access_token(self, make: Callable[[dict[str, Any]], str]) -> bool:
        token = make(jose.unverified(self.tokens["access_token"]).claims)
        answer = self.party.server.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code == 200

    def id_token_hint(self, make: Callable[[dict[str, Any]], str]) -> bool:
        hint = make(jose.unverified(self.tokens["id_token"]).claims)
        return bool(self.party.authorize(self.browser, prompt="none", id_token_hint=hint).code)

    def logout_hint(self, make: Callable[[dict[str, Any]], str]) -> bool:
        hint = make(jose.unverified(self.tokens["id_token"]).claims)
        return self.party.log_out(self.browser, id_token_hint=hint).status_code == 303


DOORS = ["request_object", "client_assertion", "access_token", "id_token_hint", "logout_hint"]


@pytest.fixture
def doors(app: Flask, provider: Provider, clock: MovableClock, person: str) -> Doors:
    return Doors(app, provider, clock, person)


@pytest.mark.parametrize("door", ["request_object", "client_assertion"])
def test_the_right_key_opens(doors: Doors, door: str) -> None:
    """What the others are compared with."""
    assert getattr(doors, door)(lambda claims: jose.sign(claims, RSA, "RS256", typ="JWT"))


@pytest.mark.parametrize("door", DOORS)
def test_a_public_key_is_no_shared_secret(doors: Doors, provider: Provider, door: str) -> None:
    """RFC 8725 §2.1: an RS256 key, which everybody knows, used as an HMAC secret."""
    known = [RSA, *(key for key in provider.signing_keys.verification_keys() if isinstance(key, RSAKey))]

    for key, algorithm in itertools.product(known, ("HS256", "HS512")):
        for text in written(key):
            forge = partial(with_mac, algorithm=algorithm, secret=text, kid=str(key.kid))
            assert not getattr(doors, door)(forge)


def written(key: RSAKey) -> list[bytes]:
    """The forms in which libraries hold a public key."""
    public = msgspec.json.encode(key.as_dict(private=False))
    return [key.as_pem(private=False), public]


def with_mac(claims: dict[str, Any], algorithm: str, secret: bytes, kid: str) -> str:
    head = {"alg": algorithm, "typ": "JWT", "kid": kid}
    text = b".".join(urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in (head, claims))
    mac = hmac.digest(secret, text, getattr(hashlib, "sha" + algorithm[2:]))
    return (text + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


@pytest.mark.parametrize("door", DOORS)
def test_nothing_unsigned_opens(doors: Doors, door: str) -> None:
    """RFC 8725 §3.1, §3.2"""
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        head = {"alg": algorithm, "typ": "JWT"}
        assert not getattr(doors, door)(lambda claims, head=head: sign_raw(head, claims, EVIL))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_a_key_that_comes_with_the_token_is_not_used_and_nothing_is_fetched(
    doors: Doors, attacker_host: Served, door: str, member: str
) -> None:
    """RFC 8725 §3.10"""
    address = f"{attacker_host.url}/keys.json"
    value = {"jwk": EVIL.as_dict(private=False), "x5c": ["MIIB"], "jku": address, "x5u": address}[member]
    head = {"alg": "RS256", "typ": "JWT", "kid": "evil-key", member: value}

    let_in = getattr(doors, door)(lambda claims: sign_raw(head, claims, EVIL))

    assert not let_in
    assert attacker_host.requests == []


@pytest.mark.parametrize("door", DOORS)
def test_a_name_is_not_a_key(doors: Doors, provider: Provider, door: str) -> None:
    real = [str(key.kid) for key in provider.signing_keys.verification_keys()]

    for name in ("party-key", *real, "../../../../dev/null", "' OR 1=1 --", "", "0", "é☃"):
        head = {"alg": "RS256", "typ": "JWT", "kid": name}
        assert not getattr(doors, door)(lambda claims, head=head: sign_raw(head, claims, EVIL))


# One kind of token for another. All of these are signed by the right keys.


@pytest.fixture
def ours(app: Flask, doors: Doors, provider: Provider) -> dict[str, str]:
    """Every kind of JWT that this provider signs, about the same person, client and session."""
    claims = jose.unverified(doors.tokens["id_token"]).claims
    jarm = doors.browser.get("/authorize", query_string=doors.party.request(response_mode="jwt")).headers["Location"]
    bend(provider, "basic", userinfo_signed_response_alg="RS256")
    shown = {"Authorization": f"Bearer {doors.tokens['access_token']}"}
    introspected = TokenClient(app, "basic").post(
        "/introspect", {"Accept": "application/token-introspection+jwt"}, token=doors.tokens["access_token"]
    )
    return {
        "id_token": doors.tokens["id_token"],
        "access_token": doors.tokens["access_token"],
        "authorization_response": jarm.partition("response=")[2],
        "userinfo": doors.party.server.get("/userinfo", headers=shown).text,
        "introspection": introspected.text,
        "logout_token": logout_token(provider, claims),
    }


def logout_token(provider: Provider, claims: dict[str, Any]) -> str:
    client = provider.registry.current().client("basic")
    assert client is not None
    return BackchannelLogout(provider, provider.outbound).logout_token(client, claims, jti="j")


@pytest.mark.parametrize(
    ("door", "kind"),
    [
        ("access_token", "access_token"),
        ("id_token_hint", "id_token"),
        ("logout_hint", "id_token"),
        ("client_assertion", ""),
        ("request_object", ""),
    ],
)
def test_one_kind_is_taken_and_no_other(doors: Doors, ours: dict[str, str], door: str, kind: str) -> None:
    """RFC 9068 §4, RFC 8725 §3.11"""
    assert all(jose.unverified(token).header["alg"] != "none" for token in ours.values())

    taken = {name for name, token in ours.items() if getattr(doors, door)(lambda _, token=token: token)}

    assert taken == {kind} - {""}


def test_a_proof_of_possession_authenticates_nobody(doors: Doors, clock: MovableClock) -> None:
    prover = Prover(clock, "RS256")
    prover.key = RSA

    def proof(claims: dict[str, Any]) -> str:
        return prover.proof(**claims)

    assert not doors.client_assertion(proof)


def test_a_client_assertion_is_no_request_object_and_the_other_way_round(doors: Doors, clock: MovableClock) -> None:
    """RFC 9101 §10.8"""

    def about_the_machine(claims: dict[str, Any]) -> str:
        return jose.sign({**claims, "sub": "basic"}, RSA, "RS256", typ="JWT")

    def request(claims: dict[str, Any]) -> str:
        return jose.sign(claims, RSA, "RS256", typ="oauth-authz-req+jwt")

    assert not doors.request_object(about_the_machine)
    assert not doors.client_assertion(request)
