"""A register is uploaded, for letters: by supervisors only, who alone may send so large a body."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import IO

from flask import Blueprint, Request, redirect, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find, letter_jobs, rooms
from flows.desk.visit import AfterCommit, DeskVisit
from idp.actions import letter_jobs as actions
from idp.actions.letter_jobs import UploadedRegister
from idp.database import DatabaseUnavailable
from idp.imports.formats import JSON_LINES, WORKBOOKS
from idp.invitations.letters.job import LETTER_JOBS
from idp.jobs import job_files, leased_job
from idp.jobs.job_files import PIECE
from idp.provider import Provider
from idp.sessions import cookie
from idp.staff import appointments, sessions
from idp.staff.appointments import Act
from idp.web import larger_bodies
from idp.wording import Text, text

PATH = f"{rooms.LETTERS.path}/upload"
KINDS = frozenset({".csv", ".txt", ".tsv"}) | WORKBOOKS | JSON_LINES
LONGEST_NAME = 100
NO_FILE = text("Select a file.")
NOTHING_IN_IT = text("This file is empty.")
OTHER_KIND = text("Select a CSV file or an Excel workbook (.xlsx).")
TOO_MANY = text("Too many files of this fund are under way. Download or discard some of them first.")
NO_FUND = text("Select a fund.")


def allow_large_bodies(pages: Blueprint, provider: Provider) -> None:
    """Let the body of an upload be as large as the setting says, from staff who may order letters for many."""

    def is_supervisor(asked: Request) -> bool:
        token = cookie.staff(asked, secure=provider.settings.server.secure)
        if not token:
            return False
        try:
            with provider.database.reading() as tx:
                session = sessions.find(tx, token, purpose=sessions.WORK)
        except DatabaseUnavailable:
            return False
        registry = provider.registry.current()
        return session is not None and appointments.may(session.staff.appointments, Act.BULK, registry)

    def note(state: BlueprintSetupState) -> None:
        largest = provider.settings.desk.largest_upload
        larger_bodies.of_application(state.app).allow(PATH, largest, is_supervisor)

    pages.record(note)


def upload(visit: DeskVisit) -> AnyResponse | AfterCommit:
    """Take the file; it is stored once the look at the session is over, a piece a transaction."""
    fund, reason, file = request.form.get("fund", ""), find.reason_of(), request.files.get("file")
    name = _plain_name(file.filename or "") if file is not None else ""
    stream = file.stream if file is not None else None
    errors = _errors(visit, fund, reason, name, stream)
    client = visit.registry.client_of_fund(fund)
    if errors or client is None or stream is None:
        return letter_jobs.show(visit, errors)
    return AfterCommit(lambda: _stored(visit, client.client_id, fund, reason, name, stream))


def _errors(visit: DeskVisit, fund: str, reason: str, name: str, stream: IO[bytes] | None) -> Mapping[str, Text]:
    errors: dict[str, Text] = {}
    if not fund or not visit.may(Act.BULK, fund=fund):
        errors["fund"] = NO_FUND
    elif LETTER_JOBS.is_full(visit.tx, fund):
        errors["fund"] = TOO_MANY
    if stream is None or not name:
        errors["file"] = NO_FILE
    elif PurePath(name).suffix.lower() not in KINDS:
        errors["file"] = OTHER_KIND
    elif not stream.read(1):
        errors["file"] = NOTHING_IN_IT
    if not reason:
        errors["reason"] = letter_jobs.NO_REASON
    return errors


def _stored(visit: DeskVisit, client_id: str, fund: str, reason: str, name: str, stream: IO[bytes]) -> AnyResponse:
    database, size = visit.provider.database, 0
    with database.reading() as tx:
        job_id = leased_job.new_id(tx)
    stream.seek(0)
    for number, piece in enumerate(iter(lambda: stream.read(PIECE), b"")):
        with database.transaction(visit.origin) as tx:
            job_files.write(tx, job_id, job_files.UPLOAD, number, piece)
        size += len(piece)
    register = UploadedRegister(job_id=job_id, client_id=client_id, fund=fund, file_name=name, size=size)
    with database.transaction(visit.origin) as tx:
        actions.upload(tx, register, by=visit.actor, reason=reason)
    return redirect(rooms.letter_job(job_id), 303)


def _plain_name(given: str) -> str:
    """Return the name without its folder and without what cannot be printed; its end is kept."""
    name = PurePath(given.replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable())[-LONGEST_NAME:]
