"""What the tests of a forgotten password share: a customer of each portal, and the way to the mailed link."""

from datetime import date
from typing import Any

from idp.credentials import passwords
from idp.people import enrolments, portal_identifiers, terms
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.support.browser import Browser
from tests.support.inbox import Mailbox
from tests.support.people import person

BORN = date(1956, 7, 16)
CUSTOMER_NUMBER = "C-204518"
NEW = "une autre phrase bien longue"
PORTALS = ("e-services", "connect", "connect-assures", "espace-personnel")


def customer(provider: Provider, portal: str, address: str = "anne.rochat@example.ch", **more: Any) -> Account:
    """A person enrolled at the portal; `more` are fields of `NewPerson`."""
    wanted = Account("", address)
    hashed = provider.hasher.hash(wanted.password)
    fields = {"phone": wanted.phone, "birth_date": BORN, "honorific": "mrs", **more}
    with provider.database.transaction() as tx:
        made = person(tx, address, **fields)
        passwords.replace(tx, made.id, hashed, floor=12, reason="test")
        enrolments.enrol(tx, made.id, portal, reason="test")
        terms.accept(tx, made.id, portal, "2026-01", language="fr")
        if portal == "espace-personnel":
            kind = portal_identifiers.CUSTOMER
            portal_identifiers.attach(tx, made.id, portal=portal, kind=kind, value=CUSTOMER_NUMBER)
    return Account(made.id, address)


def ask(browser: Browser, portal: str, identifier: str, born: str = "16.07.1956") -> None:
    """Fill in and send the form of « forgot password »."""
    browser.get(f"/recovery?portal={portal}")
    browser.fill(identifier=identifier)
    if portal == "espace-personnel":
        browser.fill(birth_date=born)
    browser.press("reset")


def open_link(browser: Browser, mailbox: Mailbox, address: str = "anne.rochat@example.ch") -> str:
    """Open the newest mailed link; returns it. At portals whose link page has a button for the code: press it."""
    link = mailbox.last(to=address, channel="email").link
    browser.get(link)
    if browser.page.by_id("get-code"):
        browser.press("get-code")
    return link


def finish(browser: Browser, mailbox: Mailbox, code: str = "", password: str = NEW, again: str = "") -> None:
    """Send the page of the link with a code (the newest SMS's) and a new password."""
    codes = [sms.code for sms in mailbox.sent(channel="sms") if sms.has_code]
    browser.fill(code=code or codes[-1])
    browser.fill(new_password=password, new_password_again=again or password).press("replace")


def wrong(code: str) -> str:
    """Another code of the same shape."""
    return "".join("3" if symbol == "2" else "2" for symbol in code)
