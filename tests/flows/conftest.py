"""A person with an account at every portal, and a browser in which they sit."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from idp.credentials import passwords
from idp.people import enrolments, terms
from idp.provider import Provider
from tests.support.browser import Browser
from tests.support.inbox import Mailbox
from tests.support.people import person
from tests.support.relying_party import Answer


@dataclass(frozen=True)
class Account:
    """What a person knows of their own account."""

    id: str
    address: str = "anne.rochat@example.ch"
    phone: str = "+41791234567"
    password: str = "quatre mots sans aucun lien"


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Anne's browser."""
    return Browser(app, language="en")


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Another browser, on another network."""
    return Browser(app, address="198.51.100.7", language="en")


@pytest.fixture
def anne(provider: Provider) -> Account:
    """Anne has a proved phone, is enrolled at e-services, and has accepted its terms."""
    return make_account(provider, Account(""))


def make_account(
    provider: Provider, wanted: Account, *, names: tuple[str, str] = ("Anne", "Rochat"), portal: str = "e-services"
) -> Account:
    hashed = provider.hasher.hash(wanted.password)
    with provider.database.transaction() as tx:
        given_name, family_name = names
        named = {"given_name": given_name, "family_name": family_name, "honorific": "mrs"}
        made = person(tx, wanted.address, phone=wanted.phone, **named)
        passwords.replace(tx, made.id, hashed, floor=12, reason="test")
        enrolments.enrol(tx, made.id, portal, reason="test")
        terms.accept(tx, made.id, portal, "2026-01", language="fr")
        return Account(made.id, wanted.address, wanted.phone, wanted.password)


def sign_in(browser: Browser, account: Account, mailbox: Mailbox, start: str = "/login?portal=e-services") -> None:
    """The whole sign-in by SMS, from its first page to where it leads."""
    browser.get(start)
    give_password(browser, account)
    give_code(browser, mailbox, "sms")


def give_password(browser: Browser, account: Account) -> None:
    browser.fill(identifier=account.address, password=account.password).press("sign-in")
    assert browser.page.errors == [], browser.page.errors


def give_code(browser: Browser, mailbox: Mailbox, channel: str = "") -> None:
    browser.fill(code=mailbox.last(channel=channel).code).press("verify")
    assert browser.page.errors == [], browser.page.errors


def arrived(browser: Browser) -> Answer:
    """What the portal gets when the browser comes back to it."""
    parts = urlsplit(browser.left_for)
    return Answer("query", parts._replace(query="").geturl(), dict(parse_qsl(parts.query)), browser.page.response)
