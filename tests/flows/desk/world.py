"""Two funds with people, companies and letters, so that each has what the other must not see."""

from dataclasses import dataclass
from datetime import date

from idp.audit.events.people import TermsAccepted
from idp.audit.log import record
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from tests.support import people
from tests.support.browser import Browser, Page

PORTALS = {"AK01": "connect", "AK00": "connect-assures"}
BORN = {"AK01": date(1956, 7, 16), "AK00": date(1957, 3, 24)}


@dataclass(frozen=True)
class Fund:
    """What one fund has: a company with its administrator, and an insured person without an account."""

    code: str
    name: str
    person: str
    email: str
    company: str
    company_number: str
    insured: str
    number: str
    event: str

    @property
    def records(self) -> dict[str, str]:
        """The path of each record."""
        return {"people": self.person, "companies": self.company, "insured": self.insured}

    @property
    def terms(self) -> tuple[str, ...]:
        """Everything a caller could say of them."""
        return (
            self.email,
            f"Anne {self.name}",
            self.name,
            f"Anne {self.name} {BORN[self.code]:%d.%m.%Y}",
            f"{self.name} SA",
            self.company_number,
            self.number,
            self.event,
        )


def fund(provider: Provider, code: str, name: str) -> Fund:
    email, number, company_number = f"{name}@example.ch".lower(), f"756.{name}", f"10.{name}"
    address = {"lines": ["Gare 7"], "postal_code": "1530", "locality": "Payerne", "country": "CH"}
    with provider.database.transaction() as tx:
        anne = people.person(tx, email, family_name=name, birth_date=BORN[code], phone="+41791234567")
        company = organisation.register(tx, fund=code, number=company_number, name=f"{name} SA", address=address)
        memberships.join(tx, company.id, anne.id, Rights(is_administrator=True))
        entry = Particulars(given_name="Léa", family_name=name, address=("Rue du Lac 12", "1800 Vevey"))
        insured.store_many(tx, code, [RegisterEntry(number, "fr", entry)])
        event = record(tx, TermsAccepted(person_id=anne.id, client_id=PORTALS[code], version="1"))
        stored = insured.by_numbers(tx, code, [number])[number]
        return Fund(code, name, anne.id, email, company.id, company_number, stored.id, number, event)


def find(browser: Browser, typed: str) -> Page:
    browser.get("/desk")
    return browser.fill(q=typed).press("search")


def hits(page: Page) -> list[str]:
    """The records that the page offers, as `kind:id`, in their order."""
    return [button.get("value") for button in page.all("button") if button.get("name") == "open"]


def open_record(browser: Browser, path: str, reason: str = "case 4711") -> Page:
    """Open a record by its path, giving the reason."""
    browser.get(path)
    if browser.page.by_id("open-record"):
        browser.fill(reason=reason).press("open-record")
    return browser.page
