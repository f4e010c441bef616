"""Deleting one's own account: asked for, reminded of, stopped, and carried out when the grace is over."""

from datetime import timedelta

import pytest
from flask import Flask

from idp import methods
from idp.audit import timeline
from idp.database import Origin
from idp.grants.end_access import LOGOUT
from idp.messages.outbox import OutboxRow
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import closures, emails, person
from idp.people.closures import Closure
from idp.people.person import ACTIVE, ERASED
from idp.provider import Provider
from idp.upkeep import closures as upkeep
from tests.flows.account.conftest import RECENT, elsewhere, signed_in
from tests.flows.account.test_devices import live
from tests.flows.conftest import Account, give_code, make_account, sign_in
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

PAGE = "/account/data?portal=e-services"
DELETE = "/delete-account?portal=e-services"
GRACE, REMINDER = timedelta(days=30), timedelta(days=7)


def state_of(provider: Provider, person_id: str) -> str:
    with provider.database.reading() as tx:
        found = person.by_id(tx, person_id)
        assert found is not None
        return found.state


def is_planned(provider: Provider, person_id: str) -> bool:
    with provider.database.reading() as tx:
        return closures.of_person(tx, person_id) is not None


def ask(browser: Browser) -> None:
    browser.get(DELETE)
    browser.press("delete")


def tend(provider: Provider, clock: MovableClock, wait: timedelta) -> int:
    clock.forward(seconds=wait.total_seconds())
    return upkeep.tend(provider)


def link_of(mailbox: Mailbox, to: str) -> str:
    link = mailbox.last(to=to).link
    assert "/keep-account?" in link, link
    return link.removeprefix("http://localhost")


