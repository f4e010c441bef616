"""Letters and invitations to test registrations with, and the pages of a registration as one person fills them."""

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from idp.database import Transaction
from idp.invitations import issuing, validity
from idp.invitations.issuing import IssuedRegistrationCode, RegistrationCodeRequest
from idp.invitations.registration_code import Channel, RegistrationCodeKind
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

ZURICH = ZoneInfo("Europe/Zurich")
PASSWORD = "des pommes dans le grenier"
ADDRESS = "rosa.keller@example.ch"
PHONE = "079 333 44 55"
COMPANY = "Menuiserie Favre SA"


@dataclass
class Letters:
    """Draws codes as the fund and its administrators do."""

    provider: Provider
    numbers: list[str] = field(default_factory=list)

    def insured(self, number: str = "4711") -> IssuedRegistrationCode:
        """A letter to Rosa Keller of the register, good for 30 days."""
        particulars = Particulars(given_name="Rosa", family_name="Keller", birth_date=date(1956, 7, 16))
        with self.provider.database.transaction() as tx:
            insured.store_many(tx, "AK00", [RegisterEntry(number, "fr", particulars)])
            subject = insured.by_numbers(tx, "AK00", [number])[number].id
            return self._issue(tx, RegistrationCodeKind.INSURED, Channel.LETTER, "connect-assures", "AK00", subject)

    def administrator(self, number: str = "10042") -> IssuedRegistrationCode:
        """The invitation of a company's administrator."""
        with self.provider.database.transaction() as tx:
            company = organisation.register(tx, fund="AK01", number=number, name=COMPANY)
            return self._issue(tx, RegistrationCodeKind.ADMINISTRATOR, Channel.LETTER, "connect", "AK01", company.id)

    def member(self, email: str = ADDRESS) -> IssuedRegistrationCode:
        """The invitation that an administrator has sent to a user."""
        with self.provider.database.transaction() as tx:
            company = organisation.register(tx, fund="AK01", number="10042", name=COMPANY)
            rights = Rights(topics=("salaries",))
            membership = memberships.invite(
                tx, company.id, email=email, given_name="Rosa", family_name="Keller", rights=rights
            )
            tx.flush()
            return self._issue(tx, RegistrationCodeKind.MEMBER, Channel.EMAIL, "connect", "AK01", membership.id)

    def _issue(
        self, tx: Transaction, kind: str, channel: str, client_id: str, fund: str, subject: str
    ) -> IssuedRegistrationCode:
        request = RegistrationCodeRequest(
            kind=kind,
            channel=channel,
            client_id=client_id,
            subject_id=subject,
            expires_at=validity.after_days(tx.now, 30, ZURICH),
            language="fr",
            fund=fund,
        )
        issued = issuing.issue(tx, request)
        issuing.mark_sent(tx, [issued.code_id])
        return issued


def give_letter(browser: Browser, code: str, fund: str = "AK00") -> None:
    browser.get(f"/{fund}/register")
    browser.fill(code=code).press("continue")


def give_address(browser: Browser, address: str = ADDRESS) -> None:
    browser.fill(email=address).press("continue")


def give_mail_code(browser: Browser, mailbox: Mailbox, address: str = ADDRESS) -> None:
    browser.fill(code=mailbox.last(address).code).press("verify")


def give_account(browser: Browser, **values: str) -> None:
    browser.fill(**values).tick("terms").press("continue")


def give_password(browser: Browser, password: str = PASSWORD) -> None:
    browser.fill(new_password=password, new_password_again=password).press("continue")


def give_phone(browser: Browser, phone: str = PHONE) -> None:
    browser.fill(phone=phone).press("get-code")


def give_sms_code(browser: Browser, mailbox: Mailbox) -> None:
    browser.fill(code=mailbox.last(channel="sms").code).press("verify")


def up_to_sms_code(browser: Browser, mailbox: Mailbox, code: str, address: str = ADDRESS) -> None:
    """The activation of an insured person, up to the page of the SMS code."""
    give_letter(browser, code)
    give_address(browser, address)
    give_mail_code(browser, mailbox, address)
    give_account(browser)
    give_password(browser)
    give_phone(browser)


def dialogue(browser: Browser, **values: str) -> None:
    """The one page of a company's people."""
    browser.fill(new_password=PASSWORD, new_password_again=PASSWORD, **values).tick("terms").press("continue")
