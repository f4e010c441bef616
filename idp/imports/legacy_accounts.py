"""Import the accounts of a portal's former directory, with their password hashes (A-02 … A-40).

Known addresses that cannot be used are left out and noted; a hash that cannot be used refuses the line, because an
account without it could never migrate. Migrated accounts are never touched again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idp import random_values
from idp.credentials import imported_hashes, waiting_hashes
from idp.database import Transaction
from idp.imports import hashes, values
from idp.imports.lines import BadLine, Columns, ImportLine
from idp.imports.run import Tally
from idp.imports.values import BadValue, ImportSettings
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.people.portal_identifiers import identifier_key
from idp.sealing import Sealer

COLUMNS = Columns(
    known=frozenset(
        {
            "identifier",
            "hash",
            "scheme",
            "given_name",
            "family_name",
            "honorific",
            "birth_date",
            "language",
            "email",
            "phone",
            "state",
        }
    ),
    required=frozenset({"identifier", "hash"}),
)
STATES = {"": legacy.OPEN, "open": legacy.OPEN, "active": legacy.OPEN, "locked": legacy.LOCKED, "closed": legacy.CLOSED}
LINE = "legacy-line"

TABLE = LegacyAccount.__table__
INSERT = sa.insert(TABLE)  # type: ignore[arg-type]
EXISTING = sa.select(
    TABLE.c.key, TABLE.c.identifier, TABLE.c.id, TABLE.c.state, TABLE.c.line_digest, TABLE.c.imported_at
).where(TABLE.c.portal == sa.bindparam("of_portal"), TABLE.c.key.in_(sa.bindparam("keys", expanding=True)))
CHANGED = (
    "scheme",
    "effort",
    "hash",
    "wrapped",
    "known",
    "email",
    "email_key",
    "phone",
    "state",
    "line_digest",
    "imported_at",
)
UPDATE = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"), TABLE.c.state.not_in(legacy.SETTLED))
    .values({column: sa.bindparam(f"new_{column}") for column in CHANGED})
)


@dataclass(frozen=True)
class LegacyAccountLine:
    """A line of the directory. `stored` is the hash as `imported_hashes` writes it, not sealed yet."""

    identifier: str
    key: str
    stored: str
    known: dict[str, str]
    email: str
    email_key: str
    phone: str
    state: str
    line_digest: str


class LegacyAccounts:
    """The importer of one portal's directory. `pattern` is the whole form of its identifiers."""

    columns = COLUMNS

    def __init__(
        self, sealer: Sealer, settings: ImportSettings, *, portal: str, pattern: str, started: datetime
    ) -> None:
        self._sealer = sealer
        self._settings = settings
        self._portal = portal
        self._pattern = re.compile(pattern)
        self._started = started

    def understand(self, line: ImportLine, tally: Tally) -> LegacyAccountLine:
        """Return the account of a line. Raises `BadValue`."""
        given = {name: line.values.get(name, "") for name in sorted(self.columns.known)}
        identifier = given["identifier"]
        if not self._pattern.fullmatch(identifier) or not identifier_key(identifier):
            raise BadValue("identifier: not of the form that the portal's file gives")
        if given["state"].lower() not in STATES:
            raise BadValue("state: not one of open, locked, closed")
        address, email_key = self._email(given["email"], tally)
        return LegacyAccountLine(
            identifier=identifier,
            key=identifier_key(identifier),
            stored=hashes.adopted(given["hash"], given["scheme"], tally),
            known=self._known(given),
            email=address,
            email_key=email_key,
            phone=self._phone(given["phone"], tally),
            state=STATES[given["state"].lower()],
            line_digest=self._sealer.digest(LINE, *given.values()),
        )

    def store(self, tx: Transaction, batch: Sequence[tuple[int, LegacyAccountLine]], tally: Tally) -> list[BadLine]:
        """Insert, update or leave each account of the batch."""
        found = tx.execute(EXISTING, {"of_portal": self._portal, "keys": [account.key for _, account in batch]})
        existing = {row.key: row for row in found}
        created: dict[str, dict[str, object]] = {}
        updated, refused = [], []
        for number, account in batch:
            row = existing.get(account.key)
            known = created[account.key]["identifier"] if account.key in created else row.identifier if row else ""
            if known and (why := values.confusion(str(known), account.identifier)):
                refused.append(BadLine(number, f"identifier: {why}"))
            elif account.key in created or (row is not None and row.imported_at == self._started):
                refused.append(BadLine(number, "identifier: on an earlier line of this file already"))
            elif row is None:
                created[account.key] = self._row(tx, random_values.new_id(tx.now), account)
            elif row.state in legacy.SETTLED or row.line_digest == account.line_digest:
                tally.unchanged += 1
            else:
                updated.append(_changes(self._row(tx, row.id, account)))
        if created:
            tx.execute(INSERT, list(created.values()))
        if updated:
            tx.execute(UPDATE, updated)
        efforts = {str(row["effort"]) for row in created.values()} | {str(row["new_effort"]) for row in updated}
        waiting_hashes.note(tx, efforts)
        tally.created += len(created)
        tally.updated += len(updated)
        return refused

    def _row(self, tx: Transaction, row_id: str, account: LegacyAccountLine) -> dict[str, object]:
        return {
            "id": row_id,
            "portal": self._portal,
            "identifier": account.identifier,
            "key": account.key,
            "scheme": imported_hashes.parse(account.stored)[0],
            "effort": waiting_hashes.written(imported_hashes.effort_of(account.stored)),
            "hash": legacy.seal_hash(tx, row_id, account.stored),
            "wrapped": not imported_hashes.is_cheap(account.stored),
            "known": account.known,
            "email": account.email,
            "email_key": account.email_key,
            "phone": account.phone,
            "state": account.state,
            "line_digest": account.line_digest,
            "imported_at": self._started,
        }

    def _known(self, given: dict[str, str]) -> dict[str, str]:
        born = values.born(self._settings, given["birth_date"])
        known = {
            "given_name": values.name("given_name", given["given_name"]),
            "family_name": values.name("family_name", given["family_name"]),
            "honorific": values.honorific(given["honorific"]),
            **legacy.known_birth_date(born),
            "language": values.language(self._settings, given["language"]) if given["language"] else "",
        }
        return {name: value for name, value in known.items() if value}

    def _email(self, written: str, tally: Tally) -> tuple[str, str]:
        try:
            email = values.email(written)
        except BadValue as error:
            tally.notes[f"left out {error}"] += 1
            return "", ""
        return (email.address, email.key) if email else ("", "")

    def _phone(self, written: str, tally: Tally) -> str:
        try:
            return values.phone(self._settings, written)
        except BadValue as error:
            tally.notes[f"left out {error}"] += 1
            return ""


def _changes(row: dict[str, object]) -> dict[str, object]:
    return {"of_id": row["id"], **{f"new_{column}": row[column] for column in CHANGED}}
