"""A former directory that is asked at sign-in instead of being imported (rulings 27).

`refresh` comes before the lookup, outside any transaction. When the directory confirms the password, the account is
stored as an import would have stored it, with today's password; when it refuses, a password stored before is dropped.
The rest is the same for every source: `lookup.by_identifier`, then `Hasher.verify`.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from idp import random_values
from idp.clients.client import Client
from idp.credentials.hasher import Hasher
from idp.database import Database, Origin, Transaction
from idp.imports import values
from idp.imports.directory_call import DirectoryAnswer, DirectoryCalls, DirectoryProfile
from idp.imports.values import BadValue
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.people.portal_identifiers import are_spelt_alike, identifier_key, without_separators

IMPORTED = "imported"
SCHEME = "directory"

STATES = {"ok": legacy.OPEN, "refused": legacy.OPEN, "locked": legacy.LOCKED, "closed": legacy.CLOSED}

Value = TypeVar("Value")

TABLE = LegacyAccount.__table__
EXISTING = sa.select(TABLE.c.id, TABLE.c.identifier).where(
    TABLE.c.portal == sa.bindparam("of_portal"), TABLE.c.key == sa.bindparam("key")
)


class LegacyDirectories:
    """The installation's directories; their responses are stored as an import would store them."""

    def __init__(
        self, calls: DirectoryCalls, database: Database, hasher: Hasher, value_settings: values.ImportSettings
    ) -> None:
        self._calls = calls
        self._database = database
        self._hasher = hasher
        self._settings = value_settings

    def refresh(self, client: Client, identifier: str, password: str) -> None:
        """Ask the portal's directory, if it has one, and store its answer. Raises `DirectoryUnavailable`.

        Every text that looks like an identifier is requested, so that the call reveals to nobody who exists.
        """
        source = client.policy.legacy
        if source is None or source.source == IMPORTED:
            return
        written = _as_written(source.pattern, identifier)
        if not written:
            return
        answer = self._calls.ask(source.source, written, password)
        stored = self._hasher.hash(password) if answer.result == "ok" else ""
        with self._database.transaction(Origin(actor="legacy-directory", client_id=client.client_id)) as tx:
            self._store(tx, client.client_id, written, answer, stored)

    def _store(self, tx: Transaction, portal: str, identifier: str, answer: DirectoryAnswer, stored: str) -> None:
        key = identifier_key(identifier)
        known = tx.execute(EXISTING, {"of_portal": portal, "key": key}).first()
        if known is None and not stored:
            return
        if known is not None and not are_spelt_alike(known.identifier, identifier):
            return  # another account of the directory, which only dashes or dots tell from this one
        known_id = known.id if known is not None else None
        row_id = known_id or random_values.new_id(tx.now)
        fresh = self._changes(tx, row_id, answer, stored)
        if known_id is None:
            self._insert(tx, {"id": row_id, "portal": portal, "identifier": identifier, "key": key, **fresh})
        else:
            of_account = sa.and_(TABLE.c.id == row_id, TABLE.c.state.not_in(legacy.SETTLED))
            tx.execute(sa.update(TABLE).where(of_account).values(**fresh))  # type: ignore[arg-type]

    def _insert(self, tx: Transaction, row: Mapping[str, object]) -> None:
        """The first answer about someone; another sign-in of the same moment may have stored it already."""
        with suppress(IntegrityError), tx.savepoint():
            tx.execute(sa.insert(TABLE), row)  # type: ignore[arg-type]

    def _changes(self, tx: Transaction, row_id: str, answer: DirectoryAnswer, stored: str) -> dict[str, object]:
        changes: dict[str, object] = {
            "hash": legacy.seal_hash(tx, row_id, stored) if stored else "",
            "wrapped": True,
            "scheme": SCHEME,
            "effort": "",
            "state": STATES[answer.result],
            "line_digest": "",
            "imported_at": tx.now,
        }
        return changes | self._known(answer.known) if stored else changes

    def _known(self, known: DirectoryProfile) -> dict[str, object]:
        """Return the values of the directory that can be used."""
        email = _or_none(lambda: values.email(known.email))
        born = _or_none(lambda: values.born(self._settings, known.birth_date))
        profile = {
            "given_name": _or_none(lambda: values.name("given_name", known.given_name)) or "",
            "family_name": _or_none(lambda: values.name("family_name", known.family_name)) or "",
            "honorific": values.honorific(known.honorific),
            **legacy.known_birth_date(born),
        }
        return {
            "known": {name: value for name, value in profile.items() if value},
            "email": email.address if email else "",
            "email_key": email.key if email else "",
            "phone": _or_none(lambda: values.phone(self._settings, known.phone)) or "",
        }


def _as_written(pattern: str, typed: str) -> str:
    """Return the identifier in the directory's own form: as typed, or without the blanks, dashes and dots that people
    put into it, also in capitals. Empty: it is none."""
    bare = without_separators(typed)
    return next((form for form in (typed.strip(), bare, bare.upper()) if re.fullmatch(pattern, form)), "")


def _or_none(read: Callable[[], Value]) -> Value | None:
    try:
        return read()
    except BadValue:
        return None
