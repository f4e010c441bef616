"""The people signed in at one portal, in a small SQLite file that all its processes share.

That is what makes back-channel logout work: the provider's message reaches one process and ends the visit for all.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS visits (
    key TEXT PRIMARY KEY, sid TEXT NOT NULL, sub TEXT NOT NULL,
    claims TEXT NOT NULL, profile TEXT NOT NULL, token TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS visits_sid ON visits (sid);
CREATE INDEX IF NOT EXISTS visits_sub ON visits (sub);
CREATE TABLE IF NOT EXISTS spent (jti TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS cookie_keys (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Visit:
    """One signed-in browser: the ID token's claims, what userinfo said, and the tokens."""

    claims: dict[str, Any]
    profile: dict[str, Any]
    token: dict[str, Any]


class Store:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._open() as connection:
            connection.executescript("PRAGMA journal_mode=WAL;" + TABLES)

    def cookie_key(self) -> bytes:
        """Return the key with which the portal's processes sign their cookies; it is created once."""
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO cookie_keys VALUES (1, ?)", (secrets.token_bytes(32),))
            (value,) = connection.execute("SELECT value FROM cookie_keys").fetchone()
        return bytes(value)

    def begin(self, visit: Visit) -> str:
        """Remember the visit and return the secret its browser keeps."""
        secret = secrets.token_urlsafe(32)
        row = (_key(secret), visit.claims.get("sid", ""), visit.claims["sub"], *_texts(visit))
        with self._open() as connection:
            connection.execute("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?)", row)
        return secret

    def find(self, secret: str) -> Visit | None:
        with self._open() as connection:
            row = connection.execute(
                "SELECT claims, profile, token FROM visits WHERE key = ?", (_key(secret),)
            ).fetchone()
        return Visit(*map(json.loads, row)) if row else None

    def keep(self, secret: str, visit: Visit) -> None:
        """Replace what is known about a visit that still lasts."""
        with self._open() as connection:
            connection.execute(
                "UPDATE visits SET claims = ?, profile = ?, token = ? WHERE key = ?", (*_texts(visit), _key(secret))
            )

    def end(self, secret: str) -> None:
        with self._open() as connection:
            connection.execute("DELETE FROM visits WHERE key = ?", (_key(secret),))

    def end_of(self, *, sid: str, sub: str) -> int:
        """End the visits of a provider's session, or without one all of a person; how many ended."""
        column, value = ("sid", sid) if sid else ("sub", sub)
        with self._open() as connection:
            return connection.execute(f"DELETE FROM visits WHERE {column} = ?", (value,)).rowcount  # noqa: S608

    def spend(self, jti: str) -> bool:
        """Return whether this logout token comes for the first time."""
        with self._open() as connection:
            return connection.execute("INSERT OR IGNORE INTO spent VALUES (?)", (jti,)).rowcount == 1

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=5)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _texts(visit: Visit) -> tuple[str, str, str]:
    return json.dumps(visit.claims), json.dumps(visit.profile), json.dumps(visit.token)
