"""A television that is let in by its owner, who sits at another screen (RFC 8628)."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import interaction
from idp.people import emails
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.pages import form_of
from tests.support.parallel import in_parallel
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Television:
    """The device's side."""

    def __init__(self, app: Flask) -> None:
        self.http = app.test_client(use_cookies=False)
        self.waiting: dict[str, Any] = {}

    def ask(self, **changes: str) -> TestResponse:
        response = self.http.post(
            "/device_authorization", data={"client_id": "television", "scope": "openid profile", **changes}
        )
        if response.status_code == 200:
            self.waiting = response.get_json()
        return response

    def poll(self, **changes: str) -> TestResponse:
        correct = {"grant_type": GRANT, "client_id": "television", "device_code": self.waiting["device_code"]}
        return self.http.post("/token", data={**correct, **changes})

    def outcome(self) -> str:
        """The error of a poll, or « tokens »."""
        return str(self.poll().get_json().get("error", "tokens"))


@pytest.fixture
def television(app: Flask) -> Television:
    device = Television(app)
    device.ask()
    return device


@pytest.fixture
def signed_in(visitor: FlaskClient, provider: Provider, person: str) -> FlaskClient:
    sign_in(provider, visitor, person, "television")
    return visitor


def type_code(visitor: FlaskClient, code: str) -> TestResponse:
    """Type the code on our page, and follow to whatever comes next."""
    form = form_of(visitor.get("/device"), button="continue")
    return visitor.post(form.action, data={**form.fields, "code": code}, follow_redirects=True)


def press(visitor: FlaskClient, page: TestResponse, button: str) -> TestResponse:
    form = form_of(page, button=button)
    return visitor.post(form.action, data={**form.fields, "action": button}, follow_redirects=True)


def test_the_device_learns_what_to_show(television: Television) -> None:
    """RFC 8628 §3.2"""
    waiting = television.waiting

    assert waiting["verification_uri"] == "http://localhost/device"
    assert waiting["verification_uri_complete"].endswith(f"?user_code={waiting['user_code']}")
    assert len(waiting["user_code"]) == 9
    assert waiting["expires_in"] == 600
    assert waiting["interval"] == 5
    assert len(waiting["device_code"]) >= 43


def test_after_the_owner_agreed_the_device_gets_tokens(
    signed_in: FlaskClient, television: Television, person: str, clock: MovableClock
) -> None:
    """RFC 8628 §3.3, §3.4, §3.5: pending, then tokens"""
    assert television.outcome() == "authorization_pending"

    page = type_code(signed_in, television.waiting["user_code"])
    done = press(signed_in, page, "allow")
    clock.forward(seconds=5)
    tokens = television.poll().get_json()

    assert done.status_code == 200
    assert tokens["token_type"] == "Bearer"
    assert tokens["access_token"]
    assert tokens["id_token"]
    userinfo = television.http.get("/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert userinfo.get_json()["sub"] == person


@pytest.mark.parametrize(
    "typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} {code[5:]} "]
)
def test_the_code_may_be_typed_in_any_shape(signed_in: FlaskClient, television: Television, typed: Any) -> None:
    """RFC 8628 §6.1: blanks, dashes and case do not matter"""
    page = type_code(signed_in, typed(television.waiting["user_code"]))

    assert 'id="allow"' in page.text


def test_the_complete_address_only_fills_the_field_in(signed_in: FlaskClient, television: Television) -> None:
    """RFC 8628 §3.3.1: the person still confirms; X-30: a scanner that follows it changes nothing"""
    page = signed_in.get("/device", query_string={"user_code": television.waiting["user_code"]})

    assert f'value="{television.waiting["user_code"]}"' in page.text
    assert television.outcome() == "authorization_pending"


def test_the_person_is_told_what_to_check_before_letting_it_in(signed_in: FlaskClient, television: Television) -> None:
    """RFC 8628 §5.4: somebody may have sent them the code of his own device."""
    signed_in.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = type_code(signed_in, television.waiting["user_code"])

    assert "Only continue if you have the device in front of you" in page.text
    assert 'id="deny"' in page.text


