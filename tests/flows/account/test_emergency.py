"""« It was not me »: what an owner starts, and what a thief gains by it."""

import pytest

from idp.audit import timeline
from idp.credentials import authenticator_apps, passkeys, passwords, recovery_codes
from idp.grants.end_access import LOGOUT
from idp.messages.outbox import OutboxRow
from idp.provider import Provider
from idp.sessions import known_browsers
from tests.flows.account.conftest import RECENT, elsewhere
from tests.flows.account.test_devices import live
from tests.flows.conftest import Account, make_account
from tests.flows.passkeys import give_passkey
from tests.support.authenticator import Authenticator
from tests.support.authenticators import give_app
from tests.support.browser import Browser
from tests.support.clients import bend
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


def lines_of(browser: Browser) -> list[str]:
    return [label.text for label in browser.page.all("label")]


def test_the_methods_added_since_are_listed_and_those_that_are_not_ones_own_go(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    """X-16"""
    give_passkey(provider, anne.id, Authenticator(), name="Mine")
    clock.forward(seconds=60)
    elsewhere(provider, anne.id)
    with provider.database.reading() as tx:
        [event, *_] = timeline.recent(tx, anne.id, names={"SignedIn"}, limit=9)
    clock.forward(seconds=60)
    give_passkey(provider, anne.id, Authenticator(), name="Thief")
    app = give_app(provider, clock, anne.id)

    home.get(f"{PAGE}&event={event.reference}")
    home.press("protect")
    assert home.page.heading == "Are these all yours?"
    assert lines_of(home) == ["Passkey: Thief", "Authenticator app: Phone"]
    thief = home.page.field("methods").get("value")
    home.fill(methods=thief).press("continue")

    assert home.page.heading == "Choose a new password"
    with provider.database.reading() as tx:
        assert [each.name for each in passkeys.listed(tx, anne.id)] == ["Mine"]
        assert [each.id for each in authenticator_apps.listed(tx, anne.id)] == [app.id]
    assert any("moyen de connexion" in mail.subject for mail in mailbox.sent(to=anne.address))


def test_without_a_particular_event_every_method_is_listed(home: Browser, provider: Provider, anne: Account) -> None:
    give_passkey(provider, anne.id, Authenticator(), name="Mine")
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())

    home.get(PAGE)
    home.press("protect")

    assert lines_of(home) == ["Passkey: Mine", "Recovery codes"]
    home.press("continue")
    assert home.page.heading == "Choose a new password"
    with provider.database.reading() as tx:
        assert passkeys.has_any(tx, anne.id)


def test_the_method_of_a_thief_goes_also_where_a_portal_demands_one(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """X-18 protects the owner, not who took the place of their methods"""
    bend(provider, "e-services", policy={"methods": ("totp",)})
    app = give_app(provider, clock, anne.id)

    home.get(PAGE)
    home.press("protect")
    home.fill(methods=app.id).press("continue")

    assert home.page.heading == "Choose a new password"
    with provider.database.reading() as tx:
        assert authenticator_apps.listed(tx, anne.id) == []


def test_nobody_elses_method_is_removed_on_the_way(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    his = give_app(provider, clock, luc.id)
    give_passkey(provider, anne.id, Authenticator(), name="Mine")

    home.get(PAGE)
    home.press("protect")
    home.fill(methods=his.id).press("continue")

    assert home.page.errors == ["Select an option."]
    with provider.database.reading() as tx:
        assert authenticator_apps.holds(tx, luc.id, his.id)
