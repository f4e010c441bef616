"""Logging out at the request of a portal: who is asked, who is logged out, and where they go."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.pages import form_of
from tests.support.relying_party import LONG_STATE, RelyingParty
from tests.support.signed_in import new_person, sign_in

pytestmark = pytest.mark.both_databases

BACK = "https://basic.example.ch/"


@pytest.fixture
def hint(visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str) -> str:
    """The ID token of a person who is signed in."""
    sign_in(provider, visitor, person)
    token: str = party.redeem(party.authorize(visitor))["id_token"]
    return token


def is_signed_in(visitor: FlaskClient, party: RelyingParty) -> bool:
    return bool(party.authorize(visitor, prompt="none").code)


def press(visitor: FlaskClient, page: TestResponse) -> TestResponse:
    """Press « Sign out » on the page that asks."""
    form = form_of(page, button="log-out")
    return visitor.post(form.action, data=form.fields)


def assert_asks(response: TestResponse) -> None:
    assert response.status_code == 200
    assert 'id="log-out"' in response.text


# With a hint of this session nobody is asked.


def test_a_hint_of_this_session_logs_out_and_leads_back_with_the_state(
    visitor: FlaskClient, party: RelyingParty, hint: str
) -> None:
    """RP-Initiated Logout §3: to the registered address, with the state; oidcc-rp-initiated-logout; X-24"""
    response = party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=BACK, state=LONG_STATE)

    assert response.status_code == 303
    assert response.headers["Location"] == f"{BACK}?state={LONG_STATE}"
    assert not is_signed_in(visitor, party)


def test_a_mere_look_ends_nothing(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """X-30"""
    response = visitor.head("/end-session", query_string={"id_token_hint": hint})

    assert response.status_code == 200
    assert is_signed_in(visitor, party)


def test_without_a_state_none_is_returned(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """oidcc-rp-initiated-logout-no-state"""
    response = party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert response.headers["Location"] == BACK


def test_an_expired_hint_is_as_good(visitor: FlaskClient, party: RelyingParty, hint: str, clock: MovableClock) -> None:
    """RP-Initiated Logout §2"""
    clock.forward(minutes=20)

    response = party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert response.headers["Location"] == BACK
    assert not is_signed_in(visitor, party)


def test_logging_out_twice_leads_back_again(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=BACK)

    again = party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert again.headers["Location"] == BACK


def test_without_a_way_back_the_person_reads_that_they_are_signed_out(
    visitor: FlaskClient, party: RelyingParty, hint: str
) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
    response = party.log_out(visitor, id_token_hint=hint)
    page = visitor.get(response.headers["Location"])

    assert page.status_code == 200
    assert "https://basic.example.ch/login?iss=" in page.text
    assert not is_signed_in(visitor, party)


def test_the_page_names_every_portal_that_the_logout_ended(
    app: Flask, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    """X-24"""
    for client_id in ("basic", "post"):
        bend(provider, client_id, policy={"sso_group": "house"})
    sign_in(provider, visitor, person, "basic")
    asking, other = RelyingParty(app, "basic"), RelyingParty(app, "post")
    token = asking.redeem(asking.authorize(visitor))["id_token"]
    other.authorize(visitor)

    page = visitor.get(asking.log_out(visitor, id_token_hint=token).headers["Location"])

    names = [provider.registry.current().name_of(client_id, "fr") for client_id in ("basic", "post")]
    assert [name for name in names if f"<li>{name}</li>" not in page.text] == []


def test_a_request_by_post_from_another_site_does_the_same(
    app: Flask, visitor: FlaskClient, party: RelyingParty, hint: str
) -> None:
    elsewhere = app.test_client(use_cookies=False)
    form = {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s"}

    first = elsewhere.post("/end-session", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    response = visitor.get(first.headers["Location"])

    assert first.status_code == 303
    assert hint not in first.headers["Location"]
    assert response.headers["Location"] == f"{BACK}?state=s"
    assert not is_signed_in(visitor, party)


# Without one the person is asked first.


@pytest.mark.parametrize("parameters", [{}, {"state": LONG_STATE}, {"client_id": "basic"}])
def test_without_a_hint_the_person_is_asked(
    visitor: FlaskClient, party: RelyingParty, hint: str, parameters: dict[str, str]
) -> None:
    """RP-Initiated Logout §2, §6: the person confirms;
    oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-only-state; X-30"""
    page = party.log_out(visitor, **parameters)

    assert_asks(page)
    assert is_signed_in(visitor, party)

    done = press(visitor, page)
    assert done.status_code == 303
    assert visitor.get(done.headers["Location"]).status_code == 200
    assert not is_signed_in(visitor, party)


def test_a_named_client_leads_back_after_the_person_agreed(
    visitor: FlaskClient, party: RelyingParty, hint: str
) -> None:
    page = party.log_out(visitor, client_id="basic", post_logout_redirect_uri=BACK, state="s")

    assert_asks(page)
    assert "form-action 'self' https://basic.example.ch" in page.headers["Content-Security-Policy"]
    assert press(visitor, page).headers["Location"] == f"{BACK}?state=s"


def test_the_confirmation_needs_our_own_form(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    form = form_of(party.log_out(visitor), button="log-out")

    forged = visitor.post(form.action, data={"request": form.fields["request"]})
    foreign = visitor.post(form.action, data=form.fields, headers={"Sec-Fetch-Site": "cross-site"})

    assert {forged.status_code, foreign.status_code} == {403}
    assert is_signed_in(visitor, party)


def test_a_hint_of_somebody_else_logs_nobody_out_unasked(
    app: Flask, party: RelyingParty, provider: Provider, hint: str
) -> None:
    other = app.test_client()
    sign_in(provider, other, new_person(provider, "bea@example.ch"))

    assert_asks(party.log_out(other, id_token_hint=hint, post_logout_redirect_uri=BACK))
    assert is_signed_in(other, party)


# A fault takes the way back away.


def test_a_parameter_that_is_sent_twice_leads_nowhere(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """RFC 6749 §3.1: two readers might take two different ones"""
    twice = urlencode([("id_token_hint", hint), *[("post_logout_redirect_uri", BACK)] * 2])

    page = visitor.get(f"/end-session?{twice}")

    assert_asks(page)
    assert is_signed_in(visitor, party)
    assert BACK not in press(visitor, page).headers["Location"]


@pytest.mark.parametrize(
    "address",
    [
        "https://attacker.example/",
        "https://basic.example.ch/?foo=bar",
        "https://basic.example.ch",
        "https://basic.example.ch/other",
        "http://basic.example.ch/",
        "javascript:alert(1)",
        'é"',
    ],
)
def test_nobody_is_led_to_an_unregistered_address(
    visitor: FlaskClient, party: RelyingParty, hint: str, address: str
) -> None:
    """RP-Initiated Logout §3: only to an address that was registered;
    oidcc-rp-initiated-logout-bad-post-logout-redirect-uri,
    oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"""
    page = party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=address)

    assert_asks(page)
    assert address not in press(visitor, page).headers["Location"]


def test_an_address_without_hint_or_client_leads_nowhere(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """oidcc-rp-initiated-logout-no-id-token-hint"""
    page = party.log_out(visitor, post_logout_redirect_uri=BACK)

    assert_asks(page)
    assert press(visitor, page).headers["Location"].startswith("/end-session/done")


def test_an_unsigned_hint_is_no_hint(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """RP-Initiated Logout §4: what does not verify is not used; oidcc-rp-initiated-logout-modified-id-token-hint"""
    unsigned = "eyJhbGciOiJub25lIn0." + hint.split(".")[1] + "."

    assert_asks(party.log_out(visitor, id_token_hint=unsigned, post_logout_redirect_uri=BACK))
    assert is_signed_in(visitor, party)


def test_a_hint_by_a_foreign_key_is_no_hint(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """RP-Initiated Logout §4; oidcc-rp-initiated-logout-bad-id-token-hint"""
    foreign = RSAKey.generate_key(2048)
    forged = jwt.encode({"alg": "RS256"}, party.verified(hint), foreign)

    assert_asks(party.log_out(visitor, id_token_hint=forged, post_logout_redirect_uri=BACK))
    assert is_signed_in(visitor, party)


def test_a_client_that_is_not_whom_the_hint_was_issued_to_is_a_fault(
    visitor: FlaskClient, party: RelyingParty, hint: str
) -> None:
    """RP-Initiated Logout §2: client_id and hint agree"""
    page = party.log_out(
        visitor, id_token_hint=hint, client_id="post", post_logout_redirect_uri="https://post.example.ch/"
    )

    assert_asks(page)
    assert is_signed_in(visitor, party)


@pytest.mark.parametrize("sealed", ["", "garbage", "é☃", "x" * 50_000])
def test_anything_sealed_by_others_says_nothing(visitor: FlaskClient, sealed: str) -> None:
    assert visitor.get("/end-session", query_string={"request": sealed}).status_code == 200
    assert visitor.get("/end-session/done", query_string={"request": sealed}).status_code == 200


# What the browser kept.


def test_the_browser_forgets_the_pages_it_kept(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    """ASVS 14.3.1"""
    response = party.log_out(visitor, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert response.status_code == 303
    assert response.headers["Clear-Site-Data"] == '"cache"'


def test_it_does_so_too_once_the_person_said_yes(visitor: FlaskClient, party: RelyingParty, hint: str) -> None:
    asked = party.log_out(visitor)
    assert "Clear-Site-Data" not in asked.headers

    assert press(visitor, asked).headers["Clear-Site-Data"] == '"cache"'