def test_the_person_is_told_whose_account_the_device_opens(
    signed_in: FlaskClient, television: Television, provider: Provider, person: str
) -> None:
    """RFC 8628 §5.4: several people may share the browser; whoever is the wrong one signs out first."""
    page = type_code(signed_in, television.waiting["user_code"])

    with provider.database.reading() as tx:
        address = emails.of_person(tx, person)
    assert address is not None
    assert address.address in page.text
    assert 'id="sign-out"' in page.text


def test_who_says_no_turns_the_device_away(signed_in: FlaskClient, television: Television) -> None:
    """RFC 8628 §3.5: access_denied"""
    page = type_code(signed_in, television.waiting["user_code"])

    press(signed_in, page, "deny")

    assert television.outcome() == "access_denied"


def test_following_a_refusal_decides_nothing(
    signed_in: FlaskClient, television: Television, clock: MovableClock
) -> None:
    """X-30: only the button turns the device away"""
    sealed = form_of(type_code(signed_in, television.waiting["user_code"]), button="deny").fields["request"]

    page = signed_in.get(interaction.refusal_url(sealed), follow_redirects=True)

    assert television.outcome() == "authorization_pending"
    assert 'id="allow"' not in page.text
    press(signed_in, page, "deny")
    clock.forward(seconds=5)
    assert television.outcome() == "access_denied"


def test_denying_consent_turns_the_device_away_at_once(
    signed_in: FlaskClient, television: Television, provider: Provider
) -> None:
    """X-30: written by the button of the consent page"""
    bend(provider, "television", policy={"consent": "ask"})
    page = type_code(signed_in, television.waiting["user_code"])
    assert page.request.path == "/consent"

    form = form_of(page, button="deny")
    sent = signed_in.post(page.request.full_path, data={**form.fields, "action": "deny"})

    assert television.outcome() == "access_denied"
    page = signed_in.get(sent.headers["Location"], follow_redirects=True)
    assert (page.status_code, page.request.path) == (200, "/device/done")


def test_who_is_not_signed_in_signs_in_first(
    visitor: FlaskClient, television: Television, provider: Provider, person: str
) -> None:
    page = type_code(visitor, television.waiting["user_code"])
    assert page.request.path == "/login"
    sealed = page.request.args["request"]

    sign_in(provider, visitor, person, "television")
    page = visitor.get("/authorize/resume", query_string={"request": sealed}, follow_redirects=True)

    assert 'id="allow"' in page.text


def test_a_person_without_access_cannot_let_it_in(
    signed_in: FlaskClient, television: Television, provider: Provider
) -> None:
    bend(provider, "television", policy={"entry": "enrolment"})

    page = type_code(signed_in, television.waiting["user_code"])

    assert page.status_code == 403
    assert television.outcome() == "authorization_pending"


@pytest.mark.parametrize("code", ["", "BCDF-GHJK", "é☃", "x" * 100_000])
def test_a_wrong_code_is_said_to_be_wrong(visitor: FlaskClient, television: Television, code: str) -> None:
    page = type_code(visitor, code)

    assert page.status_code == 422
    assert 'role="alert"' in page.text


def test_another_language_keeps_the_code_that_was_typed_and_counts_no_try(
    visitor: FlaskClient, television: Television, provider: Provider
) -> None:
    """X-10"""
    form = form_of(visitor.get("/device"), button="continue")
    for _ in range(provider.settings.limits["device_code"].times + 1):
        page = visitor.post(form.action, data={**form.fields, "code": "bcdf-gh", "page_language": "de"})

    assert (page.status_code, '<html lang="de"' in page.text) == (200, True)
    assert 'value="bcdf-gh"' in page.text
    assert 'lang="fr" form="device"' in page.text


