"""Journeys B.1 and C: from the address in a letter or an invitation to the first sign-in."""

from collections.abc import Iterator

from idp.invitations.issuing import IssuedRegistrationCode
from tests.e2e.walks.signing_in import Keys, give_keys
from tests.e2e.walks.visitor import Visitor
from tests.flows.registrations import PASSWORD, PHONE

LANDLINE = "031 390 23 25"


def activate(visitor: Visitor, letter: IssuedRegistrationCode, address: str) -> Iterator[str]:
    """An insured person with a letter, up to the greeting of connect@Assurés."""
    yield from to_mail_code(visitor, letter, address, "/AK00/register", "letter-code")
    visitor.type_code(address, "email")
    yield "account"
    yield from visitor.stumble("account", "continue", given_name="")
    visitor.fill(given_name="Rosa")
    visitor.tick("terms")
    visitor.press("continue")
    yield "password"
    yield from visitor.stumble("password", "continue", new_password="123456", new_password_again="123457")
    visitor.fill(new_password=PASSWORD, new_password_again=PASSWORD)
    visitor.press("continue")
    yield from give_phone(visitor)
    yield from give_keys(visitor, Keys("connect-assures", address, PASSWORD))


def accept_administration(visitor: Visitor, invitation: IssuedRegistrationCode, address: str) -> Iterator[str]:
    """A company's administrator with an invitation, up to the greeting of connect."""
    yield from to_mail_code(visitor, invitation, address, "/AK01/register", "invitation-code")
    visitor.type_code(address, "email")
    yield "account"
    yield from visitor.stumble("account", "continue", given_name="", new_password="short", new_password_again="shirt")
    visitor.fill(given_name="Rosa", family_name="Keller", new_password=PASSWORD, new_password_again=PASSWORD)
    visitor.tick("terms")
    visitor.press("continue")
    yield from give_phone(visitor)
    yield "review"
    visitor.press("create")
    yield from give_keys(visitor, Keys("connect", address, PASSWORD))


def to_mail_code(
    visitor: Visitor, issued: IssuedRegistrationCode, address: str, start: str, first: str
) -> Iterator[str]:
    """From the printed address to the page that asks for the mailed code."""
    visitor.open(start)
    yield first
    yield from visitor.stumble(first, "continue", code="AAAA BBBB CCCC")
    visitor.fill(code=issued.grouped)
    visitor.press("continue")
    yield "address"
    yield from visitor.stumble("address", "continue", email="rosa.keller")
    visitor.fill(email=address)
    visitor.press("continue")
    yield "mail-code"
    yield from visitor.stumble("mail-code", "verify", code=issued.grouped)


def give_phone(visitor: Visitor) -> Iterator[str]:
    yield "phone"
    yield from visitor.stumble("phone", "get-code", phone=LANDLINE)
    visitor.fill(phone=PHONE)
    visitor.press("get-code")
    yield "phone-code"
    yield from visitor.stumble("phone-code", "verify", code="000000")
    visitor.type_code(channel="sms")
