"""Import a fund's register of insured persons, who may get letters."""

from collections.abc import Sequence
from datetime import date

from idp.database import Transaction
from idp.imports import values
from idp.imports.lines import BadLine, Columns, ImportLine
from idp.imports.run import Tally
from idp.imports.values import BadValue, ImportSettings
from idp.people import insured
from idp.people.birth_date import PartialDate
from idp.people.insured import Particulars, RegisterEntry

ADDRESS = ("address_1", "address_2", "address_3")
COLUMNS = Columns(
    known=frozenset(
        {
            "number",
            "given_name",
            "family_name",
            "honorific",
            "birth_date",
            "language",
            *ADDRESS,
            "postal_code",
            "locality",
            "country",
        }
    ),
    required=frozenset({"number", "given_name", "family_name"}),
)
LONGEST_NUMBER = 64


class InsuredPersons:
    """The importer of one fund's register. `home` is the country that addresses leave out."""

    columns = COLUMNS

    def __init__(self, settings: ImportSettings, *, fund: str, home: str) -> None:
        self._settings = settings
        self._fund = fund
        self._home = home

    def understand(self, line: ImportLine, tally: Tally) -> RegisterEntry:
        """Return the entry of a line. Raises `BadValue`."""
        given = {name: values.line(name, line.values.get(name, "")) for name in self.columns.known}
        if len(given["number"]) > LONGEST_NUMBER:
            raise BadValue(f"number: longer than {LONGEST_NUMBER} characters")
        born = values.born(self._settings, given["birth_date"])
        address = self._address(given)
        if not address:
            tally.notes["without a postal address: no letter possible"] += 1
        return RegisterEntry(
            number=given["number"],
            language=values.language(self._settings, given["language"]),
            particulars=Particulars(
                given_name=values.name("given_name", given["given_name"]),
                family_name=values.name("family_name", given["family_name"]),
                honorific=values.honorific(given["honorific"]),
                birth_date=born if isinstance(born, date) else None,
                birth_date_in_part=born.isoformat() if isinstance(born, PartialDate) else "",
                address=address,
            ),
        )

    def store(self, tx: Transaction, batch: Sequence[tuple[int, RegisterEntry]], tally: Tally) -> list[BadLine]:
        """Insert or update the entries of the batch; the register takes precedence (C-20)."""
        entries: dict[str, RegisterEntry] = {}
        refused = []
        for number, entry in batch:
            if entry.number in entries:
                refused.append(BadLine(number, "number: on an earlier line of this file already"))
            else:
                entries[entry.number] = entry
        stored = insured.store_many(tx, self._fund, list(entries.values()))
        tally.created += stored.created
        tally.updated += stored.updated
        return refused

    def _address(self, given: dict[str, str]) -> tuple[str, ...]:
        town = f"{given['postal_code']} {given['locality']}".strip()
        country = "" if given["country"].upper() == self._home else given["country"]
        return tuple(filter(None, (*(given[column] for column in ADDRESS), town, country))) if town else ()
