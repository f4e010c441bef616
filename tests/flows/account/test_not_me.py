"""« It was not me » in a notice: the way from the mailbox to a protected account, and what a thief gains by it."""

from datetime import timedelta

import pytest

from idp.actions.actor import Actor
from idp.actions.emails import change_email
from idp.credentials import authenticator_apps, passwords
from idp.database import Origin
from idp.notices import account as notices
from idp.notices import misuse_link
from idp.notices.notice import Occasion
from idp.people import emails
from idp.provider import Provider
from tests.flows.account.conftest import elsewhere
from tests.flows.account.test_devices import live
from tests.flows.conftest import Account
from tests.support import people
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox, Received

pytestmark = pytest.mark.both_databases

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
THIEF = Origin(address="203.0.113.77", user_agent=FIREFOX)


def noticed(provider: Provider, anne: Account, mailbox: Mailbox) -> Received:
    """The mail about a passkey that a thief added."""
    at = Occasion(client_id="e-services", issuer=provider.settings.server.issuer)
    with provider.database.transaction(THIEF) as tx:
        notices.factor_changed(tx, anne.id, at, factor="passkey", added=True, reference="8F3K-22QX")
    return mailbox.last(to=anne.address)


def noticed_at(provider: Provider, anne: Account, mailbox: Mailbox, address: str) -> str:
    """The link of a notice to this mailbox, whichever is the account's."""
    with provider.database.reading() as tx:
        return misuse_link.address(tx, "http://localhost", "e-services", anne.id, address, "8F3K-22QX")


def typed_code(mailbox: Mailbox, anne: Account) -> str:
    """The code in her newest mail that has one."""
    return next(mail.code for mail in reversed(mailbox.sent(to=anne.address)) if "code de validation" in mail.subject)


def changed(provider: Provider, anne: Account, new: str) -> None:
    at = Occasion(client_id="e-services", issuer=provider.settings.server.issuer)
    with provider.database.transaction(THIEF) as tx:
        change_email(tx, anne.id, people.email(new), at, by=Actor.person(anne.id))


def add_app(provider: Provider, person_id: str, name: str) -> None:
    with provider.database.transaction() as tx:
        authenticator_apps.install(tx, person_id, name=name, secret="JBSWY3DPEHPK3PXP" * 2)


def names(provider: Provider, person_id: str) -> dict[str, str]:
    """The ids of the person's authenticator apps, by name."""
    with provider.database.reading() as tx:
        return {app.name: app.id for app in authenticator_apps.listed(tx, person_id)}


def has_password(provider: Provider, person_id: str) -> bool:
    with provider.database.reading() as tx:
        return passwords.current(tx, person_id) is not None


def test_a_notice_names_browser_network_time_and_reference_and_nothing_finer(
    provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-15"""
    text = noticed(provider, anne, mailbox).text

    assert "Firefox, Linux" in text
    assert "203.0.113.x" in text
    assert "203.0.113.77" not in text
    assert "8F3K-22QX" in text


def test_the_code_of_the_mailbox_signs_everybody_out_and_ends_the_password(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-15, X-16"""
    thief = elsewhere(provider, anne.id, ["e-services"])
    stranger.get(noticed(provider, anne, mailbox).link)
    stranger.press("get-code")
    stranger.fill(code=typed_code(mailbox, anne)).press("verify")

    stranger.press("protect")

    assert stranger.page.heading == "Your account is protected"
    assert thief.id not in live(provider, anne.id)
    assert not has_password(provider, anne.id)
    assert "/recovery?portal=e-services" in mailbox.last(to=anne.address).text


def test_methods_that_are_younger_than_the_event_can_be_removed_and_older_ones_stay(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16: the mailbox alone takes nothing away that was there before"""
    add_app(provider, anne.id, "Anne's own")
    clock.forward(seconds=3600)
    link = noticed(provider, anne, mailbox).link
    add_app(provider, anne.id, "The thief's")
    stranger.get(link)
    stranger.press("get-code")
    stranger.fill(code=typed_code(mailbox, anne)).press("verify")
    stranger.press("protect")
    assert "The thief's" in stranger.page.text
    assert "Anne's own" not in stranger.page.text

    stranger.fill(methods=names(provider, anne.id)["The thief's"]).press("continue")

    assert stranger.page.heading == "Your account is protected"
    assert list(names(provider, anne.id)) == ["Anne's own"]


def test_opening_the_link_changes_nothing_and_sends_nothing(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """A scanner of mails looks at every link"""
    link = noticed(provider, anne, mailbox).link
    before = len(mailbox.sent())

    stranger.get(link)
    stranger.get(link)

    assert len(mailbox.sent()) == before
    assert has_password(provider, anne.id)


def test_a_forwarded_link_alone_protects_nothing(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    stranger.get(noticed(provider, anne, mailbox).link)
    stranger.press("get-code")

    stranger.fill(code="000000").press("verify")

    assert stranger.page.errors
    assert has_password(provider, anne.id)


def test_a_link_is_good_for_three_days(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    link = noticed(provider, anne, mailbox).link
    clock.forward(seconds=timedelta(hours=72).total_seconds())

    stranger.get(link)

    assert stranger.page.heading == "This link does not work"


@pytest.mark.parametrize("link", ["", "x", "k1.Zm9v"])
def test_an_invented_link_is_answered_by_a_page(stranger: Browser, link: str) -> None:
    stranger.get(f"/not-me?portal=e-services&link={link}")

    assert stranger.page.heading == "This link does not work"


def test_the_old_mailbox_gets_its_address_back(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-17: a thief who adds a passkey, then changes the address, is stopped by the first notice too"""
    link = noticed(provider, anne, mailbox).link
    changed(provider, anne, "thief@example.com")
    stranger.get(link)
    stranger.press("get-code")
    stranger.fill(code=typed_code(mailbox, anne)).press("verify")

    stranger.press("protect")

    with provider.database.reading() as tx:
        address = emails.of_person(tx, anne.id)
    assert address is not None
    assert address.address == anne.address
    assert not has_password(provider, anne.id)


def test_a_mailbox_that_was_given_up_for_good_protects_nothing(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    changed(provider, anne, "new@example.com")
    clock.forward(seconds=timedelta(hours=71).total_seconds())
    link = noticed_at(provider, anne, mailbox, anne.address)
    clock.forward(seconds=timedelta(hours=2).total_seconds())

    stranger.get(link)

    assert stranger.page.heading == "This link does not work"
