"""« It was not me »: what an owner starts, and what a thief gains by it."""

import pytest

from idp.credentials import passwords
from idp.grants.end_access import LOGOUT
from idp.messages.outbox import OutboxRow
from idp.provider import Provider
from idp.sessions import known_browsers
from tests.flows.account.conftest import RECENT, elsewhere
from tests.flows.account.test_devices import live
from tests.flows.conftest import Account
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/emergency?portal=e-services"
NEW = "sept petits mots bien plus longs"


def test_all_other_sessions_end_at_once_and_portals_are_told(home: Browser, provider: Provider, anne: Account) -> None:
    """X-15, X-16"""
    thief = elsewhere(provider, anne.id, ["e-services"])

    home.get(PAGE)
    home.press("protect")

    assert home.page.heading == "Choose a new password"
    assert thief.id not in live(provider, anne.id)
    with provider.database.reading() as tx:
        assert tx.session.query(OutboxRow).filter_by(kind=LOGOUT).count() == 1
        assert not known_browsers.is_known(tx, anne.id, home.cookie("browser"))


def test_the_password_opens_nothing_from_then_on_and_another_one_is_chosen(
    home: Browser, stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    home.get(PAGE)
    home.press("protect")
    stranger.get("/login?portal=e-services")
    stranger.fill(identifier=anne.address, password=anne.password).press("sign-in")
    assert stranger.page.errors

    home.fill(new_password=NEW, new_password_again=NEW).press("continue")

    assert home.page.heading == "Sign-in and security"
    assert "Your account is protected" in home.page.text
    with provider.database.reading() as tx:
        stored = passwords.current(tx, anne.id)
    assert stored is not None
    assert provider.hasher.verify(NEW, stored.hash).ok
    assert "mot de passe" in mailbox.last(to=anne.address).subject


def test_the_password_that_somebody_knows_is_not_chosen_again(home: Browser, anne: Account) -> None:
    home.get(PAGE)
    home.press("protect")

    home.fill(new_password=anne.password, new_password_again=anne.password).press("continue")

    assert home.page.errors == ["This is the password you had before. Choose another one."]


def test_who_stops_half_way_is_told_how_to_go_on(home: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-15: nobody is left without a way in"""
    home.get(PAGE)
    home.press("protect")

    mail = mailbox.last(to=anne.address)

    assert "/recovery?portal=e-services" in mail.text


def test_there_is_time_to_choose_the_new_password(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """The old one is worthless by then: nobody is asked for it once more"""
    home.get(PAGE)
    home.press("protect")
    clock.forward(seconds=RECENT.total_seconds() + 60)

    home.fill(new_password=NEW, new_password_again=NEW).press("continue")

    assert home.page.heading == "Sign-in and security"


def test_a_stolen_session_alone_starts_no_emergency(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """ASVS 7.5.1: a cookie is no proof"""
    clock.forward(seconds=RECENT.total_seconds() + 1)

    home.get(PAGE)

    assert home.page.heading == "Enter your password again"
    with provider.database.reading() as tx:
        assert passwords.current(tx, anne.id) is not None


def test_the_page_says_what_was_reported(home: Browser, provider: Provider, anne: Account) -> None:
    elsewhere(provider, anne.id)
    page = home.get("/account/activity?portal=e-services")

    home.get(next(a.get("href") for a in page.all("a") if a.text == "It was not me"))

    assert home.page.heading == "Protect my account"
    assert "Safari, iPhone" in home.page.text
    home.press("protect")
    home.get("/account/activity?portal=e-services")
    assert "You reported that it was not you" in home.page.text


def test_a_mailed_link_for_a_new_password_dies_with_it(
    home: Browser, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """The thief who had asked for one before is late"""
    stranger.get("/recovery?portal=e-services")
    stranger.fill(identifier=anne.address).press("continue")
    link = mailbox.last(to=anne.address).link

    home.get(PAGE)
    home.press("protect")

    assert "no longer valid" in stranger.get(link).text
