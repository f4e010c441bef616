"""A password opens every portal of its person, so no portal's recovery is a way round another's (rulings 32)."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments, phones
from idp.people.birth_date import PartialDate
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, give_password, stranger, visitor
from tests.flows.recovering import NEW, ask, customer, finish, open_link
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

__all__ = ["stranger", "visitor"]

pytestmark = pytest.mark.both_databases

COMPANY_USER = Rights(topics=("salaries",))


def add_portal(provider: Provider, person_id: str, portal: str) -> None:
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, person_id, portal, reason="test")


def add_company(provider: Provider, address: str, person_id: str = "") -> None:
    """A company of connect: the person is a member, or is invited as this address."""
    with provider.database.transaction() as tx:
        firm = organisation.register(tx, fund="AK01", number="100.1", name="Muster AG").id
        if person_id:
            memberships.join(tx, firm, person_id, COMPANY_USER)
        else:
            memberships.invite(tx, firm, email=address, given_name="Anne", family_name="Rochat", rights=COMPANY_USER)


def links(mailbox: Mailbox, address: str) -> list[str]:
    return [mail.link for mail in mailbox.sent(to=address) if "/reset" in mail.text]


@pytest.mark.parametrize("seat", ["member", "invited", "enrolled"])
def test_a_stolen_mailbox_alone_does_not_take_over_an_account_of_connect(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock, seat: str
) -> None:
    """A-40, D-19: e-services lets the mailbox recover after a day; connect does not, however the person came there"""
    anne = customer(provider, "e-services", phone="")
    if seat == "enrolled":
        add_portal(provider, anne.id, "connect")
    else:
        add_company(provider, anne.address, anne.id if seat == "member" else "")

    ask(stranger, "e-services", anne.address)

    assert "ontact our helpdesk" in mailbox.last(to=anne.address).text
    clock.forward(hours=25)
    assert links(mailbox, anne.address) == []


def test_a_membership_that_comes_while_a_link_waits_makes_it_worthless(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """The rule holds when the password is replaced, not only when it is asked for"""
    anne = customer(provider, "e-services", phone="")
    ask(stranger, "e-services", anne.address)
    clock.forward(hours=25)
    (link,) = links(mailbox, anne.address)
    add_company(provider, anne.address)

    stranger.get(link)

    assert stranger.page.heading == "This link is no longer valid"


def test_a_portal_that_one_has_nothing_to_do_with_treats_one_as_a_stranger(
    provider: Provider, stranger: Browser, mailbox: Mailbox
) -> None:
    anne = customer(provider, "connect")

    ask(stranger, "e-services", anne.address)

    assert stranger.page.heading == "Check your email"
    assert mailbox.sent() == []


def test_the_birth_date_that_one_portal_asks_is_asked_wherever_the_recovery_began(
    provider: Provider, stranger: Browser, visitor: Browser, mailbox: Mailbox
) -> None:
    """D-03: a stolen mailbox and phone do not get round it by way of e-services"""
    anne = customer(provider, "e-services")
    add_portal(provider, anne.id, "espace-personnel")
    ask(stranger, "e-services", anne.address)
    open_link(stranger, mailbox)

    finish(stranger, mailbox)
    assert stranger.page.errors == ["Enter the date."]
    stranger.fill(birth_date="01.01.1980")
    finish(stranger, mailbox)
    assert stranger.page.errors == ["This date of birth does not match our records."]

    open_link(visitor, mailbox)
    visitor.fill(birth_date="16.07.1956")
    finish(visitor, mailbox)
    assert visitor.page.by_id("to-portal") is not None


def test_three_wrong_birth_dates_kill_the_link(provider: Provider, stranger: Browser, mailbox: Mailbox) -> None:
    """D-15: it is no number to be counted through"""
    anne = customer(provider, "e-services")
    add_portal(provider, anne.id, "espace-personnel")
    ask(stranger, "e-services", anne.address)
    link = open_link(stranger, mailbox)

    for year in (1970, 1971, 1972):
        stranger.fill(birth_date=f"16.07.{year}")
        finish(stranger, mailbox)

    assert stranger.page.heading == "This link is no longer valid"
    assert "trop de codes ou de dates erronés" in mailbox.last(to=anne.address).text
    stranger.get(link)
    assert stranger.page.heading == "This link is no longer valid"


@pytest.mark.parametrize("born", [None, PartialDate(1957), PartialDate(1957, 3)], ids=["unknown", "year", "month"])
def test_who_has_no_whole_birth_date_on_file_does_not_recover_without_it(
    provider: Provider, stranger: Browser, mailbox: Mailbox, born: PartialDate | None
) -> None:
    """A date known in part is never asked: the desk helps, and the mail says why."""
    anne = customer(provider, "e-services", birth_date=born)
    add_portal(provider, anne.id, "espace-personnel")

    ask(stranger, "e-services", anne.address)

    assert links(mailbox, anne.address) == []
    assert "do not have your full date of birth" in mailbox.last(to=anne.address).text


@pytest.mark.parametrize("number", ["provisional", "new", "unproved"])
def test_a_phone_that_may_not_recover_is_a_phone_all_the_same(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock, number: str
) -> None:
    """A-40: else the mailbox alone would do exactly while a number is in its waiting time"""
    anne = customer(provider, "e-services", phone="")
    clock.forward(days=1)
    with provider.database.transaction() as tx:
        by_company = "a company" if number == "provisional" else ""
        phones.give(tx, anne.id, "+41797654321", verified=number != "unproved", provisional_for=by_company)

    ask(stranger, "e-services", anne.address)
    clock.forward(hours=25)

    assert links(mailbox, anne.address) == []


def test_the_longest_waiting_time_of_a_new_number_counts(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    recovery = provider.registry.current().client("connect").policy.recovery  # type: ignore[union-attr]
    longer = type(recovery)(fields=recovery.fields, mail_only="refused", cooldown=10 * 86400)
    bend(provider, "connect", policy={"recovery": longer})
    anne = customer(provider, "e-services")
    add_company(provider, anne.address, anne.id)
    clock.forward(days=1)
    with provider.database.transaction() as tx:
        phones.give(tx, anne.id, "+41797654321", verified=True)

    clock.forward(days=9)
    ask(stranger, "e-services", anne.address)
    assert links(mailbox, anne.address) == []

    clock.forward(days=1, minutes=1)
    ask(stranger, "e-services", anne.address)
    assert len(links(mailbox, anne.address)) == 1


def test_a_number_that_an_administrator_sets_while_a_link_lives_gets_no_code(
    provider: Provider, stranger: Browser, mailbox: Mailbox
) -> None:
    """B-40"""
    anne = customer(provider, "connect")
    ask(stranger, "connect", anne.address)
    link = mailbox.last(to=anne.address).link
    with provider.database.transaction() as tx:
        phones.give(tx, anne.id, "+41797654321", verified=True, provisional_for="a company")

    stranger.get(link)

    assert stranger.page.heading == "This link is no longer valid"
    assert mailbox.sent(to="+41797654321") == []


def test_a_password_that_rests_on_the_mailbox_names_no_first_phone(
    app: Flask, provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """NIST SP 800-63B-4 §4.2.2.2, B-50: recovered by mail, then invited to connect, which would ask for a phone"""
    anne = customer(provider, "e-services", phone="")
    ask(stranger, "e-services", anne.address)
    clock.forward(hours=25)
    stranger.get(links(mailbox, anne.address)[0])
    stranger.fill(new_password=NEW, new_password_again=NEW).press("replace")
    add_company(provider, anne.address, anne.id)

    stranger.get("/login?portal=connect")
    give_password(stranger, Account(anne.id, password=NEW))

    assert stranger.page.heading == "You cannot complete sign-in here"
    with provider.database.reading() as tx:
        assert phones.of_person(tx, anne.id) is None


def test_nor_does_it_where_the_portal_asks_for_a_phone_after_the_sign_in(
    app: Flask, provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """The code of the second step came to the very mailbox that had recovered the password"""
    anne = customer(provider, "e-services", phone="")
    ask(stranger, "e-services", anne.address)
    clock.forward(hours=25)
    stranger.get(links(mailbox, anne.address)[0])
    stranger.fill(new_password=NEW, new_password_again=NEW).press("replace")
    mailbox.deliver()
    bend(provider, "e-services", policy={"phone": "required"})

    stranger.get("/authorize?" + urlencode(RelyingParty(app, "e-services").request()))
    give_password(stranger, Account(anne.id, password=NEW))
    give_code(stranger, mailbox, "email")

    assert stranger.page.heading == "Our helpdesk needs to add your phone number first"
