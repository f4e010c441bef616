"""The files of jobs in the database: uploads, rows, faults, letters. Each is in sealed pieces, and none stays long.

Every node can read them, and none keeps one of its own. What holds codes in clear is here alone, sealed, until it was
collected.
"""

import io
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Database, Transaction

PIECE = 256 * 1024
"""Bytes of every piece of an upload but the last."""
SEAL = "letter-job"

KINDS = ("upload", "faults", "numbers", "drawn", "printed", "rows")
UPLOAD, FAULTS, NUMBERS, DRAWN, PRINTED, ROWS = KINDS


class JobPiece(Base):
    """One piece. A job and its worker turn pieces of one kind into those of the next.

    The table has the name of the first jobs that had files.
    """

    __tablename__ = "letter_job_pieces"
    __table_args__ = (sa.Index("ix_letter_job_pieces_at", "at"),)

    job_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    at: Mapped[datetime]


INSERT = sa.insert(JobPiece)
OF_KIND = (JobPiece.job_id == sa.bindparam("job"), JobPiece.kind == sa.bindparam("which"))
READ = sa.select(JobPiece.sealed).where(*OF_KIND, JobPiece.number == sa.bindparam("place"))
PLACES = sa.select(JobPiece.number).where(*OF_KIND).order_by(JobPiece.number)
DELETE = sa.delete(JobPiece).where(*OF_KIND)
DELETE_ONE = DELETE.where(JobPiece.number == sa.bindparam("place"))


def write(tx: Transaction, job_id: str, kind: str, number: int, plain: bytes) -> None:
    """Store a piece. Raises `sqlalchemy.exc.IntegrityError` where it is there already."""
    sealed = tx.sealer.seal(SEAL, plain, context=_context(job_id, kind, number))
    tx.execute(INSERT, {"job_id": job_id, "kind": kind, "number": number, "sealed": sealed, "at": tx.now})


def read(tx: Transaction, job_id: str, kind: str, number: int) -> bytes:
    """Return a piece; empty where there is none."""
    sealed = tx.execute(READ, {"job": job_id, "which": kind, "place": number}).scalar()
    return b"" if sealed is None else tx.sealer.open(SEAL, sealed, context=_context(job_id, kind, number))


def places(tx: Transaction, job_id: str, kind: str) -> list[int]:
    """Return the numbers of the pieces that are there, in their order."""
    return list(tx.execute(PLACES, {"job": job_id, "which": kind}).scalars())


def delete(tx: Transaction, job_id: str, kind: str) -> None:
    """Delete all pieces of this kind."""
    tx.execute(DELETE, {"job": job_id, "which": kind})


def delete_one(tx: Transaction, job_id: str, kind: str, number: int) -> None:
    """Delete the piece that was worked off."""
    tx.execute(DELETE_ONE, {"job": job_id, "which": kind, "place": number})


def take_first(tx: Transaction, job_id: str, kind: str) -> bytes | None:
    """Return the first piece and delete it; None: there is none. Of two who take it at one moment one gets it."""
    number = next(iter(places(tx, job_id, kind)), None)
    if number is None:
        return None
    plain = read(tx, job_id, kind, number)
    taken = tx.execute(DELETE_ONE, {"job": job_id, "which": kind, "place": number}).rowcount == 1
    return plain if taken else None


def stream(database: Database, job_id: str, kind: str) -> Iterator[bytes]:
    """Yield the pieces in their order, each read on its own: no transaction stays open between two."""
    with database.reading() as tx:
        numbers = places(tx, job_id, kind)
    for number in numbers:
        with database.reading() as tx:
            piece = read(tx, job_id, kind, number)
        yield piece


class StoredUpload(io.RawIOBase):
    """An uploaded file, read piece by piece; at any time one piece is in memory."""

    def __init__(self, database: Database, job_id: str, size: int) -> None:
        super().__init__()
        self._database = database
        self._job_id = job_id
        self._size = size
        self._position = 0
        self._kept = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, begin + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number, begin = divmod(self._position, PIECE)
        part = self._piece(number)[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _piece(self, number: int) -> bytes:
        if self._kept[0] != number:
            with self._database.reading() as tx:
                self._kept = number, read(tx, self._job_id, UPLOAD, number)
        return self._kept[1]


def _context(job_id: str, kind: str, number: int) -> str:
    return f"{job_id} {kind} {number}"