def test_an_account_is_deleted_after_thirty_days_with_a_reminder_and_a_farewell(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    """X-16"""
    home.get(home.get(PAGE).link("Delete my account"))
    home.press("delete")
    assert home.page.heading == "Your account will be deleted"
    assert "deleted on 15 August 2026" in home.page.text
    assert "sera supprimé" in mailbox.last(to=anne.address).subject

    assert tend(provider, clock, GRACE - REMINDER - timedelta(minutes=1)) == 0
    assert tend(provider, clock, timedelta(minutes=2)) == 1
    assert "ne pourra plus être annulé" in mailbox.last(to=anne.address).text.replace("\n", " ")
    assert tend(provider, clock, REMINDER - timedelta(minutes=2)) == 0
    assert state_of(provider, anne.id) == ACTIVE

    assert tend(provider, clock, timedelta(minutes=2)) == 1

    assert state_of(provider, anne.id) == ERASED
    assert "a été supprimé" in mailbox.last(to=anne.address).subject
    with provider.database.reading() as tx:
        assert emails.of_person(tx, anne.id) is None
        assert tx.session.query(Closure).count() == 0
        names = {event.name: event for event in timeline.recent(tx, anne.id, names={"PersonErased"}, limit=9)}
    assert names["PersonErased"].details == {"reason": "own-wish"}


def test_the_request_signs_out_everywhere_and_the_portals_are_told(
    home: Browser, provider: Provider, anne: Account
) -> None:
    elsewhere(provider, anne.id, ["e-services"])

    ask(home)

    assert live(provider, anne.id) == []
    with provider.database.reading() as tx:
        assert tx.session.query(OutboxRow).filter_by(kind=LOGOUT).count() == 1


def test_a_sign_in_keeps_the_account_and_the_person_is_told(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    ask(home)
    clock.forward(seconds=timedelta(days=29).total_seconds())

    sign_in(stranger, anne, mailbox)

    assert not is_planned(provider, anne.id)
    assert any("reste ouvert" in mail.subject for mail in mailbox.sent(to=anne.address))
    assert tend(provider, clock, timedelta(days=40)) == 0
    assert state_of(provider, anne.id) == ACTIVE


def test_looking_at_the_page_after_the_request_keeps_nothing(home: Browser, provider: Provider, anne: Account) -> None:
    """It is no page of a signed-in person, so that nobody is led to a sign-in"""
    ask(home)

    assert home.get(home.page.url).status == 200
    assert home.page.link("Sign in and keep my account") == "/login?portal=e-services"
    assert is_planned(provider, anne.id)


def test_the_page_after_the_request_shows_no_invented_day(stranger: Browser) -> None:
    assert stranger.get("/deletion-planned?portal=e-services&due=2026-12-31").status == 410


def test_the_link_of_each_mail_keeps_the_account_after_a_button(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    ask(home)
    first = link_of(mailbox, anne.address)
    tend(provider, clock, GRACE - REMINDER + timedelta(minutes=1))
    second = link_of(mailbox, anne.address)
    assert first != second

    assert stranger.get(first).heading == "Keep your account?"
    assert stranger.get(second).heading == "Keep your account?"
    assert is_planned(provider, anne.id), "a GET only shows"
    stranger.press("keep")

    assert stranger.page.heading == "Your account will not be deleted"
    assert stranger.page.link("Sign in") == "/login?portal=e-services"
    assert not is_planned(provider, anne.id)
    assert stranger.get(first).heading == "Your account will not be deleted"
    with provider.database.reading() as tx:
        [event] = timeline.recent(tx, anne.id, names={"ClosureStopped"}, limit=9)
    assert event.details == {"reason": "link"}


def test_a_link_of_a_former_request_stops_no_later_one(
    home: Browser, app: Flask, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    ask(home)
    old = link_of(mailbox, anne.address)
    stranger.get(old)
    stranger.press("keep")

    ask(signed_in(app, provider, anne.id))

    assert stranger.get(old).status == 410
    assert is_planned(provider, anne.id)


@pytest.mark.parametrize("link", ["", "x", "A" * 43])
def test_an_invented_link_keeps_nothing(stranger: Browser, link: str) -> None:
    assert stranger.get(f"/keep-account?link={link}").status == 410


def test_a_portal_that_needs_the_account_says_why(home: Browser, provider: Provider, anne: Account) -> None:
    """The reason stands in the portal's file"""
    bend(provider, "e-services", policy={"account_needed": {"en": "Your company still has open statements."}})

    page = home.get(DELETE)

    assert "e-services CVCI: Your company still has open statements." in page.text
    assert page.by_id("delete") is None


def test_the_last_administrator_of_a_company_is_told_which(home: Browser, provider: Provider, anne: Account) -> None:
    """B-44"""
    administer(provider, anne.id)

    page = home.get(DELETE)

    assert "You are the only administrator of Menuiserie Favre SA." in page.text
    assert page.by_id("delete") is None


def administer(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA")
        memberships.join(tx, company.id, person_id, Rights(is_administrator=True))


def test_who_is_needed_when_the_button_is_pressed_stays(home: Browser, provider: Provider, anne: Account) -> None:
    home.get(DELETE)
    administer(provider, anne.id)

    home.press("delete")

    assert home.page.status == 409
    assert not is_planned(provider, anne.id)


def test_who_is_needed_at_the_end_stays_and_is_told(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    """What counts is the day of the erasure"""
    ask(home)
    tend(provider, clock, GRACE - timedelta(days=2))
    administer(provider, anne.id)

    assert tend(provider, clock, timedelta(days=3)) == 0

    assert state_of(provider, anne.id) == ACTIVE
    assert not is_planned(provider, anne.id)
    assert "encore nécessaire" in mailbox.last(to=anne.address).text.replace("\n", " ")


def test_nothing_is_erased_without_a_reminder_a_day_old(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """A worker that was not running for months takes nobody by surprise"""
    ask(home)

    tend(provider, clock, timedelta(days=100))
    tend(provider, clock, timedelta(hours=23))
    assert state_of(provider, anne.id) == ACTIVE
    tend(provider, clock, timedelta(hours=2))

    assert state_of(provider, anne.id) == ERASED


def test_a_stolen_session_alone_asks_for_nothing(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """ASVS 7.5.1"""
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get(DELETE).heading == "Enter your password again"
    assert not is_planned(provider, anne.id)


def test_a_mailbox_code_is_not_enough_for_who_has_a_phone(
    app: Flask, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-18: the strongest method is asked, whatever opened the session"""
    browser = signed_in(app, provider, anne.id, proofs=(methods.PASSWORD, methods.EMAIL))

    browser.get(DELETE)
    assert browser.page.by_id("delete") is None
    browser.press("continue")
    give_code(browser, mailbox, "sms")

    assert browser.page.by_id("delete") is not None


def test_two_requests_at_once_plan_one_deletion(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    home.get(DELETE)
    tab = home.tab()
    tab.page = home.page

    in_parallel(lambda: home.press("delete"), lambda: tab.press("delete"))

    with provider.database.reading() as tx:
        assert len(timeline.recent(tx, anne.id, names={"ClosureAsked"}, limit=9)) == 1


def test_the_end_of_the_grace_and_a_sign_in_at_once_have_one_winner(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    ask(home)
    tend(provider, clock, GRACE - timedelta(days=2))
    clock.forward(seconds=timedelta(days=3).total_seconds())

    def keep() -> bool:
        with provider.database.transaction(Origin(actor=anne.id)) as tx:
            return bool(closures.stop(tx, anne.id, reason="signed-in"))

    erased, kept = in_parallel(lambda: upkeep.tend(provider), keep)

    assert (erased, kept) in {(1, False), (0, True)}
    assert state_of(provider, anne.id) == (ERASED if erased else ACTIVE)


def test_the_account_of_somebody_else_is_left_alone(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    ask(home)
    tend(provider, clock, GRACE - timedelta(days=2))
    tend(provider, clock, timedelta(days=3))

    assert state_of(provider, luc.id) == ACTIVE


def test_whoever_reports_a_thief_keeps_the_account(
    home: Browser, app: Flask, provider: Provider, anne: Account
) -> None:
    """X-16: the thief may have asked for the deletion"""
    owner = signed_in(app, provider, anne.id)
    owner.get("/emergency?portal=e-services")
    with provider.database.transaction() as tx:
        closures.begin(tx, anne.id, due_at=tx.now + GRACE, client_id="e-services")

    owner.press("protect")

    assert not is_planned(provider, anne.id)
