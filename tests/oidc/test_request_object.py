"""Signed authorization requests: by value, pushed, by reference; bent one property at a time (RFC 9101)."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwe
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.relying_party import ABSENT, LONG_STATE, RelyingParty
from tests.support.signed_in import sign_in
from tests.support.web_server import Served, serving


@pytest.fixture(scope="module")
def key() -> Key:
    return ECKey.generate_key("P-256", {"kid": "of-the-client", "alg": "ES256", "use": "sig"})


@pytest.fixture
def signing_party(party: RelyingParty, provider: Provider, key: Key) -> RelyingParty:
    """A client that registered a key."""
    bend(provider, "basic", jwks={"keys": [key.as_dict(private=False)]})
    return party


@pytest.fixture
def now(clock: MovableClock) -> float:
    return clock.now().timestamp()


def test_the_request_in_the_object_counts(
    visitor: FlaskClient, signing_party: RelyingParty, provider: Provider, person: str, key: Key, now: float
) -> None:
    """OIDC Core §6: the claims of the object are the request; RFC 9101 §4: numbers and objects arrive as JSON"""
    sign_in(provider, visitor, person)
    signed = signing_party.request_object(key, now, state="inside", max_age=3600, claims={"userinfo": {"name": None}})

    answer = signing_party.authorize(visitor, request=signed)

    assert answer.code
    assert answer.parameters["state"] == "inside"


def test_ordinary_clients_may_sign_with_rs256(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, now: float
) -> None:
    """OIDC Core §6.1, §10.1: what most of them have"""
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS256"})
    bend(provider, "basic", jwks={"keys": [rsa.as_dict(private=False)]})
    sign_in(provider, visitor, person)

    assert party.authorize(visitor, request=party.request_object(rsa, now)).code


def test_what_stands_outside_does_not_count(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float
) -> None:
    """RFC 9101 §5; fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object"""
    signed = signing_party.request_object(key, now, prompt="none", state=ABSENT)

    answer = signing_party.authorize(visitor, request=signed, prompt="login", state="outside")

    assert answer.error == "login_required"
    assert "state" not in answer.parameters


def test_the_redirect_address_inside_is_used(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float
) -> None:
    """oidcc-ensure-request-object-with-redirect-uri"""
    inside = "https://basic.example.ch/callback?with=query"
    signed = signing_party.request_object(key, now, prompt="none", redirect_uri=inside)

    answer = signing_party.authorize(visitor, request=signed)

    assert answer.parameters["with"] == "query"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example"]},
        {"iss": "post"},
        {"client_id": "post"},
        {"client_id": ABSENT},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": 4_000_000_000},
        {"iat": True},
        {"sub": "basic"},
        {"scope": ["openid"]},
        {"prompt": True},
        {"resource": [1]},
        {"request": "another"},
        {"request_uri": "urn:another"},
    ],
)
def test_an_object_that_says_something_wrong_is_refused(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float, changes: dict[str, Any]
) -> None:
    """RFC 9101 §4: issuer, audience and client, and no object inside; §6.2: invalid_request_object;
    fault 17 of the library survey"""
    signed = signing_party.request_object(key, now, **changes)

    answer = signing_party.authorize(visitor, request=signed)

    assert answer.error == "invalid_request_object"
    assert answer.parameters["state"] == LONG_STATE


@pytest.mark.parametrize("aud", ["http://localhost", ["http://localhost", "https://another.example"]])
def test_it_may_name_several_audiences(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float, aud: Any
) -> None:
    signed = signing_party.request_object(key, now, aud=aud, prompt="none")

    assert signing_party.authorize(visitor, request=signed).error == "login_required"


@pytest.mark.parametrize(
    "forged_with",
    [
        ECKey.generate_key("P-256", {"kid": "of-the-client", "alg": "ES256"}),
        ECKey.generate_key("P-256", {"kid": "unknown", "alg": "ES256"}),
        RSAKey.generate_key(2048, {"kid": "of-the-client", "alg": "RS256"}),
        OctKey.import_key("basic" * 10, {"kid": "of-the-client", "alg": "HS256"}),
    ],
    ids=["same kid", "unknown kid", "another type", "a secret"],
)
def test_an_object_by_another_key_is_refused(
    visitor: FlaskClient, signing_party: RelyingParty, now: float, forged_with: Key
) -> None:
    """RFC 9101 §6.2: the signature must verify"""
    signed = signing_party.request_object(forged_with, now)

    assert signing_party.authorize(visitor, request=signed).error == "invalid_request_object"


def test_an_unsigned_object_is_not_supported(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float
) -> None:
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"""
    unsigned = "eyJhbGciOiJub25lIn0." + signing_party.request_object(key, now).split(".")[1] + "."

    assert signing_party.authorize(visitor, request=unsigned).error == "request_not_supported"


