"""Copies of the embedded database (SQLite): made while everything runs, checked, and for their owner alone.

PostgreSQL has its own means (docs/operations.md, "Back up").
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from idp.audit.chain import GENESIS, ChainHead
from idp.invitations.registration_code import LIVE

OWNER_ONLY = 0o600
PAGES_AT_ONCE = 1000
BESIDE = ("", "-wal", "-shm")
"""The files of one database: its own, and those that SQLite writes beside it."""


class UnusableBackup(Exception):
    """The file is not a whole database of this program; the message is a sentence."""


def copy(source: Path, target: Path) -> None:
    """Write a consistent copy of the database `source` to `target`, which must not exist. Writers go on meanwhile.

    Raises `FileExistsError`, `UnusableBackup` for a source that is damaged, `OSError` when the disk refuses. Nothing is
    left at `target` after a fault.
    """
    partial = target.with_name(f"{target.name}.partial")
    if target.exists():
        raise FileExistsError(target)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    os.close(descriptor)
    try:
        with closing(_opened(source)) as read, closing(sqlite3.connect(partial)) as written:
            read.backup(written, pages=PAGES_AT_ONCE)
            written.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
            check(written)
        _flush(partial)
        os.link(partial, target)
    except sqlite3.Error as error:
        raise UnusableBackup(f"{source} cannot be copied: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    _flush(target.parent)


def check(database: sqlite3.Connection) -> None:
    """Raise `UnusableBackup` unless every page and index of the database is whole."""
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise UnusableBackup(f"the database is damaged: {verdict}")


def taken_at(backup: Path) -> datetime | None:
    """Return the time of the newest security event in a backup, which is when it was taken at the earliest.

    None: it holds no event. Raises `UnusableBackup` for a file that is no database of this program.
    """
    try:
        with closing(_opened(backup)) as database:
            check(database)
            database.execute("SELECT version_num FROM alembic_version").fetchone()
            newest = database.execute("SELECT max(at) FROM audit_events").fetchone()[0]
    except sqlite3.Error as error:
        raise UnusableBackup(f"{backup} is no database of this program: {error}") from error
    return datetime.fromisoformat(newest).replace(tzinfo=UTC) if newest else None


def has_live_codes(backup: Path) -> bool:
    """Return whether a registration code of the backup may still be used."""
    states = ", ".join("?" * len(LIVE))
    with closing(_opened(backup)) as database:
        found = database.execute(f"SELECT 1 FROM registration_codes WHERE state IN ({states}) LIMIT 1", LIVE)  # noqa: S608
        return found.fetchone() is not None


def chain_head(backup: Path) -> ChainHead:
    """Return how far the chain of audit lines was written when the backup was taken."""
    with closing(_opened(backup)) as database:
        row = database.execute("SELECT written, hash FROM audit_chain").fetchone()
        return ChainHead(*row) if row is not None else ChainHead(0, GENESIS)


def has_companions(database: Path) -> bool:
    """Return whether a file is there that SQLite writes beside this database."""
    return any(Path(f"{database}{suffix}").exists() for suffix in BESIDE[1:])


def holders(database: Path) -> list[int]:
    """Return the other processes of this machine that have the database open, be its file deleted or renamed over.

    Those of other users are seen by root only.
    """
    names = {f"{database.resolve()}{suffix}{gone}" for suffix in BESIDE for gone in ("", " (deleted)")}
    every = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return sorted(number for number in every if number != os.getpid() and not names.isdisjoint(_open_files(number)))


def set_aside(database: Path, name: str) -> Path:
    """Rename a database with the files beside it, and return its new path."""
    aside = database.with_name(name)
    for suffix in BESIDE:
        old = Path(f"{database}{suffix}")
        if old.exists():
            old.rename(f"{aside}{suffix}")
    return aside


def _open_files(process: int) -> Iterator[str]:
    """Yield the paths that a process has open; nothing for one that ended or may not be looked at."""
    with suppress(OSError):
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                yield os.readlink(descriptor)


def _opened(path: Path) -> sqlite3.Connection:
    """Open a database that must exist, for reading."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
