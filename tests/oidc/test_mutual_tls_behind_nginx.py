"""Client certificates through a real proxy: nginx ends TLS, says what it found, and nobody can speak in its name."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.serving import make_server

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.fapi_party import ASSERTION_TYPE, MessageSigningParty
from tests.support.handshake import speaks_only_good_tls
from tests.support.nginx import Nginx
from tests.support.possession import Certificate
from tests.support.relying_party import VERIFIER
from tests.support.signed_in import new_person, sign_in

FORM = {"grant_type": "client_credentials", "client_id": "machine"}
NOW = datetime.now(UTC)  # certificates are checked by nginx, whose clock nobody moves


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "server": {
            "trusted_proxies": ("127.0.0.1",),
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
        }
    }


@pytest.fixture
def authority() -> Certificate:
    return Certificate("authority", NOW, authority=True)


@pytest.fixture
def nginx(app: Flask, tmp_path: Path, authority: Certificate) -> Iterator[Nginx]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    found = Nginx(tmp_path, server.server_port, authority, NOW)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_certificate_of_the_trusted_authority_is_served(
    provider: Provider, nginx: Nginx, authority: Certificate
) -> None:
    """RFC 8705 §2.1"""
    name = {"tls_client_auth_san_dns": "machine.example.ch"}
    bend(provider, "machine", token_endpoint_auth_method="tls_client_auth", secret_digests=(), **name)
    issued = Certificate("machine", NOW, issuer=authority, dns="machine.example.ch")
    invented = Certificate("machine", NOW, dns="machine.example.ch")

    assert nginx.post("/token", FORM, issued) == 200
    assert nginx.post("/token", FORM, invented) == 401
    assert nginx.post("/token", FORM, None) == 401


def test_a_self_signed_certificate_is_served_by_its_key(provider: Provider, nginx: Nginx) -> None:
    """RFC 8705 §2.2"""
    known, other = Certificate("machine", NOW), Certificate("machine", NOW)
    method = "self_signed_tls_client_auth"
    bend(provider, "machine", token_endpoint_auth_method=method, secret_digests=(), jwks=known.jwks)

    assert nginx.post("/token", FORM, known) == 200
    assert nginx.post("/token", FORM, other) == 401


def test_nobody_can_speak_in_the_proxy_s_name(provider: Provider, nginx: Nginx) -> None:
    known = Certificate("machine", NOW)
    method = "self_signed_tls_client_auth"
    bend(provider, "machine", token_endpoint_auth_method=method, secret_digests=(), jwks=known.jwks)
    claimed = {"X-Client-Certificate": quote(known.pem), "X-Client-Verified": "SUCCESS"}

    assert nginx.post("/token", FORM, None, **claimed) == 401
    assert nginx.post("/token", FORM, Certificate("other", NOW), **claimed) == 401


def test_behind_the_nginx_of_the_page_only_good_tls_is_spoken(nginx: Nginx) -> None:
    """RFC 9325 §3.1, §4.2; fapi2-security-profile-final-ensure-holder-of-key-required: TLS of every endpoint"""
    assert speaks_only_good_tls(nginx.port)


@pytest.mark.parametrize("method", ["private_key_jwt", "self_signed_tls_client_auth"])
def test_fapi_2_is_served_with_certificates_from_the_pushed_request_to_the_resource(
    app: Flask, provider: Provider, clock: MovableClock, nginx: Nginx, method: str
) -> None:
    """fapi2-security-profile-final-happy-flow, message-signing/fapi2-security-profile-final-happy-flow
    (private_key_jwt + mTLS, mTLS + mTLS): over TLS, with what a proxy says of it"""
    own, other = Certificate("basic", NOW), Certificate("basic", NOW)
    party, browser = MessageSigningParty(app, clock, jarm=True), app.test_client()
    keys = [party.key.as_dict(private=False), *own.jwks["keys"]]
    bound = {"dpop_bound_access_tokens": False, "tls_client_certificate_bound_access_tokens": True}
    party.register(token_endpoint_auth_method=method, jwks={"keys": keys}, **bound)
    sign_in(provider, browser, new_person(provider))

    def post(path: str, certificate: Certificate | None, **form: str) -> tuple[int, dict[str, str]]:
        asserted = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": party.assertion()}
        credentials = asserted if method == "private_key_jwt" else {}
        status, body = nginx.call("POST", path, {"client_id": "basic", **credentials, **form}, certificate)
        return status, json.loads(body)

    pushing = own if method == "self_signed_tls_client_auth" else None
    status, pushed = post("/par", pushing, **party.form_to_push())
    assert status == 201, pushed
    code = party.visit(browser, pushed["request_uri"]).code
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": party.redirect_uri}
    refused, _ = post("/token", None, code_verifier=VERIFIER, **form)
    status, tokens = post("/token", own, code_verifier=VERIFIER, **form)

    shown = {"Authorization": f"Bearer {tokens['access_token']}"}
    statuses = [nginx.call("GET", "/userinfo", {}, certificate, **shown)[0] for certificate in (own, other, None)]
    assert (refused in {400, 401}, status) == (True, 200)
    assert statuses == [200, 401, 401]