@pytest.mark.parametrize("changes", [{"profile": "fapi2-security"}, {"require_signed_request_object": True}])
def test_an_unsigned_object_is_invalid_where_it_must_be_signed(
    visitor: FlaskClient, signing_party: RelyingParty, provider: Provider, key: Key, now: float, changes: dict[str, Any]
) -> None:
    """RFC 9101 §6.2"""
    bend(provider, "basic", jwks={"keys": [key.as_dict(private=False)]}, **changes)
    unsigned = "eyJhbGciOiJub25lIn0." + signing_party.request_object(key, now).split(".")[1] + "."

    assert signing_party.authorize(visitor, request=unsigned).error == "invalid_request_object"


def test_an_encrypted_object_is_refused_in_clear_words_and_not_advertised(
    visitor: FlaskClient, signing_party: RelyingParty, provider: Provider, key: Key, now: float
) -> None:
    """RFC 9101 §6.1: what cannot be decrypted is invalid_request_object; RFC 7516 §7.1"""
    header = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "cty": "oauth-authz-req+jwt"}
    ours = RSAKey.generate_key(2048)
    encrypted = jwe.encrypt_compact(header, signing_party.request_object(key, now), ours, algorithms=[*header.values()])

    answer = signing_party.authorize(visitor, request=encrypted)

    assert answer.error == "invalid_request_object"
    assert answer.parameters["error_description"] == "request objects are signed, not encrypted, here"
    assert not [name for name in signing_party.metadata if name.startswith("request_object_encryption")]


def test_a_token_of_another_kind_is_no_request_object(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float
) -> None:
    signed = signing_party.request_object(key, now, header={"typ": "dpop+jwt"})

    assert signing_party.authorize(visitor, request=signed).error == "invalid_request_object"


def test_object_and_reference_exclude_each_other(
    visitor: FlaskClient, signing_party: RelyingParty, key: Key, now: float
) -> None:
    signed = signing_party.request_object(key, now)

    answer = signing_party.authorize(visitor, request=signed, request_uri="urn:ietf:params:oauth:request_uri:x")

    assert answer.error == "invalid_request"


def test_an_object_that_cannot_be_read_and_leads_nowhere_is_a_page(
    visitor: FlaskClient, signing_party: RelyingParty
) -> None:
    answer = signing_party.authorize(visitor, request="garbage", redirect_uri=ABSENT)

    assert answer.mode == "page"
    assert "invalid_request_object" in answer.response.text


def test_a_client_keeps_to_the_algorithm_it_registered(
    visitor: FlaskClient, signing_party: RelyingParty, provider: Provider, key: Key, now: float
) -> None:
    bend(provider, "basic", jwks={"keys": [key.as_dict(private=False)]}, request_object_signing_alg="PS256")

    signed = signing_party.request_object(key, now)

    assert signing_party.authorize(visitor, request=signed).error == "invalid_request_object"


def test_a_client_that_must_sign_cannot_do_otherwise(
    visitor: FlaskClient, signing_party: RelyingParty, provider: Provider, key: Key, now: float
) -> None:
    """RFC 9101 §10.5: require_signed_request_object"""
    bend(provider, "basic", jwks={"keys": [key.as_dict(private=False)]}, require_signed_request_object=True)

    assert signing_party.authorize(visitor).error == "invalid_request"
    signed = signing_party.request_object(key, now, prompt="none")
    assert signing_party.authorize(visitor, request=signed).error == "login_required"


# Pushed


@pytest.fixture
def message_signing(app: Flask, provider: Provider, key: Key) -> RelyingParty:
    """A client under FAPI 2.0 Message Signing."""
    bend(provider, "basic", jwks={"keys": [key.as_dict(private=False)]}, profile="fapi2-message-signing")
    return RelyingParty(app, "basic")


def test_a_signed_request_can_be_pushed(
    visitor: FlaskClient, message_signing: RelyingParty, provider: Provider, person: str, key: Key, now: float
) -> None:
    """RFC 9126 §3: the request is in the object, only the client's credentials stand beside it"""
    sign_in(provider, visitor, person)
    pushed = message_signing.server.post(
        "/par",
        data={"client_id": "basic", "request": message_signing.request_object(key, now)},
        headers=message_signing.credentials(),
    )

    assert pushed.status_code == 201, pushed.text
    assert message_signing.visit(visitor, pushed.get_json()["request_uri"]).code


