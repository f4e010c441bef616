"""The provider as somebody's hand: into private networks by registered addresses (SSRF), into its own memory by bombs,
into its own headers by line breaks, into its own forms by doubled parameters."""

import time
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.clients.client import Client
from idp.jose import Key
from idp.messages.delivery import TryLater
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.outbound.client import Recipient
from idp.outbound.exchange import OutboundFailed
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import sign_raw
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient
from tests.support.web_server import Served, certificate_for, serving

KEY: Key = jose.generate("ES256", "party-key")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SOON = 2.0  # seconds of an answer that did no work for the attacker, on a busy machine


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint("initial")]}}


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A service of the private network, whose certificate is even trusted."""
    certificate = certificate_for(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate) as served:
        yield served


# SSRF: the attacker may register what he likes.


def test_a_private_jwks_uri_is_not_fetched(app: Flask, provider: Provider, inside: Served) -> None:
    registered = {"jwks_uri": f"{inside.url}/keys", "token_endpoint_auth_method": "private_key_jwt"}
    bend(provider, "machine", secret_digests=(), **registered)
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    assertion = jose.sign({"iss": "machine", "sub": "machine"}, KEY, "ES256", typ="JWT")

    answer = app.test_client().post("/token", data={**form, "client_assertion": assertion})

    assert answer.get_json()["error"] == "invalid_client"
    assert inside.requests == []


def test_a_private_request_uri_is_not_fetched(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, inside: Served
) -> None:
    address = f"{inside.url}/request.jwt"
    bend(provider, "basic", request_uris=(address,), jwks={"keys": [KEY.as_dict(private=False)]})

    answer = party.authorize(visitor, request_uri=address)

    assert answer.error == "invalid_request_uri"
    assert inside.requests == []


def test_a_private_sector_document_is_not_fetched(provider: Provider, inside: Served) -> None:
    with pytest.raises(OutboundFailed):
        provider.outbound.fetch(f"{inside.url}/sector.json", Recipient(name="basic", purpose="sector"))

    assert inside.requests == []


def test_a_private_logout_address_is_not_called(provider: Provider, inside: Served) -> None:
    client: Client = bend(provider, "basic", backchannel_logout_uri=f"{inside.url}/logout")

    class Parcel:
        client_id = client.client_id
        payload = {"sub": "s", "sid": "s"}  # noqa: RUF012

    with pytest.raises(TryLater):
        BackchannelLogout(provider, provider.outbound)(Parcel())  # type: ignore[arg-type]

    assert inside.requests == []


# Bombs: small to send, large to open.

DEEP = "[" * 30_000 + "]" * 30_000
DEEP_OBJECT = '{"a":' * 30_000 + "1" + "}" * 30_000


def deep_payload(text: str) -> str:
    """A compact JWS around any text."""
    parts = ['{"alg":"ES256"}', text, "signature"]
    return ".".join(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)


def compressed() -> str:
    """A compact JWE whose plaintext would be a thousand times larger (RFC 8725 §2.7 and CVE-2024-33664)."""
    header = b'{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"DEF"}'
    parts = [header, b"x" * 256, b"x" * 12, zlib.compress(b"\0" * 10_000_000), b"x" * 16]
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


BOMBS = {
    "deep list": deep_payload(DEEP),
    "deep object": deep_payload(DEEP_OBJECT),
    "deep header": ".".join([urlsafe_b64encode(DEEP_OBJECT.encode()).decode().rstrip("="), "e30", "x"]),
    "compressed": compressed(),
    "many parts": "." * 50_000,
    "huge number": deep_payload('{"exp":' + "9" * 40_000 + "}"),
    "huge exponent": deep_payload('{"exp":1e400000}'),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once_at_every_door(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, bomb: str
) -> None:
    bend(provider, "basic", jwks={"keys": [KEY.as_dict(private=False)]})
    token = BOMBS[bomb]
    server = party.server
    initial = {"Authorization": "Bearer initial"}
    started = time.monotonic()

    refused = [
        visitor.post("/authorize", data=party.request(request=token)).status_code,
        visitor.post("/authorize", data=party.request(id_token_hint=token)).status_code,
        visitor.post("/authorize", data=party.request(claims=DEEP_OBJECT)).status_code,
        visitor.post("/end-session", data={"id_token_hint": token}).status_code,
        party.push(request=token).status_code,
        server.post("/token", data={"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}).status_code,
        server.get("/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code,
        server.get("/userinfo", headers={"Authorization": "DPoP x", "DPoP": token}).status_code,
        TokenClient(app, "basic").post("/introspect", token=token).status_code,
        TokenClient(app, "basic").post("/revoke", token=token).status_code,
        server.post("/registration", data=DEEP_OBJECT, content_type="application/json", headers=initial).status_code,
    ]

    assert max(refused) < 500
    assert time.monotonic() - started < SOON * len(refused)


# Response splitting: a line break reaches no header, markup no page.

BREAKS = [
    "\r\nSet-Cookie: planted=1",
    "\nLocation: https://evil.example/",
    "%0d%0aSet-Cookie: planted=1",
    "\u2028x",
    "\x0bx",
]
MARKUP = '"><script src=//evil.example></script>'


@pytest.mark.parametrize("planted", BREAKS)
@pytest.mark.parametrize("mode", ["query", "form_post", "jwt"])
def test_a_line_break_stays_in_its_value(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, planted: str, mode: str
) -> None:
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor, state=planted, nonce=planted, response_mode=mode)

    assert answer.parameters["state"] == planted
    assert_whole(answer.response)


@pytest.mark.parametrize("planted", BREAKS)
def test_logging_out_carries_no_line_break(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, planted: str
) -> None:
    sign_in(provider, visitor, person)
    hint = party.redeem(party.authorize(visitor))["id_token"]

    answer = party.log_out(
        visitor, id_token_hint=hint, post_logout_redirect_uri="https://basic.example.ch/", state=planted
    )

    assert_whole(answer)


def assert_whole(response: TestResponse) -> None:
    assert not [value for _, value in response.headers if "\r" in value or "\n" in value]
    assert "planted" not in response.headers.get("Set-Cookie", "")
    assert response.status_code < 500


@pytest.mark.parametrize("name", ["state", "login_hint", "ui_locales", "nonce", "client_id", "redirect_uri", "scope"])
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_markup_arrives_as_text(visitor: FlaskClient, party: RelyingParty, name: str, mode: str) -> None:
    changes = {"response_mode": mode, name: MARKUP}

    silent = party.authorize(visitor, prompt="none", **changes)
    shown = party.authorize(visitor, **changes)

    assert "<script src=//evil" not in silent.response.text + shown.response.text


# Doubled parameters: what one reader takes from the first and another from the last.


@pytest.mark.parametrize("name", ["response_type", "scope", "state", "nonce", "code_challenge", "prompt", "max_age"])
def test_a_doubled_parameter_gets_no_code(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, name: str
) -> None:
    sign_in(provider, visitor, person)
    request = party.request(max_age="1000", prompt="none")

    answer = party.follow(visitor, visitor.get("/authorize", query_string=[*request.items(), (name, request[name])]))

    assert (answer.code, answer.error) == ("", "invalid_request")


@pytest.mark.parametrize("path", ["/token", "/par", "/introspect", "/revoke", "/device_authorization"])
@pytest.mark.parametrize("name", ["client_id", "token", "scope", "grant_type"])
def test_a_doubled_field_is_refused(app: Flask, path: str, name: str) -> None:
    answer = app.test_client().post(path, data={name: ["one", "two"]})

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_parameters_in_address_and_body_are_not_mixed(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """What a proxy or a log saw in the address is not what counts in the form."""
    sign_in(provider, visitor, person)
    form = party.request(prompt="none")

    answer = party.follow(visitor, visitor.post("/authorize?redirect_uri=https://evil.example/&scope=email", data=form))

    assert answer.address in {party.redirect_uri, "/authorize"}


# Clickjacking and forged forms where a click gives something away.


@pytest.mark.parametrize("address", ["/authorize", "/end-session", "/device", "/login", "/consent", "/"])
def test_no_page_can_be_framed(visitor: FlaskClient, party: RelyingParty, address: str) -> None:
    response = visitor.get(address, query_string=party.request(), follow_redirects=True)

    assert response.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_no_other_site_can_press_allow(app: Flask, visitor: FlaskClient, provider: Provider, person: str) -> None:
    stranger = RelyingParty(app, "asks-consent")
    sign_in(provider, visitor, person, "asks-consent")
    asked = stranger.authorize(visitor, scope="openid email").response.request.full_path

    forged = [
        visitor.post(asked, data={}),
        visitor.post(asked, data={}, headers={"Sec-Fetch-Site": "cross-site"}),
        visitor.post(asked, data={}, headers={"Origin": "https://evil.example"}),
    ]

    assert {answer.status_code for answer in forged} == {403}
    assert stranger.authorize(visitor, scope="openid email", prompt="none").error == "consent_required"


def test_the_clock_is_not_the_attackers(party: RelyingParty, provider: Provider, clock: MovableClock) -> None:
    """A request object from the far future is not kept until then."""
    bend(provider, "basic", jwks={"keys": [KEY.as_dict(private=False)]})
    claims = {**party.request(), "iss": "basic", "aud": "http://localhost", "nbf": 2**60, "exp": 2**62}

    answer = party.push(request=sign_raw({"alg": "ES256", "kid": "party-key"}, claims, KEY))

    assert answer.get_json()["error"] == "invalid_request_object"
