"""Import people who sign in with a customer number and the password they always had (rulings 8).

They become persons immediately: their addresses count as proved by the system they come from. People who exist
already are left alone, because the account is theirs since then. A fast hash is wrapped while the line is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.credentials import passwords, waiting_hashes
from idp.credentials.hasher import Hasher
from idp.database import Transaction
from idp.imports import hashes, values
from idp.imports.lines import BadLine, Columns, ImportLine
from idp.imports.run import Tally
from idp.imports.values import BadValue, ImportSettings
from idp.people import accounts, enrolments, portal_identifiers
from idp.people.accounts import NewPerson
from idp.people.emails import EmailTaken
from idp.people.portal_identifiers import CUSTOMER, identifier_key

COLUMNS = Columns(
    known=frozenset(
        {
            "number",
            "email",
            "phone",
            "birth_date",
            "given_name",
            "family_name",
            "honorific",
            "language",
            "hash",
            "scheme",
        }
    ),
    required=frozenset({"number", "email", "given_name", "family_name"}),
)
REASON = "import"


@dataclass(frozen=True)
class CustomerLine:
    """A line of the customer file; `password` is a stored form of the hasher, or empty."""

    number: str
    person: NewPerson
    password: str


class Customers:
    """The importer of one portal's customers."""

    columns = COLUMNS

    def __init__(self, hasher: Hasher, settings: ImportSettings, *, portal: str) -> None:
        self._hasher = hasher
        self._settings = settings
        self._portal = portal

    def understand(self, line: ImportLine, tally: Tally) -> CustomerLine:
        """Return the customer of a line. Raises `BadValue`."""
        given = {name: line.values.get(name, "") for name in self.columns.known}
        if not identifier_key(given["number"]):
            raise BadValue("number: cannot be a customer number")
        email = values.email(given["email"])
        if email is None:
            raise BadValue("email: empty")
        person = NewPerson(
            email=email,
            given_name=values.name("given_name", given["given_name"]),
            family_name=values.name("family_name", given["family_name"]),
            language=values.language(self._settings, given["language"]),
            honorific=values.honorific(given["honorific"]),
            birth_date=values.born(self._settings, given["birth_date"]),
            phone=values.phone(self._settings, given["phone"]),
        )
        hashed = hashes.adopted(given["hash"], given["scheme"], tally) if given["hash"] else ""
        return CustomerLine(given["number"], person, self._hasher.wrap(hashed) if hashed else "")

    def store(self, tx: Transaction, batch: Sequence[tuple[int, CustomerLine]], tally: Tally) -> list[BadLine]:
        """Create the people who do not exist yet."""
        refused = []
        for number, customer in batch:
            key = identifier_key(customer.number)
            known = portal_identifiers.spelling(tx, portal=self._portal, kind=CUSTOMER, key=key)
            if known and (why := values.confusion(known, customer.number)):
                refused.append(BadLine(number, f"number: {why}"))
            elif known:
                tally.unchanged += 1
            elif self._create(tx, customer):
                tally.created += 1
            else:
                refused.append(BadLine(number, "email: belongs to somebody else already"))
        hashed = {customer.password for _, customer in batch if customer.password}
        waiting_hashes.note(tx, (waiting_hashes.written(waiting_hashes.effort_of(stored)) for stored in hashed))
        return refused

    def _create(self, tx: Transaction, customer: CustomerLine) -> bool:
        person = accounts.create(tx, customer.person, reason=REASON)
        if isinstance(person, EmailTaken):
            return False
        portal_identifiers.attach(tx, person.id, portal=self._portal, kind=CUSTOMER, value=customer.number)
        enrolments.enrol(tx, person.id, self._portal, reason=REASON)
        if customer.password:
            passwords.replace(tx, person.id, customer.password, floor=0, reason=REASON)
        return True
