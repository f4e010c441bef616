"""FAPI 2.0 over the real stack, from client files as the page has them to the resource: signed and not, with OpenID
Connect and without."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from examples.conformance_plan import DENIALS, REFUSED_REFERENCES
from idp import jose
from idp.jose import Key
from tests.e2e.conformance.conftest import FAPI, PERSON, RELOAD
from tests.support.fapi_suite import FapiSuite
from tests.support.handshake import speaks_only_good_tls
from tests.support.relying_party import ABSENT, VERIFIER
from tests.support.suite_script import Script
from tests.support.web_server import Served

KEY: Key = jose.generate("ES256", "fapi-1")
DUMMIES = "?dummy1=lorem&dummy2=ipsum"
PLANS = {"security-profile": (False, ""), "message-signing": (True, ""), "message-signing-jarm": (True, "jwt")}


def client_file(client_id: str, callback: str, *, signing: bool) -> str:
    """The client of the page with our key and address; for Message Signing with the two lines that the page adds."""
    public = KEY.as_dict(private=False)
    text = FAPI.replace("https://suite.test:8443/test/a/vestibule/callback", callback)
    text = text.replace('client_id = "fapi-1"', f'client_id = "{client_id}"')
    for name in ("x", "y"):
        line = next(line for line in text.splitlines() if line.startswith(f"{name} = "))
        text = text.replace(line, f'{name} = "{public[name]}"')
    if signing:
        text = text.replace(
            'profile = "fapi2-security"', 'profile = "fapi2-message-signing"\nrequire_signed_request_object = true'
        )
    return text


@pytest.fixture(scope="module")
def anew(issuer: str, folder: Path, own_host: Served) -> Callable[[], FapiSuite]:
    """Begins a module: a fresh browser, nobody signed in."""

    def begin() -> FapiSuite:
        own_host.requests.clear()
        person = {"identifier": PERSON["email"], "password": PERSON["password"]}
        return FapiSuite(issuer, folder / "authority.pem", own_host, person)

    return begin


@pytest.fixture(scope="module")
def files(clients: Path, anew: Callable[[], FapiSuite]) -> Iterator[None]:
    """Two clients a plan; each process of the running provider takes them up with its first request after `RELOAD`."""
    suite, written = anew(), []
    for plan, (signing, _) in PLANS.items():
        for number, query in (("1", ""), ("2", DUMMIES)):
            path = clients / f"{plan}-{number}.toml"
            path.write_text(client_file(path.stem, suite.callback + query, signing=signing))
            written.append(path)
    time.sleep(2 * RELOAD)
    yield
    for path in written:
        path.unlink()


@pytest.fixture(params=PLANS)
def fapi(request: pytest.FixtureRequest, files: None, anew: Callable[[], FapiSuite]) -> FapiSuite:
    found = anew()
    signing, mode = PLANS[request.param]
    found.plays(f"{request.param}-1", KEY, signing=signing, mode=mode)
    return found


def test_the_happy_flow_from_the_file_to_the_resource(fapi: FapiSuite) -> None:
    """fapi2-security-profile-final-happy-flow, message-signing/fapi2-security-profile-final-happy-flow,
    fapi2-security-profile-final-refresh-token, message-signing/fapi2-security-profile-final-refresh-token"""
    tokens = fapi.redeem(fapi.authorize()["code"], code_verifier=VERIFIER)
    token = tokens["access_token"]
    shown = fapi.show(token)
    other_types = [fapi.show(token, Accept=kind) for kind in ("application/json; charset=UTF-8", "*/*;q=0.1")]
    in_the_address = fapi.show(token, f"{fapi.metadata['userinfo_endpoint']}?access_token={token}")
    refreshed = fapi.refresh(tokens["refresh_token"], scope=fapi.scope)

    assert shown.json()["sub"] == tokens["claims"]["sub"]
    assert abs((parsedate_to_datetime(shown.headers["Date"]) - datetime.now(UTC)).total_seconds()) < 300
    assert [answer.status_code for answer in other_types] == [200, 200]
    assert in_the_address.status_code == 400
    assert fapi.tokens_of(refreshed)["access_token"] != token
    assert fapi.tokens_of(refreshed).get("refresh_token", tokens["refresh_token"]) == tokens["refresh_token"]


def test_the_second_client_keeps_its_query_and_not_the_tokens_of_the_first(fapi: FapiSuite) -> None:
    """fapi2-security-profile-final-happy-flow, message-signing/fapi2-security-profile-final-happy-flow"""
    first = fapi.redeem(fapi.authorize()["code"], code_verifier=VERIFIER)
    fapi.plays(fapi.client["client_id"].replace("-1", "-2"), KEY, signing=fapi.signing, mode=fapi.mode)
    address = fapi.callback + DUMMIES

    code = fapi.authorize(redirect_uri=address)["code"]
    second = fapi.redeem(code, code_verifier=VERIFIER, redirect_uri=address)

    assert fapi.show(second["access_token"]).status_code == 200
    assert fapi.show(first["access_token"]).status_code == 401


@pytest.mark.parametrize("query", ["", DUMMIES])
def test_the_person_can_say_no(fapi: FapiSuite, query: str) -> None:
    """fapi2-security-profile-final-user-rejects-authentication,
    message-signing/fapi2-security-profile-final-user-rejects-authentication"""
    if query:
        fapi.plays(fapi.client["client_id"].replace("-1", "-2"), KEY, signing=fapi.signing, mode=fapi.mode)

    consented = fapi.authorize(redirect_uri=fapi.callback + query)
    denied = fapi.authorize(press="deny", redirect_uri=fapi.callback + query)

    assert consented["code"]
    assert denied["error"] == "access_denied"


def test_a_request_uri_may_be_visited_until_it_was_answered(fapi: FapiSuite) -> None:
    """fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds,
    message-signing/fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds,
    fapi2-security-profile-final-par-attempt-reuse-request_uri,
    message-signing/fapi2-security-profile-final-par-attempt-reuse-request_uri"""
    pushed = fapi.push()

    seen = fapi.visit_pushed(pushed)
    code = fapi.follow(fapi.visit_pushed(pushed))["code"]
    again = fapi.visit_pushed(pushed)

    assert seen.status_code == 200
    assert fapi.redeem(code, code_verifier=VERIFIER)["id_token"]
    assert again.status_code == 400
    assert "invalid_request_uri" in again.text


@pytest.mark.parametrize("module", DENIALS)
def test_the_printed_script_says_no(fapi: FapiSuite, plan: dict[str, Any], module: str) -> None:
    script = Script(fapi, plan["override"][module]["browser"])

    for _ in range(2):
        sent = {"client_id": fapi.client["client_id"], "request_uri": fapi.push()}
        answer = script.visit("GET", fapi.metadata["authorization_endpoint"], sent)
        assert fapi.follow(answer)["error"] == "access_denied"


@pytest.mark.parametrize("module", REFUSED_REFERENCES)
def test_the_printed_script_keeps_the_page_of_a_request_uri_that_is_refused(
    fapi: FapiSuite, plan: dict[str, Any], module: str
) -> None:
    script = Script(fapi, plan["override"][module]["browser"])
    sent = {"client_id": fapi.client["client_id"], "request_uri": fapi.push()}

    arrived = fapi.follow(script.visit("GET", fapi.metadata["authorization_endpoint"], sent))
    script.visit("GET", fapi.metadata["authorization_endpoint"], sent)

    assert arrived["code"]
    assert ["invalid_request_uri" in text for text in script.kept] == [True]


def test_every_claim_that_is_advertised_can_be_asked_for(fapi: FapiSuite) -> None:
    """fapi2-security-profile-final-test-claims-parameter-identity-claims,
    message-signing/fapi2-security-profile-final-test-claims-parameter-identity-claims"""
    protocol = {"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
    asked = set(fapi.metadata["claims_supported"]) - protocol - {"organisations", "legacy_identifiers", "sub"}
    ways: list[Any] = [None, {"essential": True}, {"essential": False}]
    named = {name: ways[number % len(ways)] for number, name in enumerate(sorted(asked))}
    claims = {"id_token": named, "userinfo": named, "elsewhere": {"unknown": None}}
    fapi.scope = "openid " + fapi.scope.replace("openid ", "") + " phone address"

    arrived = fapi.authorize(claims=json.dumps(claims))
    tokens = fapi.token(
        grant_type="authorization_code", code=arrived["code"], redirect_uri=fapi.callback, code_verifier=VERIFIER
    )
    in_id_token = fapi.verified(tokens.json()["id_token"])
    at_userinfo = fapi.show(tokens.json()["access_token"]).json()

    assert asked <= in_id_token.keys()
    assert asked | {"sub"} == at_userinfo.keys()
    assert in_id_token.keys() - asked <= protocol - {"sid"} | {"sub"}


def test_without_openid_connect_there_is_a_resource_too(fapi: FapiSuite) -> None:
    """fapi2-security-profile-final-happy-flow, message-signing/fapi2-security-profile-final-happy-flow (plain_oauth)"""
    fapi.scope = "profile email offline_access"
    tokens = fapi.redeem(fapi.authorize(nonce=ABSENT)["code"], code_verifier=VERIFIER)

    shown = fapi.show(tokens["access_token"], f"{fapi.issuer}/resource")
    refreshed = fapi.tokens_of(fapi.refresh(tokens["refresh_token"]))

    assert shown.json() == {"client_id": fapi.client["client_id"], "scope": fapi.scope}
    assert "Date" in shown.headers
    assert fapi.show(refreshed["access_token"], f"{fapi.issuer}/resource").status_code == 200
    assert fapi.show(tokens["access_token"]).status_code == 403


def test_only_good_tls_is_spoken(issuer: str) -> None:
    """RFC 9325 §3.1, §4.2; fapi2-security-profile-final-happy-flow,
    fapi2-security-profile-final-ensure-holder-of-key-required: TLS of every endpoint, without a proxy"""
    assert speaks_only_good_tls(urlsplit(issuer).port or 443)
