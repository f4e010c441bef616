"""Import the companies of a fund, whose administrators may be invited (B-01)."""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.database import Transaction
from idp.imports import values
from idp.imports.lines import BadLine, Columns, ImportLine
from idp.imports.run import Tally
from idp.imports.values import BadValue, ImportSettings
from idp.organisations import organisation

ADDRESS = ("address_1", "address_2", "address_3")
COLUMNS = Columns(
    known=frozenset({"number", "name", "language", "topics", *ADDRESS, "postal_code", "locality", "country"}),
    required=frozenset({"number", "name"}),
)


@dataclass(frozen=True)
class CompanyLine:
    """A line of the fund's list."""

    number: str
    name: str
    language: str
    topics: tuple[str, ...]
    address: dict[str, object]


class Companies:
    """The importer of one fund's companies. `topics` are those the portal's file lists."""

    columns = COLUMNS

    def __init__(self, settings: ImportSettings, *, fund: str, topics: frozenset[str]) -> None:
        self._settings = settings
        self._fund = fund
        self._topics = topics

    def understand(self, line: ImportLine, tally: Tally) -> CompanyLine:
        """Return the company of a line; topics are separated by blanks. Raises `BadValue`."""
        given = {name: values.line(name, line.values.get(name, "")) for name in self.columns.known}
        topics = tuple(given["topics"].split())
        if not self._topics.issuperset(topics):
            raise BadValue(f"topics: not all among {', '.join(sorted(self._topics))}")
        lines = [given[column] for column in ADDRESS if given[column]]
        if not given["locality"]:
            tally.notes["without a postal address: no letter possible"] += 1
        return CompanyLine(
            number=given["number"],
            name=given["name"],
            language=values.language(self._settings, given["language"]),
            topics=topics,
            address={"lines": lines, **{name: given[name] for name in ("postal_code", "locality", "country")}},
        )

    def store(self, tx: Transaction, batch: Sequence[tuple[int, CompanyLine]], tally: Tally) -> list[BadLine]:
        """Register or update each company."""
        for _, company in batch:
            known = organisation.by_number(tx, self._fund, company.number) is not None
            organisation.register(
                tx,
                fund=self._fund,
                number=company.number,
                name=company.name,
                address=company.address,
                language=company.language,
                topics=company.topics,
            )
            tally.updated += known
            tally.created += not known
        return []
