"""A company with an administrator, a user, somebody invited and somebody deactivated; and their browsers."""

from dataclasses import dataclass

import pytest
from flask import Flask

from idp import methods
from idp.audit.log import AuditEvent
from idp.invitations import issuing, validity
from idp.invitations.issuing import RegistrationCodeRequest
from idp.invitations.registration_code import Channel, RegistrationCodeKind
from idp.organisations import memberships, organisation
from idp.organisations.membership import Membership
from idp.organisations.memberships import Rights
from idp.provider import Provider
from idp.sessions import signing_in
from idp.wording import ZoneInfo
from tests.flows.conftest import Account, make_account
from tests.support.browser import Browser
from tests.support.proofs import proved

TOPICS = ("contributions", "salaries", "allowances")


@dataclass(frozen=True)
class Firm:
    """The company's id, and the membership ids of its people."""

    id: str
    claire: str
    luca: str
    nina: str
    otto: str

    @property
    def users(self) -> str:
        return f"/organisations/{self.id}/users"

    def new_user(self) -> str:
        return f"/new-user?portal=connect&organisation={self.id}"

    def edit(self, membership_id: str) -> str:
        return f"/edit-user?portal=connect&user={membership_id}"

    def phone(self, membership_id: str) -> str:
        return f"/user-phone?portal=connect&user={membership_id}"


@pytest.fixture
def claire(provider: Provider) -> Account:
    """The administrator."""
    return employee(provider, "claire.favre@example.ch", "+41791112233")


@pytest.fixture
def luca(provider: Provider) -> Account:
    """A user."""
    return employee(provider, "luca.bernasconi@example.ch", "+41792223344")


@pytest.fixture
def firm(provider: Provider, claire: Account, luca: Account) -> Firm:
    otto = employee(provider, "otto.ammann@example.ch", "+41793334455")
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA", topics=TOPICS)
        first = memberships.join(tx, company.id, claire.id, Rights(is_administrator=True, topics=TOPICS))
        second = memberships.join(tx, company.id, luca.id, Rights(topics=("salaries",)))
        left = memberships.join(tx, company.id, otto.id, Rights(topics=("salaries",)))
        memberships.deactivate(tx, left.id, reason="left")
        nina = memberships.invite(
            tx, company.id, email="nina.neu@example.ch", given_name="Nina", family_name="Neu", rights=Rights()
        )
        request = RegistrationCodeRequest(
            kind=RegistrationCodeKind.MEMBER,
            channel=Channel.EMAIL,
            client_id="connect",
            subject_id=nina.id,
            expires_at=validity.after_days(tx.now, 14, ZoneInfo("Europe/Zurich")),
            language="fr",
            fund="AK01",
            organisation_id=company.id,
        )
        issuing.issue(tx, request)
        return Firm(company.id, first.id, second.id, nina.id, left.id)


@pytest.fixture
def admin(app: Flask, provider: Provider, claire: Account, firm: Firm) -> Browser:
    """Claire's browser, signed in at connect."""
    return signed_in(app, provider, claire.id)


@pytest.fixture
def user(app: Flask, provider: Provider, luca: Account, firm: Firm) -> Browser:
    """Luca's browser, signed in at connect."""
    return signed_in(app, provider, luca.id)


def employee(provider: Provider, address: str, phone: str) -> Account:
    name = address.partition("@")[0].replace(".", " ").title().split()
    return make_account(provider, Account("", address, phone), names=(name[0], name[1]), portal="connect")


def signed_in(app: Flask, provider: Provider, person_id: str) -> Browser:
    """A browser in which this person has just signed in, by password and SMS."""
    browser = Browser(app, language="en")
    browser.get("/")
    with provider.database.transaction() as tx:
        started = signing_in.start(
            tx,
            provider.settings.sessions,
            person_id=person_id,
            group="connect",
            proofs=proved(tx.now, methods.PASSWORD, methods.SMS),
            browser=browser.cookie("browser"),
            replacing=None,
        )
    browser.client.set_cookie("session-connect", started.token)
    return browser


def stored(provider: Provider, membership_id: str) -> Membership | None:
    with provider.database.reading() as tx:
        return memberships.by_id(tx, membership_id)


def events(provider: Provider, name: str) -> list[AuditEvent]:
    with provider.database.reading() as tx:
        return list(tx.session.query(AuditEvent).filter_by(name=name).order_by(AuditEvent.id))
