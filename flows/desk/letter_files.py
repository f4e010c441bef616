"""The file of a letter job, as it leaves: one PDF, several in an archive, or a table; in pieces, and once."""

from collections.abc import Iterator
from datetime import datetime
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from flask import Response

from flows.desk.visit import DeskVisit
from idp.database import Database
from idp.invitations.letters.job import LetterJob
from idp.jobs import job_files

PDF, ARCHIVE, TABLE = "application/pdf", "application/zip", "text/csv; charset=utf-8"


def collected(visit: DeskVisit, job: LetterJob) -> Response:
    """Return the file, and delete it once it was sent or broke off: nobody can ask for it again."""
    database, now = visit.provider.database, visit.provider.clock.now()
    stem = f"{job.fund}-{now.astimezone(visit.theme.translator.zone):%Y-%m-%d}-{job.campaign_id[-6:]}"
    with database.reading() as tx:
        parts = job_files.places(tx, job.id, job_files.PRINTED)
    pieces = job_files.stream(database, job.id, job_files.PRINTED)
    if job.format == "print-shop":
        return _download(_then_gone(database, job.id, pieces), f"{stem}.csv", TABLE)
    if len(parts) == 1:
        return _download(_then_gone(database, job.id, pieces), f"{stem}.pdf", PDF)
    return _download(_then_gone(database, job.id, archived(pieces, stem, now)), f"{stem}.zip", ARCHIVE)


def archived(parts: Iterator[bytes], stem: str, now: datetime) -> Iterator[bytes]:
    """Yield an archive of these PDFs; one of them is in memory at a time."""
    written = _Written()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        for number, part in enumerate(parts, start=1):
            archive.writestr(ZipInfo(f"{stem}-{number:03d}.pdf", now.timetuple()[:6]), part)
            yield written.taken()
    yield written.taken()


def _then_gone(database: Database, job_id: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        with database.transaction() as tx:
            job_files.delete(tx, job_id, job_files.PRINTED)


def _download(body: Iterator[bytes], name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, content_type=kind, headers=headers)


class _Written:
    """The bytes that an archive has written since they were taken last. It cannot seek, so the archive does not."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Do nothing: everything is written at once."""

    def close(self) -> None:
        """Do nothing: what is written is still to be taken."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
