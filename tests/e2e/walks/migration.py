"""Journey A: from a former user ID at e-services to the first sign-in with the e-mail address."""

from collections.abc import Iterator

from playwright.sync_api import expect

from tests.e2e.walks.signing_in import Keys, give_keys
from tests.e2e.walks.visitor import Visitor
from tests.flows.migrating import CHOSEN, FORMER

PHONE = "079 123 45 68"


def migrate(visitor: Visitor, identifier: str, address: str) -> Iterator[str]:
    """With a phone, up to the portal's greeting."""
    yield from to_email_code(visitor, identifier, address)
    yield from visitor.stumble("email-code", "verify", code="000000")
    visitor.type_code(address, "email")
    yield "email-confirmed"
    visitor.press("continue")
    yield "phone"
    yield from visitor.stumble("phone", "get-code", phone="021 613 35 67")
    visitor.fill(phone=PHONE)
    visitor.press("get-code")
    yield "phone-code"
    yield from visitor.stumble("phone-code", "verify", code="000000")
    visitor.type_code(channel="sms")
    yield "details"
    yield from visitor.stumble("details", "update", family_name="", new_password="cvci", new_password_again="cifa")
    complete(visitor)
    yield "migrated"
    visitor.press("to-sign-in")
    yield from give_keys(visitor, Keys("e-services", address, CHOSEN))


def to_email_code(visitor: Visitor, identifier: str, address: str) -> Iterator[str]:
    """From the portal to the page that asks for the mailed code."""
    yield from begin(visitor, identifier)
    yield from visitor.stumble("email", "get-code", email="luc.perrin")
    visitor.fill(email=address)
    visitor.press("get-code")
    yield "email-code"


def begin(visitor: Visitor, identifier: str) -> Iterator[str]:
    """From the portal to the page that asks for the e-mail address."""
    visitor.open(visitor.sites.url("e-services") + "/login")
    yield "former-sign-in"
    visitor.fill(identifier=identifier, password=FORMER)
    visitor.press("sign-in")
    yield "email"


def without_phone(visitor: Visitor, address: str) -> None:
    """From the page of the mailed code to the end, the phone declined."""
    visitor.type_code(address, "email")
    visitor.press("continue")
    visitor.press("skip")
    complete(visitor)


def complete(visitor: Visitor) -> None:
    expect(visitor.page.locator("[name=given_name]")).to_have_value("Luc")
    visitor.fill(family_name="Perrin", new_password=CHOSEN, new_password_again=CHOSEN)
    visitor.tick("terms")
    visitor.press("update")
