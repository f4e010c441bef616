"""Signing in: the happy path as a story, then every way out."""

import pytest
from flask import Flask

from idp.credentials import passwords
from idp.people import terms
from idp.people.person import Person
from idp.provider import Provider
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.people import person
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

PASSWORD = "quatre mots sans aucun lien"
ADDRESS = "anne.rochat@example.ch"


@pytest.fixture
def anne(provider: Provider) -> Person:
    hashed = provider.hasher.hash(PASSWORD)
    with provider.database.transaction() as tx:
        anne = person(tx, ADDRESS, phone="+41791234567")
        passwords.replace(tx, anne.id, hashed, floor=12, reason="test")
        terms.accept(tx, anne.id, "e-services", "2026-01", language="fr")
        return anne


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app, language="en")


def test_a_person_signs_in_by_password_and_code(visitor: Browser, anne: Person, mailbox: Mailbox) -> None:
    """A-03, A-16"""
    page = visitor.get("/login?portal=e-services")
    assert page.heading == "Please sign in"

    visitor.fill(identifier=ADDRESS, password=PASSWORD).press("sign-in")
    assert visitor.page.heading == "Your sign-in code"
    assert visitor.page.errors == []

    print(visitor.page.text)
    [message] = mailbox.sent()
    visitor.fill(code=message.code).press("verify")
    assert visitor.left_for == "https://e-services.example.ch/login"
    assert visitor.cookie("session-e-services")
