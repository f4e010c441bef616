"""The same rules wherever an authorization request arrives: the table in `idp.oidc.authorize.checks` says which."""

import ast
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, Key

from idp.grants import pushed_requests
from idp.grants.raw_parameters import RawParameters
from idp.oidc.authorize.checks import CHECKS, OBJECT_CHECKS, PAGE_CHECKS
from idp.provider import Provider
from tests.oidc.test_device import GRANT, Television, press, type_code
from tests.rules.source import modules
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import new_person, sign_in

UNREACHABLE = '{"id_token": {"acr": {"essential": true, "value": "no-such-acr"}}}'

# name of the check → parameters that break it, and nothing else
WRONG: dict[str, tuple[dict[str, str], str]] = {
    "parameters_have_a_sane_length": ({"login_hint": "x" * 9000}, "invalid_request"),
    "client_is_not_registered_on_the_fly": ({"registration": "{}"}, "registration_not_supported"),
    "response_type_is_code": ({"response_type": "token"}, "unsupported_response_type"),
    "response_mode_is_known": ({"response_mode": "fragment"}, "invalid_request"),
    "some_scope_is_left": ({"scope": "nonsense"}, "invalid_scope"),
    "code_challenge_is_s256": ({"code_challenge_method": "plain"}, "invalid_request"),
    "prompt_is_consistent": ({"prompt": "none login"}, "invalid_request"),
    "resources_are_the_clients": ({"resource": "https://elsewhere.example/"}, "invalid_target"),
    "dpop_key_is_a_thumbprint": ({"dpop_jkt": "short"}, "invalid_request"),
    "essential_acr_is_attainable": ({"claims": UNREACHABLE}, "unmet_authentication_requirements"),
    "authorization_details_are_not_used": ({"authorization_details": "[]"}, "invalid_authorization_details"),
}


def error_at(endpoint: str, app: Flask, wrong: dict[str, str]) -> str:
    """The error that the endpoint answers this request with, or an empty text."""
    party = RelyingParty(app, "basic")
    if endpoint == "authorize":
        return party.authorize(app.test_client(), **wrong).error
    answer = party.push(**wrong) if endpoint == "par" else Television(app).ask(**wrong)
    return str(answer.get_json().get("error", ""))


@pytest.mark.parametrize("endpoint", ["authorize", "par", "device"])
@pytest.mark.parametrize("check", WRONG)
def test_a_check_runs_at_the_endpoints_that_the_table_names(app: Flask, check: str, endpoint: str) -> None:
    row = next(row for row in CHECKS if row.check.__name__ == check)
    wrong, error = WRONG[check]

    answered = error_at(endpoint, app, wrong)

    assert answered == (error if getattr(row, endpoint) else "")


# name of the check of an object → the claims, or header parameters, that break it
BENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "type_is_that_of_a_request_object": ({}, {"typ": "at+jwt"}),
    "client_made_it": ({"iss": "post"}, {}),
    "it_cannot_pass_for_a_client_assertion": ({"sub": "basic"}, {}),
    "audience_is_this_provider": ({"aud": "https://elsewhere.example"}, {}),
    "it_contains_no_other_request": ({"request": "another"}, {}),
    "times_hold": ({"exp": 1}, {}),
    "it_lives_an_hour_at_most": ({"exp": 2**31}, {}),
}


@pytest.fixture
def key(provider: Provider) -> Key:
    """The key that the client signs its requests with."""
    key = ECKey.generate_key("P-256", {"kid": "of-the-client", "alg": "ES256", "use": "sig"})
    bend(provider, "basic", jwks={"keys": [key.as_dict(private=False)]})
    return key


@pytest.mark.parametrize("endpoint", ["authorize", "par"])
@pytest.mark.parametrize("row", OBJECT_CHECKS, ids=lambda row: row.check.__name__)
def test_an_object_is_checked_itself_wherever_it_is_sent(
    app: Flask, provider: Provider, clock: MovableClock, key: Key, row: Any, endpoint: str
) -> None:
    """RFC 9101 §6, RFC 9126 §3"""
    if row.check.__name__ == "it_lives_an_hour_at_most":
        bend(provider, "basic", profile="fapi2-message-signing")
    claims, header = BENT[row.check.__name__]
    signed = RelyingParty(app, "basic").request_object(key, clock.now().timestamp(), header=header, **claims)

    assert error_at(endpoint, app, {"request": signed}) == "invalid_request_object"


@pytest.mark.parametrize("endpoint", ["authorize", "par"])
@pytest.mark.parametrize("check", WRONG)
def test_the_parameters_in_an_object_pass_the_checks_of_its_endpoint(
    app: Flask, clock: MovableClock, key: Key, check: str, endpoint: str
) -> None:
    wrong, error = WRONG[check]
    signed = RelyingParty(app, "basic").request_object(key, clock.now().timestamp(), **wrong)

    assert error_at(endpoint, app, {"request": signed}) == error


@pytest.mark.parametrize("row", [*PAGE_CHECKS, *CHECKS], ids=lambda row: row.check.__name__)
def test_a_pushed_request_passes_what_an_authorization_request_passes(row: Any) -> None:
    """RFC 9126 §2.1"""
    assert row.authorize == row.par


def test_only_a_device_needs_the_device_grant(app: Flask, provider: Provider) -> None:
    """RFC 8628 §3.1, RFC 6749 §4.1.2.1"""
    bend(provider, "television", grant_types=("authorization_code",))
    bend(provider, "basic", grant_types=(GRANT,))

    assert error_at("device", app, {}) == "unauthorized_client"
    assert error_at("authorize", app, {}) == "unauthorized_client"
    assert error_at("par", app, {}) == "unauthorized_client"


def test_a_context_is_made_in_one_place() -> None:
    makers = {
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AuthorizationContext"
    }
    readers = {module.name for module in modules() if "idp.oidc.authorize.context.read" in module.imports}

    assert makers == {"idp.oidc.authorize.context"}
    assert readers == {"idp.oidc.authorize.validation"}


def test_a_pushed_request_is_found_as_it_was_pushed(provider: Provider) -> None:
    """Every field comes back, also one that is added tomorrow."""
    sent = RawParameters(
        parameters={"client_id": "basic", "scope": "openid"},
        resources=("https://a.example/", "https://b.example/"),
        repeated=frozenset({"unknown"}),
        pushed="replaced by its id",
        signed=True,
        device="a device",
    )

    with provider.database.transaction() as tx:
        request_uri = pushed_requests.store(tx, sent)
    with provider.database.reading() as tx:
        found = pushed_requests.find(tx, request_uri, client_id="basic")

    assert found is not None
    assert {**vars(found), "pushed": ""} == {**vars(sent), "pushed": ""}
    assert found.pushed


@pytest.mark.both_databases
def test_a_device_that_expects_somebody_is_not_let_in_by_another(
    app: Flask, provider: Provider, visitor: FlaskClient, person: str
) -> None:
    """OIDC Core §5.5.1, a `sub` that is asked for: at a device as at a portal"""
    other = new_person(provider, "other@example.ch")
    sign_in(provider, visitor, other, "television")
    television = Television(app)
    television.ask(claims=f'{{"id_token": {{"sub": {{"value": "{person}"}}}}}}')

    page = type_code(visitor, television.waiting["user_code"])

    assert page.request.path == "/login"
    sign_in(provider, visitor, person, "television", sealed=page.request.args["request"])
    page = visitor.get("/authorize/resume", query_string=page.request.args, follow_redirects=True)
    assert press(visitor, page, "allow").status_code == 200
    assert television.outcome() == "tokens"