def test_who_guesses_too_often_is_told_to_wait(visitor: FlaskClient, provider: Provider) -> None:
    """RFC 8628 §5.1"""
    times = provider.settings.limits["device_code"].times

    answers = [type_code(visitor, "BCDF-GHJK").status_code for _ in range(times + 1)]

    assert answers == [*([422] * times), 429]


def test_a_device_that_hurries_has_to_wait_longer(television: Television, clock: MovableClock) -> None:
    """RFC 8628 §3.5: slow_down adds five seconds each time"""
    assert television.outcome() == "authorization_pending"

    clock.forward(seconds=4)
    assert television.outcome() == "slow_down"
    clock.forward(seconds=9)
    assert television.outcome() == "slow_down"
    clock.forward(seconds=15)
    assert television.outcome() == "authorization_pending"


def test_after_ten_minutes_it_is_over(signed_in: FlaskClient, television: Television, clock: MovableClock) -> None:
    """RFC 8628 §3.5: expired_token"""
    page = type_code(signed_in, television.waiting["user_code"])

    clock.forward(minutes=10)

    assert press(signed_in, page, "allow").status_code == 400
    assert type_code(signed_in, television.waiting["user_code"]).status_code == 422
    assert television.outcome() == "expired_token"


def test_tokens_are_handed_out_once_however_many_ask(
    app: Flask, signed_in: FlaskClient, television: Television
) -> None:
    press(signed_in, type_code(signed_in, television.waiting["user_code"]), "allow")
    correct = {"grant_type": GRANT, "client_id": "television", "device_code": television.waiting["device_code"]}

    def poll() -> int:
        return app.test_client(use_cookies=False).post("/token", data=correct).status_code

    answers = in_parallel(*[poll] * 8)

    assert sorted(answers) == [200] + [400] * 7
    assert television.outcome() == "invalid_grant"


def test_another_client_gets_nothing(app: Flask, television: Television, provider: Provider) -> None:
    bend(provider, "public", grant_types=(GRANT,))

    assert television.poll(client_id="public").get_json()["error"] == "invalid_grant"


def test_only_registered_devices_may_ask(app: Flask, television: Television) -> None:
    """RFC 8628 §3.1"""
    assert television.ask(client_id="public").get_json()["error"] == "unauthorized_client"
    assert television.ask(client_id="nobody").status_code == 401
    assert television.ask(scope="nonsense").get_json()["error"] == "invalid_scope"
    assert television.ask(claims="{").get_json()["error"] == "invalid_request"


def test_the_decision_needs_our_own_form(signed_in: FlaskClient, television: Television) -> None:
    """RFC 6749 §10.12: another site cannot let a device in"""
    form = form_of(type_code(signed_in, television.waiting["user_code"]), button="allow")

    forged = signed_in.post(form.action, data={"request": form.fields["request"], "action": "allow"})

    assert forged.status_code == 403
    assert television.outcome() == "authorization_pending"


def test_a_decision_is_taken_once(signed_in: FlaskClient, television: Television) -> None:
    page = type_code(signed_in, television.waiting["user_code"])
    press(signed_in, page, "deny")

    assert press(signed_in, page, "allow").status_code == 400
    assert television.outcome() == "access_denied"


def test_of_decisions_at_the_same_moment_one_is_told_that_the_device_is_connected(
    app: Flask, signed_in: FlaskClient, television: Television
) -> None:
    form = form_of(type_code(signed_in, television.waiting["user_code"]), button="allow")
    cookies = [signed_in.get_cookie(name) for name in ("browser", "session-television")]
    headers = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie is not None)}

    def decide() -> str:
        sent = {**form.fields, "action": "allow"}
        return (
            app.test_client(use_cookies=False).post(form.action, data=sent, headers=headers).headers.get("Location", "")
        )

    answers = in_parallel(*[decide] * 8)

    assert len([answer for answer in answers if answer.endswith("allowed=yes")]) == 1
    assert television.outcome() == "tokens"