def test_an_unsigned_pushed_request_is_refused_where_it_must_be_signed(message_signing: RelyingParty) -> None:
    """FAPI 2.0 Message Signing §5.3.1, RFC 9101 §10.5: nobody takes the signature away"""
    assert message_signing.push().get_json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({}, True),
        ({"nbf": 8}, True),
        ({"exp": 3600}, True),
        ({"exp": ABSENT}, False),
        ({"nbf": ABSENT}, False),
        ({"exp": 3700}, False),
        ({"nbf": -3700}, False),
        ({"exp": -60}, False),
        ({"aud": ABSENT}, False),
    ],
)
def test_message_signing_bounds_the_life_of_a_request(
    message_signing: RelyingParty, key: Key, now: float, changes: dict[str, Any], accepted: bool
) -> None:
    """FAPI 2.0 Message Signing §5.3.1: exp and nbf, at most an hour apart and an hour old, and our issuer in aud;
    fapi2 message signing: reject missing exp, missing nbf, expired, exp >60 min, nbf >60 min old, bad aud"""
    moved = {n: now + v if isinstance(v, int) else v for n, v in changes.items()}
    signed = message_signing.request_object(key, now, **moved)

    pushed = message_signing.server.post("/par", data={"request": signed}, headers=message_signing.credentials())

    assert (pushed.status_code == 201) is accepted
    assert accepted or pushed.get_json()["error"] == "invalid_request_object"


def test_fapi_clients_do_not_sign_with_rs256(message_signing: RelyingParty, provider: Provider, now: float) -> None:
    """FAPI 2.0 Security Profile §5.4.1"""
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS256"})
    bend(provider, "basic", jwks={"keys": [rsa.as_dict(private=False)]}, profile="fapi2-message-signing")

    signed = message_signing.request_object(rsa, now)
    pushed = message_signing.server.post("/par", data={"request": signed}, headers=message_signing.credentials())

    assert pushed.get_json()["error"] == "invalid_request_object"


# By reference


@pytest.fixture
def portal(signing_party: RelyingParty, provider: Provider) -> Iterator[Served]:
    """Where the client keeps its request objects."""
    with serving() as served:
        served.content_type = "application/oauth-authz-req+jwt"
        bend(provider, "basic", request_uris=(f"{served.url}/request",), allow_private_addresses=True)
        yield served


def test_a_registered_address_is_read(
    visitor: FlaskClient, signing_party: RelyingParty, portal: Served, key: Key, now: float
) -> None:
    """OIDC Core §6.2: a request object by reference"""
    portal.body = signing_party.request_object(key, now, prompt="none", state="by reference").encode()

    answer = signing_party.visit(visitor, f"{portal.url}/request#fragment")

    assert answer.error == "login_required"
    assert answer.parameters["state"] == "by reference"


@pytest.mark.parametrize("path", ["/other", "/request?x=1"])
def test_an_unregistered_address_is_not_called(
    visitor: FlaskClient, signing_party: RelyingParty, portal: Served, path: str
) -> None:
    """OIDC Core §6.2: only an address that was registered is read"""
    answer = signing_party.authorize(visitor, request_uri=portal.url + path)

    assert answer.error == "invalid_request_uri"
    assert portal.requests == []


def test_a_client_that_registered_no_address_is_told(visitor: FlaskClient, signing_party: RelyingParty) -> None:
    """RFC 9101 §5.2"""
    answer = signing_party.authorize(visitor, request_uri="https://basic.example.ch/request")

    assert answer.error == "request_uri_not_supported"


@pytest.mark.parametrize("body", [b"", b"garbage", b"\xff\xfe", b"x" * 300_000])
def test_what_cannot_be_read_there_is_told(
    visitor: FlaskClient, signing_party: RelyingParty, portal: Served, body: bytes
) -> None:
    portal.body = body

    answer = signing_party.authorize(visitor, request_uri=f"{portal.url}/request")

    assert answer.error in {"invalid_request_uri", "invalid_request_object"}


def test_a_portal_that_does_not_answer_is_told(
    visitor: FlaskClient, signing_party: RelyingParty, portal: Served
) -> None:
    portal.status = 500

    assert signing_party.authorize(visitor, request_uri=f"{portal.url}/request").error == "invalid_request_uri"


def test_a_portal_that_is_slow_holds_one_thread_and_the_others_serve(app: Flask, portal: Served) -> None:
    """Anybody may ask for a registered address: the portal behind it must harm itself only."""
    answered: list[int] = []
    portal.before = lambda _: until(lambda: len(answered) == 11)

    def ask() -> None:
        query = {"client_id": "basic", "request_uri": f"{portal.url}/request"}
        response = app.test_client().get("/authorize", query_string=query)
        answered.append(response.status_code)

    in_parallel(*[ask] * 12)

    assert answered[:11] == [503] * 11
    assert len(portal.requests) == 1


def until(happened: Callable[[], bool], seconds: float = 2) -> None:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.01)
