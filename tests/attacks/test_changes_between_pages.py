"""Between a page and its button anything may happen to the person, the letter, the company or the portal.

The answer is then polite whatever it was: never a fault of ours.
"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.actions import companies, disabling, end_sessions, erasure
from idp.actions.actor import Actor
from idp.actions.invitations import Sender
from idp.clients.registry import Registry
from idp.codes.one_time_code import OneTimeCode
from idp.credentials import authenticator_apps, passkeys, passwords, recovery_codes
from idp.database import Transaction
from idp.invitations.registration_code import RegistrationCode, RegistrationCodeState
from idp.notices.notice import Occasion
from idp.organisations.organisation import Organisation
from idp.people.emails import EmailAddress
from idp.people.legacy import LegacyAccount
from idp.people.person import Person
from idp.people.phones import Phone
from idp.provider import Provider
from tests.flows import migrating, recovering, registrations
from tests.flows.conftest import Account, anne, give_code, give_password
from tests.flows.registrations import ZURICH, Letters
from tests.support.authenticators import code_at
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.unsettled import Change, UnsettledBrowser

__all__ = ["anne"]

DESK = Actor.operator("test")
AT = Occasion(client_id="connect", issuer="http://localhost")


def everybody(tx: Transaction) -> list[str]:
    return list(tx.session.scalars(sa.select(Person.id)))


def disabled(_provider: Provider, tx: Transaction) -> None:
    for person_id in everybody(tx):
        disabling.disable(tx, person_id, by=DESK, reason="test")


def erased(_provider: Provider, tx: Transaction) -> None:
    for person_id in everybody(tx):
        erasure.erase(tx, person_id, by=DESK, reason="test")


def signed_out(_provider: Provider, tx: Transaction) -> None:
    for person_id in everybody(tx):
        end_sessions.end_sessions(tx, person_id, by=DESK, reason="test")


def without_methods(_provider: Provider, tx: Transaction) -> None:
    for person_id in everybody(tx):
        for method in (authenticator_apps, recovery_codes, passkeys):
            method.forget(tx, person_id)
        passwords.delete(tx, person_id)
    tx.session.execute(sa.delete(Phone))
    tx.session.execute(sa.delete(EmailAddress))


def without_codes(_provider: Provider, tx: Transaction) -> None:
    tx.session.execute(sa.delete(OneTimeCode))
    tx.session.execute(sa.update(RegistrationCode).values(state=RegistrationCodeState.WITHDRAWN))
    tx.session.execute(sa.delete(LegacyAccount))


def closed(provider: Provider, tx: Transaction) -> None:
    connect = provider.registry.current().client("connect")
    assert connect is not None
    for company in tx.session.scalars(sa.select(Organisation)).all():
        companies.close_company(tx, company, Sender(connect, AT, ZURICH), by=DESK, reason="test")


def without_portals(provider: Provider, _tx: Transaction) -> None:
    provider.registry.adopt(Registry([], provider.registry.current().brands))


def with_other_policies(provider: Provider, _tx: Transaction) -> None:
    changed = {"methods": (), "legacy": None, "phone": "off", "choose_method": False, "entry": "membership"}
    for client in provider.registry.current().clients:
        bend(provider, client.client_id, funds=(), policy=changed)


CHANGES: dict[str, Change] = {
    change.__name__: change
    for change in (
        disabled,
        erased,
        signed_out,
        without_methods,
        without_codes,
        closed,
        without_portals,
        with_other_policies,
    )
}


def sign_in(browser: UnsettledBrowser, anne: Account, mailbox: Mailbox) -> None:
    bend(browser.provider, "e-services", policy={"offer_passkey": True})
    browser.get("/login?portal=e-services")
    give_password(browser, anne)
    give_code(browser, mailbox, "sms")
    browser.press("later")
    assert browser.cookie("session-e-services")


def change_the_address(browser: UnsettledBrowser, anne: Account, mailbox: Mailbox) -> None:
    sign_in(browser, anne, mailbox)
    browser.get("/change-email?portal=e-services")
    browser.fill(email="anne.neu@example.ch").press("get-code")
    give_code(browser, mailbox)


def add_an_app(browser: UnsettledBrowser, anne: Account, mailbox: Mailbox) -> None:
    sign_in(browser, anne, mailbox)
    browser.get("/add-authenticator?portal=e-services")
    browser.press("continue")
    key = browser.page.by_id("key")
    assert key is not None
    browser.fill(code=code_at(key.text.replace(" ", ""), browser.provider.clock.now())).press("add-app")
    assert browser.page.heading == "Your app has been added"


def recover(browser: UnsettledBrowser, anne: Account, mailbox: Mailbox) -> None:
    recovering.ask(browser, "e-services", anne.address)
    recovering.open_link(browser, mailbox)
    recovering.finish(browser, mailbox)
    assert browser.page.by_id("to-portal") is not None


def migrate(browser: UnsettledBrowser, _anne: Account, mailbox: Mailbox) -> None:
    migrating.former_account(browser.provider)
    migrating.to_details(browser, mailbox)
    migrating.conclude(browser)


def open_by_letter(browser: UnsettledBrowser, _anne: Account, mailbox: Mailbox) -> None:
    letter = Letters(browser.provider).insured()
    registrations.up_to_sms_code(browser, mailbox, letter.grouped)
    registrations.give_sms_code(browser, mailbox)
    assert browser.left_for


def open_by_invitation(browser: UnsettledBrowser, _anne: Account, mailbox: Mailbox) -> None:
    registrations.give_letter(browser, Letters(browser.provider).member().grouped, "AK01")
    registrations.dialogue(browser)


Journey = Callable[[UnsettledBrowser, Account, Mailbox], None]


@pytest.mark.parametrize(
    ("journey", "posts"),
    [
        (sign_in, 3),
        (change_the_address, 5),
        (add_an_app, 5),
        (recover, 3),
        (migrate, 6),
        (open_by_letter, 7),
        (open_by_invitation, 2),
    ],
)
def test_nothing_that_happens_meanwhile_makes_a_fault_of_ours(
    app: Flask, anne: Account, mailbox: Mailbox, clock: MovableClock, journey: Journey, posts: int
) -> None:
    """Rulings 14"""
    browser = UnsettledBrowser(app, CHANGES)

    journey(browser, anne, mailbox)

    assert browser.faults == []
    assert browser.met >= posts
