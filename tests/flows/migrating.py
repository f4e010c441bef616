"""A person with an account of the former directory, and the pages of the migration as they press through them."""

from typing import Any

from idp import random_values
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.people.portal_identifiers import identifier_key
from idp.provider import Provider
from tests.support.browser import Browser
from tests.support.inbox import Mailbox
from tests.support.people import email

LOGIN = "/login?portal=e-services"
IDENTIFIER = "CVCI00001234"
FORMER = "ancien mot de passe"
CHOSEN = "une barque sur le lac calme"
KNOWN = {"given_name": "Luc", "family_name": "Perrin", "honorific": "mr", "birth_date": "1956-07-16", "language": "fr"}
NEW_ADDRESS = "luc.perrin@example.ch"
PHONE = "+41791234568"


def former_account(provider: Provider, identifier: str = IDENTIFIER, address: str = "", **more: Any) -> str:
    """An account as an import leaves it; `address` is the one on file."""
    hashed = provider.hasher.hash(FORMER)
    with provider.database.transaction() as tx:
        id_ = random_values.new_id(tx.now)
        row = LegacyAccount(
            id=id_,
            portal="e-services",
            identifier=identifier,
            key=identifier_key(identifier),
            hash=legacy.seal_hash(tx, id_, hashed),
            wrapped=True,
            known=KNOWN,
            email=address,
            email_key=email(address).key if address else "",
            imported_at=tx.now,
            **more,
        )
        tx.add(row)
        return id_


def account(provider: Provider, id_: str) -> LegacyAccount:
    with provider.database.reading() as tx:
        found = legacy.by_id(tx, id_)
        assert found is not None
        return found


def begin(browser: Browser, identifier: str = IDENTIFIER, password: str = FORMER, start: str = LOGIN) -> None:
    browser.get(start)
    browser.fill(identifier=identifier, password=password).press("sign-in")


def give_address(browser: Browser, address: str = NEW_ADDRESS) -> None:
    browser.fill(email=address).press("get-code")
    assert browser.page.errors == [], browser.page.errors


def code_for(mailbox: Mailbox, to: str = "") -> str:
    """The newest code; notices that were sent beside it are not looked at."""
    return [each for each in mailbox.sent(to=to) if each.channel == "sms" or "code" in each.subject][-1].code


def give_code(browser: Browser, mailbox: Mailbox, to: str = "") -> None:
    browser.fill(code=code_for(mailbox, to)).press("verify")
    assert browser.page.errors == [], browser.page.errors


def to_phone(browser: Browser, mailbox: Mailbox, address: str = NEW_ADDRESS) -> None:
    """From the sign-in to the page that asks for the phone."""
    begin(browser)
    give_address(browser, address)
    give_code(browser, mailbox, to=address)
    browser.press("continue")
    assert browser.page.heading == "Update your account: your mobile phone"


def to_details(browser: Browser, mailbox: Mailbox, address: str = NEW_ADDRESS) -> None:
    """To the last page, without a phone."""
    to_phone(browser, mailbox, address)
    browser.press("skip")
    assert browser.page.heading == "Update your account: your details"


def conclude(browser: Browser, password: str = CHOSEN) -> None:
    browser.tick("terms").fill(new_password=password, new_password_again=password).press("update")
