"""Signing in: the happy path as a story, then every way on and out."""

import re
from urllib.parse import unquote, urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.people import accounts, enrolments, phones, terms
from idp.provider import Provider
from idp.runs import FlowRun
from idp.sessions import ending
from idp.sessions.session import SessionRow
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account, sign_in
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"


def test_a_portal_sends_a_person_who_comes_back_signed_in(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """A-03, A-16, X-24"""
    portal = RelyingParty(app, "e-services")

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid email")))
    assert visitor.page.heading == "Please sign in"
    give_password(visitor, anne)
    assert visitor.page.heading == "Your sign-in code"
    give_code(visitor, mailbox)

    tokens = portal.redeem(arrived(visitor))
    assert tokens["claims"]["sub"] == anne.id
    assert tokens["claims"]["acr"] == "mfa"
    assert set(tokens["claims"]["amr"]) == {"pwd", "sms", "mfa"}


def test_the_first_page_has_what_the_guide_shows(visitor: Browser) -> None:
    """A-01, A-03, X-07, X-08"""
    page = visitor.get(PAGE)

    assert "e-services CVCI" in page.title
    assert page.field("identifier").get("autocomplete").startswith("username")
    assert page.field("password").get("autocomplete") == "current-password"
    assert page.button("sign-in").text == "Sign in"
    assert page.link("Forgot password?").startswith("/recovery")


def test_the_pages_speak_the_words_of_the_guide(app: Flask, anne: Account, mailbox: Mailbox) -> None:
    """A-01, A-07, A-15, A-33"""
    browser = Browser(app, language="fr-CH")

    page = browser.get(PAGE)
    assert page.heading == "Veuillez vous authentifier"
    assert page.language == "fr"
    assert page.button("Se connecter").get("id") == "sign-in"
    assert page.link("Mot de passe oublié")
    assert page.link("Nos solutions en matière de e-services")
    assert "+41 21 613 35 67" in page.first("footer").text.replace("\u00a0", " ")

    give_password(browser, anne)
    browser.press("Recevoir plutôt par e-mail")
    assert browser.page.field("Code reçu par e-mail").get("inputmode") == "numeric"
    assert "Je n’ai pas reçu de code" in browser.page.text
    browser.fill(code="000000").press("Vérifier le code")
    assert browser.page.title.startswith("Erreur : ")


@pytest.mark.parametrize(
    ("portal", "label"),
    [
        ("e-services", "Adresse e-mail ou identifiant"),
        ("connect", "Adresse e-mail"),
        ("connect-assures", "Adresse e-mail"),
        ("espace-personnel", "Adresse e-mail ou numéro client"),
    ],
)
def test_each_portal_asks_for_what_its_people_have(app: Flask, portal: str, label: str) -> None:
    """Where nobody has another user ID, none is asked for."""
    page = Browser(app, language="fr-CH").get(f"/login?portal={portal}")

    assert page.field(label).get("name") == "identifier"


@pytest.mark.parametrize(
    ("portal", "name"),
    [("connect", "connect"), ("connect-assures", "connect@Assurés"), ("espace-personnel", "Crédit Municipal de Paris")],
)
def test_the_card_of_the_sign_in_names_the_portal_once(app: Flask, portal: str, name: str) -> None:
    """In its heading."""
    page = Browser(app, language="fr-CH").get(f"/login?portal={portal}")

    assert page.heading.startswith("Se connecter ")
    assert name in page.heading
    assert len(re.findall(rf"\b{name}\b", page.first("main").text)) == 1


def test_the_cursor_stands_in_the_only_field_of_a_code_page(visitor: Browser, anne: Account) -> None:
    """Where there are two, it stands in none: their labels are read first."""
    assert "autofocus" not in visitor.get(PAGE).field("identifier").attributes

    give_password(visitor, anne)

    assert "autofocus" in visitor.page.field("code").attributes


def test_the_portal_can_suggest_who_signs_in(app: Flask, visitor: Browser) -> None:
    """X-24: login_hint"""
    portal = RelyingParty(app, "e-services")

    visitor.get("/authorize?" + urlencode(portal.request(login_hint="anne.rochat@example.ch")))

    assert visitor.page.value("identifier") == "anne.rochat@example.ch"


def test_every_sign_in_asks_for_a_code_where_the_portal_wants_one(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-16"""
    portal = RelyingParty(app, "e-services")
    sign_in(visitor, anne, mailbox, "/authorize?" + urlencode(portal.request()))
    clock.forward(seconds=40)

    visitor.get("/authorize?" + urlencode(portal.request()))
    assert visitor.page.heading == "Enter your password again"
    visitor.fill(password=anne.password).press("sign-in")
    give_code(visitor, mailbox)

    assert portal.redeem(arrived(visitor))["claims"]["sub"] == anne.id


def test_a_person_without_a_phone_gets_the_code_by_mail(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-22"""
    without = make_account(provider, Account("", address="luc@example.ch", phone=""))

    visitor.get(PAGE)
    give_password(visitor, without)

    assert mailbox.last().channel == "email"
    assert mailbox.last().to == "luc@example.ch"
    give_code(visitor, mailbox)
    assert visitor.cookie("session-e-services")


def test_the_other_channel_can_be_chosen_for_this_sign_in(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """A-39"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    assert mailbox.last().channel == "sms"

    visitor.press("use-email")

    assert mailbox.last().channel == "email"
    give_code(visitor, mailbox)
    assert visitor.cookie("session-e-services")


def test_the_other_channel_is_not_offered_where_the_portal_forbids_it(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """A-39"""
    bend(provider, "e-services", policy={"choose_method": False})

    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.post(visitor.page.url, {**visitor.page.submission(visitor.page.button("resend")), "action": "use:email"})

    assert [message.channel for message in mailbox.sent()] == ["sms"]


def test_a_code_goes_to_the_phone_only_after_the_password(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    visitor.get(PAGE)
    visitor.fill(identifier=anne.address, password="wrong").press("sign-in")

    assert mailbox.sent() == []


def test_the_help_for_a_missing_code_offers_another_after_a_wait(
    visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-33, X-02"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    first = mailbox.last().code
    assert "I did not get a code" in visitor.page.text

    visitor.press("resend")
    assert len(mailbox.sent()) == 1
    assert "You can request another one at 14:00." in visitor.page.text
    clock.forward(seconds=31)
    visitor.press("resend")

    assert len(mailbox.sent()) == 2
    visitor.fill(code=first).press("verify")
    assert visitor.cookie("session-e-services")


def test_a_wrong_code_says_how_many_tries_are_left_and_the_fifth_ends_the_code(
    visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-34"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    right = mailbox.last().code
    wrong = "000000" if right != "000000" else "111111"

    left_open = visitor.page.submission(visitor.page.button("verify"))
    said = []
    for _ in range(5):
        visitor.fill(code=wrong).press("verify")
        said += visitor.page.errors
    assert said == [
        "That code is not correct. You have 4 tries left.",
        "That code is not correct. You have 3 tries left.",
        "That code is not correct. You have 2 tries left.",
        "That code is not correct. You have 1 try left.",
        "Too many wrong codes. Request a new one.",
    ]

    visitor.post(visitor.page.url, {**left_open, "code": right})
    assert visitor.page.errors
    assert not visitor.cookie("session-e-services")

    clock.forward(minutes=1)
    visitor.press("resend")
    give_code(visitor, mailbox)
    assert visitor.cookie("session-e-services")


@pytest.mark.parametrize(("minutes", "accepted"), [(4.98, True), (5.02, False)])
def test_a_code_lives_for_five_minutes(
    visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock, minutes: float, accepted: bool
) -> None:
    """A-20, X-26: the page says until when, by the clock on the wall"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    assert "Valid until 14:05." in visitor.page.text
    code = mailbox.last().code

    clock.forward(minutes=minutes)
    visitor.fill(code=code).press("verify")

    assert bool(visitor.cookie("session-e-services")) is accepted


def test_a_code_may_be_typed_as_it_was_read(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-06"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    code = mailbox.last().code

    visitor.fill(code=f" Your code is {code[:3]}\u00a0{code[3:]} ").press("verify")

    assert visitor.cookie("session-e-services")


def test_the_code_field_takes_what_a_phone_fills_in(visitor: Browser, anne: Account) -> None:
    """X-06"""
    visitor.get(PAGE)
    give_password(visitor, anne)

    field = visitor.page.field("code")

    assert [field.get(name) for name in ("type", "inputmode", "autocomplete")] == ["text", "numeric", "one-time-code"]
    assert len([each for each in visitor.page.all("input") if each.get("name") == "code"]) == 1


def test_a_code_serves_once(app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """A-20"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    second_tab = Browser(app, language="en")
    second_tab.client = visitor.client
    second_tab.get(visitor.page.url)
    code = mailbox.last().code
    give_code(visitor, mailbox)
    sessions = count(app, SessionRow)

    second_tab.fill(code=code).press("verify")

    assert count(app, SessionRow) == sessions


def test_the_session_of_before_never_becomes_the_session_of_after(
    visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """Session fixation (ASVS 7.2.4): a planted cookie is worth nothing, and a new sign-in has a new token."""
    visitor.client.set_cookie("session-e-services", "A" * 43)

    sign_in(visitor, anne, mailbox)
    first = visitor.cookie("session-e-services")
    sign_in(visitor, anne, mailbox)

    assert first not in {"A" * 43, ""}
    assert visitor.cookie("session-e-services") not in {first, ""}


def test_a_button_pressed_twice_signs_in_although_the_first_answer_was_dropped(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-02"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.fill(code=mailbox.last().code).send("verify")
    visitor.client.delete_cookie("session-e-services")

    visitor.press("verify")

    assert visitor.cookie("session-e-services")
    assert count(app, SessionRow) == 1


def test_after_signing_out_the_last_button_signs_nobody_in(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.fill(code=mailbox.last().code).send("verify")
    with provider.database.transaction() as tx:
        ending.end_all(tx, anne.id, reason="test")
    visitor.client.delete_cookie("session-e-services")

    visitor.press("verify")

    assert not visitor.cookie("session-e-services")


def test_a_form_of_another_site_signs_nobody_in(visitor: Browser, stranger: Browser, anne: Account) -> None:
    """Login CSRF: the form of one browser is refused from another."""
    stranger.get(PAGE)
    visitor.get(PAGE)
    theirs = stranger.page.submission(stranger.page.button("sign-in"))

    page = visitor.post(PAGE, {**theirs, "identifier": anne.address, "password": anne.password})

    assert page.status == 403


def test_a_sign_in_in_a_new_browser_is_told_to_the_person(
    visitor: Browser, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-15"""
    sign_in(visitor, anne, mailbox)
    assert mailbox.sent(to=anne.address) == []

    sign_in(stranger, anne, mailbox)
    [notice] = mailbox.sent(to=anne.address)
    sign_in(stranger, anne, mailbox)

    assert "Firefox, Linux" in notice.text
    assert len(mailbox.sent(to=anne.address)) == 1
    assert visitor.get(notice.link).status == 200


def test_who_is_disabled_between_password_and_code_does_not_get_in(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """Rulings 14: `submit` checks again what was seen before."""
    visitor.get(PAGE)
    give_password(visitor, anne)
    with provider.database.transaction() as tx:
        accounts.disable(tx, anne.id, reason="test")

    visitor.fill(code=mailbox.last().code).press("verify")

    assert visitor.page.heading == "Please sign in"
    assert not visitor.cookie("session-e-services")


def test_a_right_code_makes_a_provisional_number_the_persons_own(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """B-40"""
    with provider.database.transaction() as tx:
        phones.give(tx, anne.id, anne.phone, verified=True)

    sign_in(visitor, anne, mailbox)

    with provider.database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert phone.provisional_for == ""


def test_a_get_makes_no_run(app: Flask, visitor: Browser, anne: Account) -> None:
    """X-30, rulings 13"""
    visitor.get(PAGE)
    visitor.get(PAGE)
    visitor.head(PAGE)

    assert count(app, FlowRun) == 0


def test_a_complete_sign_in_is_in_the_audit_trail(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    sign_in(visitor, anne, mailbox)

    with provider.database.reading() as tx:
        events = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "SignedIn")).all()
    assert [(event.person_id, event.client_id, event.address) for event in events] == [
        (anne.id, "e-services", "192.0.2.1")
    ]


def count(app: Flask, table: type) -> int:
    with app.extensions["provider"].database.reading() as tx:
        return tx.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_journey_that_began_within_the_hour_may_take_longer(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-05: the request itself would be forgotten by then"""
    portal = RelyingParty(app, "e-services")
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", prompt="login")))
    clock.forward(minutes=50)
    give_password(visitor, anne)

    for _ in range(2):
        clock.forward(minutes=50)
        visitor.press("resend")
    give_code(visitor, mailbox)

    assert portal.redeem(arrived(visitor))["claims"]["sub"] == anne.id


def test_a_page_that_nothing_was_done_on_cannot_be_kept_open_here(
    visitor: Browser, provider: Provider, clock: MovableClock
) -> None:
    """X-01: its time limit is the form's, and no run is made for it"""
    page = visitor.get(PAGE)

    visitor.post(page.url, {**page.submission(page.button("sign-in")), "action": "extend"})

    with provider.database.reading() as tx:
        assert tx.session.scalars(sa.select(FlowRun)).all() == []


@pytest.mark.parametrize("odd", ["x%0d%0aSet-Cookie:a=b", "%E2%80%A8", "%250a", "%C3%A9%22%3C%5C", "%25"])
def test_the_way_back_may_hold_any_character(visitor: Browser, anne: Account, mailbox: Mailbox, odd: str) -> None:
    """A header holds no line break: the address leads back as it was sent"""
    visitor.get(PAGE)

    visitor.get(f"/organisations/{odd}/users?q={odd}")
    give_password(visitor, anne)
    give_code(visitor, mailbox)

    assert unquote(visitor.page.path) == unquote(f"/organisations/{odd}/users")
    assert "a" not in visitor.cookies


def test_a_second_tab_left_at_sign_in_continues_with_the_session_of_the_first(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """A-16, X-02"""
    portal = RelyingParty(app, "connect-assures")
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, anne.id, "connect-assures", reason="test")
        terms.accept(tx, anne.id, "connect-assures", "2026-01", language="fr")
    other = RelyingParty(app, "connect-assures")
    visitor.get("/authorize?" + urlencode(portal.request()))
    second = visitor.tab()
    second.get("/authorize?" + urlencode(other.request()))
    left_at = second.page.url
    give_password(visitor, anne)
    give_code(visitor, mailbox, "sms")
    assert arrived(visitor)

    second.get(left_at)

    assert other.redeem(arrived(second))["claims"]["sub"] == anne.id


def test_what_is_typed_in_a_second_tab_is_checked_as_ever(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """A-16: it may be another person at the same machine."""
    second = visitor.tab()
    second.get("/authorize?" + urlencode(RelyingParty(app, "e-services").request()))
    sign_in(visitor, anne, mailbox)

    second.fill(identifier="somebody@example.ch", password="not the password").press("sign-in")

    assert second.page.status == 422


@pytest.mark.parametrize(("portal", "is_said"), [("e-services", True), ("connect", False)])
def test_updated_accounts_are_spoken_of_only_where_accounts_are_updated(
    visitor: Browser, portal: str, is_said: bool
) -> None:
    """A-01"""
    visitor.get(f"/login?portal={portal}")

    visitor.fill(identifier="somebody@example.ch", password="not the password").press("sign-in")

    assert ("already updated your account" in visitor.page.errors[0]) is is_said
