"""Pushed authorization requests: checked at once, visited for a short while, used up at completion (RFC 9126)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.relying_party import ABSENT, LONG_STATE, RelyingParty
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases


def test_a_pushed_request_leads_to_a_code(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """fapi2-security-profile-final-happy-flow,
    fapi2-security-profile-final-par-without-duplicate-parameters"""
    sign_in(provider, visitor, person)

    answer = party.authorize_pushed(visitor, nonce="pushed-nonce")
    party.nonce = "pushed-nonce"

    assert party.redeem(answer)["claims"]["nonce"] == "pushed-nonce"


def test_the_answer_names_the_request_for_a_short_while(party: RelyingParty) -> None:
    """RFC 9126 §2.2: 201, an unguessable request_uri, its lifetime; FAPI 2.0 Security Profile §5.3.2.2: under ten
    minutes"""
    response = party.push()

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    pushed = response.get_json()
    assert pushed["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert len(pushed["request_uri"]) > 34 + 40
    assert 5 <= pushed["expires_in"] <= 90


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"redirect_uri": ABSENT}, "invalid_request"),
        ({"redirect_uri": "https://attacker.example/"}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"request": "garbage"}, "request_not_supported"),
    ],
)
def test_a_fault_is_told_at_once(party: RelyingParty, changes: dict[str, str | None], error: str) -> None:
    """RFC 9126 §2.1: no request_uri inside, checked like an authorization request; §2.3: errors as at the token
    endpoint;
    fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param,
    fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails,
    fapi2-security-profile-final-par-plain-pkce-rejected,
    fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri"""
    response = party.push(**changes)

    assert response.status_code == 400
    assert response.get_json()["error"] == error


def test_pkce_is_needed_where_the_client_must_use_it(party: RelyingParty, provider: Provider) -> None:
    """FAPI 2.0 Security Profile §5.3.2.2; fapi2-security-profile-final-par-ensure-pkce-required"""
    bend(provider, "basic", require_pkce=True)

    response = party.push(code_challenge=ABSENT, code_challenge_method=ABSENT)

    assert response.get_json()["error"] == "invalid_request"


def test_only_the_client_itself_pushes(party: RelyingParty) -> None:
    """RFC 9126 §2.1: the client authenticates, and names itself"""
    unauthenticated = party.server.post("/par", data=party.request())
    other = party.push(client_id="post")

    assert unauthenticated.status_code == 401
    assert other.status_code in {400, 401}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_served(party: RelyingParty, method: str) -> None:
    """RFC 9126 §2.1: pushed by POST; fapi2-security-profile-final-par-attempt-invalid-http-method"""
    assert party.server.open("/par", method=method, data=party.request()).status_code == 405


def test_another_clients_request_cannot_be_used(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 9126 §4: a request_uri is its client's;
    fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client"""
    sign_in(provider, visitor, person)
    request_uri = party.push().get_json()["request_uri"]

    answer = RelyingParty(app, "post").visit(visitor, request_uri)

    assert answer.mode == "page"
    assert answer.response.status_code == 400
    assert "invalid_request_uri" in answer.response.text


def test_what_stands_beside_the_request_uri_is_ignored(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 9126 §4: what was pushed counts;
    fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object,
    fapi2-security-profile-final-state-only-outside-request-object-not-used"""
    sign_in(provider, visitor, person)
    request_uri = party.push(state=ABSENT).get_json()["request_uri"]

    answer = party.visit(visitor, request_uri, state="outside", redirect_uri="https://attacker.example/", prompt="none")

    assert answer.address == party.redirect_uri
    assert answer.parameters.keys() == {"code", "iss"}


def test_the_page_may_be_visited_twice_before_the_sign_in(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"""
    request_uri = party.push().get_json()["request_uri"]

    assert party.visit(visitor, request_uri).mode == "page"
    assert party.visit(visitor, request_uri).response.request.path == "/login"
    sign_in(provider, visitor, person)
    assert party.visit(visitor, request_uri).code


def test_after_completion_it_is_used_up(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 9126 §7.3: used once; fapi2-security-profile-final-par-attempt-reuse-request_uri"""
    sign_in(provider, visitor, person)
    request_uri = party.push().get_json()["request_uri"]
    assert party.visit(visitor, request_uri).code

    answer = party.visit(visitor, request_uri)

    assert answer.mode == "page"
    assert answer.response.status_code == 400


def test_a_mere_look_uses_nothing_up(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """X-30, RFC 9110 §9.2.1"""
    sign_in(provider, visitor, person)
    request_uri = party.push().get_json()["request_uri"]

    look = visitor.head("/authorize", query_string={"client_id": "basic", "request_uri": request_uri})

    assert (look.status_code, look.headers.get("Location")) == (200, None)
    assert party.visit(visitor, request_uri).code


def test_a_journey_that_began_in_time_may_end_later_but_once(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    sent = party.authorize_pushed(visitor)
    sealed = sent.response.request.args["request"]
    clock.forward(minutes=10)
    sign_in(provider, visitor, person)

    first = party.follow(visitor, visitor.get("/authorize/resume", query_string={"request": sealed}))
    second = party.follow(visitor, visitor.get("/authorize/resume", query_string={"request": sealed}))

    assert first.code
    assert second.error == "invalid_request_uri"
    assert second.parameters["state"] == LONG_STATE


def test_of_many_completions_at_once_one_wins(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 9126 §7.3: used once, however many come at once"""
    sign_in(provider, visitor, person)
    request_uri = party.push().get_json()["request_uri"]
    cookie = visitor.get_cookie("session-basic")
    assert cookie is not None

    def complete() -> str:
        tab = app.test_client()
        tab.set_cookie("session-basic", cookie.value)
        return party.visit(tab, request_uri).code

    codes = in_parallel(*[complete] * 8)

    assert len([code for code in codes if code]) == 1


def test_a_request_uri_expires(visitor: FlaskClient, party: RelyingParty, clock: MovableClock) -> None:
    """RFC 9126 §4: an expired request_uri is refused;
    fapi2-security-profile-final-par-attempt-to-use-expired-request_uri"""
    pushed = party.push().get_json()

    clock.forward(seconds=pushed["expires_in"])

    assert party.visit(visitor, pushed["request_uri"]).response.status_code == 400


@pytest.mark.parametrize("changes", [{"require_pushed_authorization_requests": True}, {"profile": "fapi2-security"}])
def test_a_client_that_must_push_cannot_do_otherwise(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, changes: dict[str, object]
) -> None:
    """RFC 9126 §6: require_pushed_authorization_requests; FAPI 2.0 Security Profile §5.3.2.2;
    fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails"""
    bend(provider, "basic", **changes)

    assert party.authorize(visitor).error == "invalid_request"
    assert party.authorize_pushed(visitor, prompt="none").error == "login_required"


def test_what_was_pushed_is_not_readable_in_the_database(party: RelyingParty, provider: Provider) -> None:
    party.push(login_hint="anna@example.ch")

    with provider.database.reading() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM pushed_requests").all()

    assert len(rows) == 1
    assert "anna" not in str(rows)
