"""Writing the lines of the audit trail where others keep them: to a file, to standard output, or both.

The file is opened again for each batch, so it may be renamed at any time (logrotate); the next line then begins a new
one, and the chain continues. A line that a crash cut off is written again; what stands in the file already is not.

One process writes a file at a time, and only while its lease runs: the file is locked first, the lease read afterwards.
"""

import fcntl
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from idp import random_values
from idp.audit import chain
from idp.audit.chain import ChainLine
from idp.database import Database, Origin
from idp.settings import AuditSettings

TAIL = 256 * 1024  # bytes: more than any line


class ForkedChain(Exception):
    """The file holds other lines than the database has for the same numbers: it belongs to another installation, or
    the database was restored. Move the file away; the chain continues in a new one."""


def ship(database: Database, settings: AuditSettings, origin: Origin) -> int:
    """Write the lines of the next events; how many. Nothing slow happens in a transaction."""
    if not settings.file and not settings.stdout:
        return 0
    with database.reading() as tx:
        if not chain.is_waiting(tx):
            return 0
    holder = random_values.token(16)
    with database.transaction(origin) as tx:
        lines = chain.take(tx, holder)

    def may_write() -> bool:
        with database.reading() as tx:
            return chain.is_held(tx, holder)

    if not lines or not _write(settings, lines, may_write):
        return 0
    with database.transaction(origin) as tx:
        chain.note_written(tx, holder, lines[-1])
    return len(lines)


def append(path: Path, lines: Sequence[ChainLine], may_write: Callable[[], bool]) -> bool:
    """Write the lines that the file does not contain yet. Return whether they are on the disk now.

    Return False if another process writes the file, or if `may_write`, asked once nobody else can, says no.
    Raises `ForkedChain`, and `OSError` when the file cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        if not _locked(file) or not may_write():
            return False
        present = dict(_tail(file))
        last = max(present, default=0)
        if any(present.get(line.sequence, line.hash) != line.hash for line in lines) or last > lines[-1].sequence:
            raise ForkedChain(path.name)
        file.seek(0, os.SEEK_END)
        file.write("".join(f"{line.text}\n" for line in lines if line.sequence > last).encode())
        file.flush()
        os.fsync(file.fileno())
    return True


def _write(settings: AuditSettings, lines: Sequence[ChainLine], may_write: Callable[[], bool]) -> bool:
    if settings.file and not append(Path(settings.file), lines, may_write):
        return False
    if settings.stdout:
        if not may_write():
            return False
        sys.stdout.write("".join(f"{line.text}\n" for line in lines))
        sys.stdout.flush()
    return True


def _locked(file: IO[bytes]) -> bool:
    """Return whether this process alone may write the file, until it closes it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(file: IO[bytes]) -> list[tuple[int, str]]:
    """Number and hash of the last lines; what a crash cut off behind them is removed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    read = file.read()
    whole = read[: read.rfind(b"\n") + 1]
    if len(whole) < len(read):
        file.truncate(size - len(read) + len(whole))
    texts = whole.decode(errors="replace").splitlines()[1 if size > TAIL else 0 :]
    found = [chain.read(text) for text in texts]
    if None in found[-1:]:
        raise ForkedChain(file.name)
    return [(each[0].sequence, each[0].hash) for each in found if each is not None]
