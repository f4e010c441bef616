"""How answers travel: one writer, every mode, successes and errors alike."""

import re

import pytest
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.relying_party import ABSENT, LONG_STATE, RelyingParty
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases

NASTY_STATE = "s t&x=\"<script>alert('1')</script>%20é+"


def test_a_signed_in_person_comes_back_with_a_code(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 6749 §4.1.2: code and state; RFC 9207 §2: iss; RFC 9700 §4.12: by 303, never 307;
    oidcc-server, oidcc-prompt-none-logged-in"""
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor)

    assert answer.response.status_code == 303
    assert answer.parameters.keys() == {"code", "state", "iss"}
    assert answer.parameters["state"] == LONG_STATE
    assert answer.parameters["iss"] == "http://localhost"
    assert len(answer.code) >= 43


def test_every_authorization_has_its_own_code(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 6749 §4.1.2; oidcc-server"""
    sign_in(provider, visitor, person)

    codes = {party.authorize(visitor).code for _ in range(5)}

    assert len(codes) == 5


def test_without_a_state_none_is_returned(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """fapi2-security-profile-final-ensure-authorization-request-without-state-success"""
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor, state=ABSENT)

    assert answer.parameters.keys() == {"code", "iss"}


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_state_arrives_exactly_as_sent(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, mode: str
) -> None:
    """Multiple Response Types §2.1: query, and the mode that was asked for; fault 7 of the library survey"""
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor, response_mode=mode, state=NASTY_STATE)

    assert answer.mode == mode
    assert answer.parameters["state"] == NASTY_STATE


def test_a_form_post_carries_nothing_in_the_address(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """Form Post Response Mode §2; form-post/oidcc-server"""
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor, response_mode="form_post")

    assert answer.mode == "form_post"
    assert answer.address == party.redirect_uri
    assert answer.parameters.keys() == {"code", "state", "iss"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"response_type": ABSENT}, "invalid_request"),
    ],
)
def test_errors_travel_by_form_post_too(
    visitor: FlaskClient, party: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    """Faults 6 and 7 of the library survey; form-post/oidcc-prompt-none-not-logged-in"""
    answer = party.authorize(visitor, response_mode="form_post", **changes)

    assert answer.mode == "form_post"
    assert answer.error == error
    assert answer.parameters["state"] == LONG_STATE
    assert answer.parameters["iss"] == "http://localhost"


def test_the_form_post_page_runs_one_script_and_posts_to_the_client_only(
    visitor: FlaskClient, party: RelyingParty
) -> None:
    answer = party.authorize(visitor, response_mode="form_post", prompt="none")

    policy = answer.response.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert f'<script nonce="{nonce[1]}">' in answer.response.text
    assert "form-action 'self' https://basic.example.ch;" in policy
    assert "'unsafe-inline'" not in policy
    assert "<noscript>" in answer.response.text
    assert answer.response.headers["Cache-Control"] == "no-store"


def test_a_request_may_come_by_post_from_another_site(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """oidcc-ensure-post-request-succeeds"""
    sign_in(provider, visitor, person)

    answer = party.authorize_by_post(visitor)

    assert answer.code
    assert answer.parameters["state"] == LONG_STATE


def test_a_posted_request_is_checked_before_it_is_taken_over(visitor: FlaskClient, party: RelyingParty) -> None:
    answer = party.authorize_by_post(visitor, scope=ABSENT)

    assert answer.error == "invalid_scope"


def test_a_posted_request_that_must_not_redirect_is_a_page(visitor: FlaskClient, party: RelyingParty) -> None:
    answer = party.authorize_by_post(visitor, redirect_uri="https://attacker.example/")

    assert answer.mode == "page"
    assert answer.response.status_code == 400


def test_a_request_too_long_for_an_address_is_kept_here(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person)
    claims = '{"userinfo": {"name": null, "%s": null}}' % ("x" * 6000)

    answer = party.authorize_by_post(visitor, claims=claims)

    assert answer.code


@pytest.mark.parametrize("sealed", ["", "garbage", "row.unknown", "test.AAAA", "é☃", "x" * 100_000])
def test_coming_back_with_anything_else_than_our_own_request_is_a_page(visitor: FlaskClient, sealed: str) -> None:
    """X-05"""
    response = visitor.get("/authorize/resume", query_string={"request": sealed})

    assert response.status_code == 400
    assert "<h1>" in response.text


def test_a_request_of_last_week_leads_to_the_portal(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, clock: object
) -> None:
    """X-05"""
    journey = party.authorize(visitor)
    sealed = journey.response.request.args["request"]

    clock.forward(days=8)  # type: ignore[attr-defined]
    response = visitor.get("/authorize/resume", query_string={"request": sealed})

    assert response.status_code == 400
    assert "https://basic.example.ch/login?iss=" in response.text


def test_a_person_who_says_no_is_reported_as_such(visitor: FlaskClient, party: RelyingParty) -> None:
    """RFC 6749 §4.1.2.1: access_denied; fapi2-security-profile-final-user-rejects-authentication"""
    journey = party.authorize(visitor)
    sealed = journey.response.request.args["request"]

    answer = party.follow(visitor, visitor.get("/authorize/resume", query_string={"request": sealed, "refused": "yes"}))

    assert answer.error == "access_denied"
    assert answer.parameters["state"] == LONG_STATE
    assert answer.parameters["iss"] == "http://localhost"


@pytest.mark.parametrize(
    "address",
    [
        "com.example.app:///cb",
        "COM.Example.App:/Cb",
        "https://Basic.Example.ch:00080/{t}?x={y}",
        "http://127.0.0.1:00080/callback",
        "http://127.0.0.1/cb?x=%7e",
    ],
)
def test_an_answer_goes_to_the_address_byte_for_byte(
    provider: Provider, visitor: FlaskClient, party: RelyingParty, address: str
) -> None:
    """RFC 9700 §2.1: what was registered, character by character; RFC 8252 §7"""
    bend(provider, "basic", application_type="native", redirect_uris=(address,), post_logout_redirect_uris=(address,))

    response = visitor.get("/authorize", query_string=party.request(redirect_uri=address, prompt="none"))
    page = visitor.get("/end-session", query_string={"client_id": "basic", "post_logout_redirect_uri": address})

    assert response.status_code == 303
    assert response.headers["Location"].startswith(f"{address}{'&' if '?' in address else '?'}error=login_required")
    assert page.status_code == 200


@pytest.mark.parametrize("mode", ["query", "form_post", "jwt"])
def test_a_client_may_be_spared_the_issuer_in_plain_errors(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, mode: str
) -> None:
    """Debian's mod_auth_openidc takes an error with `iss` for a third party's sign-in; RFC 9207 §2, JARM §2.1"""
    assert party.authorize(visitor, prompt="none", response_mode=mode).parameters["iss"]
    bend(provider, "basic", iss_in_error_answers=False)

    refused = party.authorize(visitor, prompt="none", response_mode=mode)
    sign_in(provider, visitor, person)
    answered = party.authorize(visitor, response_mode=mode)

    assert refused.error == "login_required"
    assert ("iss" in refused.parameters) == (mode == "jwt")
    assert answered.parameters["iss"] == "http://localhost"
