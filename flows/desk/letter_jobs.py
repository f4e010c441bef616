"""« Lettres »: registers that were uploaded, how far their letters are, and the file that is collected once.

The worker checks and makes; these pages order, and show how far it is. None names an insured person.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find, letter_choice, letter_files, letter_words, rooms, second_person
from flows.desk.visit import AfterCommit, DeskVisit
from idp import spreadsheet
from idp.actions import letter_jobs as actions
from idp.audit.authors import CLIENT
from idp.database import Database
from idp.invitations import campaigns
from idp.invitations.letters.faulty_lines import FaultyLine, faults_in
from idp.invitations.letters.job import LETTER_JOBS, JobState, LetterJob
from idp.jobs import job_files
from idp.staff import authors, prepared_acts
from idp.staff.appointments import Act
from idp.staff.prepared_acts import LETTER_JOB, REFUSED, WITHDRAWN, Decision
from idp.wording import Text, Translator, text

NEWEST = 30
FAULTS_SHOWN = 100
NO_REASON = text("Enter a reason. It is kept in the audit trail.")
CHANGED_MEANWHILE = text("Nothing was changed: someone else was faster.")
ORDERING = text("The register is stored, and everybody in it who gets a letter receives a code.")
ISSUING_AGAIN = text("Those who still have no account receive a new letter with a new code.")
NOT_AGAIN: Mapping[Decision, str] = {REFUSED: "refused-order", WITHDRAWN: "withdrawn-order"}
"""The word for a decision against a job that issues letters again: it ends the job."""
DONE: Mapping[str, Text] = {
    **second_person.DONE,
    "ordered": text("The letters have been ordered. They are being made."),
    "discarded": text("The file was discarded. Nothing of it will be printed."),
    NOT_AGAIN[REFUSED]: text("Refused. No new letter was issued, and the order was discarded."),
    NOT_AGAIN[WITHDRAWN]: text("Cancelled. No new letter was issued, and the order was discarded."),
}


@dataclass(frozen=True)
class ShownJob:
    """A job as a page shows it. `share` of its present state is done, in per cent; None: nobody knows yet."""

    job: LetterJob
    state: Text
    kind: str
    fund: str
    author: str

    @property
    def address(self) -> str:
        return rooms.letter_job(self.job.id)

    @property
    def share(self) -> int | None:
        return min(100, 100 * self.job.done // self.job.total) if self.job.total else None


def show(visit: DeskVisit, errors: Mapping[str, Text] | None = None) -> Response:
    """The jobs and campaigns of the staff's funds, and the form for a register."""
    funds = visit.scope(Act.LETTERS).funds
    ordered = campaigns.newest(visit.tx, funds=funds, limit=NEWEST)
    funnels = campaigns.funnels(visit.tx, [each.id for each in ordered])
    return visit.page(
        "letters.html",
        rooms.LETTERS,
        status=422 if errors else 200,
        jobs=_shown(visit, LETTER_JOBS.of_funds(visit.tx, funds, limit=NEWEST)),
        campaigns=[(each, funnels.get(each.id, campaigns.Funnel())) for each in ordered],
        fund_name=partial(fund_name, visit),
        funds=[(code, f"{fund_name(visit, code)} ({code})") for code in sorted(visit.scope(Act.BULK).funds)],
        errors=errors or {},
        typed={name: request.form.get(name, "") for name in ("fund", "reason")} if errors else {},
    )


def show_job(visit: DeskVisit, job_id: str, errors: Mapping[str, Text] | None = None) -> Response:
    """One job: what the check found, how far the work is, and what comes next."""
    job = _job(visit, job_id)
    (shown,) = _shown(visit, [job])
    faults = [fault for piece in _fault_pieces(visit, job) for fault in piece]
    skipped = (job.result or job.forecast).get("skipped")
    return visit.page(
        "letter-job.html",
        rooms.LETTERS,
        DONE.get(request.args.get("done", "")),
        422 if errors else 200,
        shown=shown,
        job=job,
        states=JobState,
        ordering=ordering(job),
        is_by_two=job.state == JobState.CHECKED and is_by_two(visit, job),
        waiting=second_person.lines(visit, LETTER_JOB, job_id),
        may_change=visit.may(Act.BULK, fund=job.fund),
        faults=[(fault.number, _consequence(fault), letter_words.fault_said(fault)) for fault in faults[:FAULTS_SHOWN]],
        more_faults=len(faults) > FAULTS_SHOWN,
        skipped=[(letter_words.left_out_said(reason), count) for reason, count in _counts(skipped)],
        fault=letter_words.reason_said(job.fault) if job.fault else None,
        choice=letter_choice.options(visit, job.client_id),
        errors=errors or {},
        typed=request.form if errors else {},
    )


def faulty_lines(visit: DeskVisit, job_id: str) -> AfterCommit:
    """Every faulty line of the register, as a table."""
    job = _job(visit, job_id)
    name = f"{job.fund}-{job.id[-6:]}-lines.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    body = _table(visit.provider.database, visit.theme.translator, job.id)
    return AfterCommit(lambda: Response(body, content_type=letter_files.TABLE, headers=headers))


def collect(visit: DeskVisit, job_id: str) -> AnyResponse | AfterCommit:
    """Hand the file over, once."""
    job = changeable(visit, job_id)
    if not actions.collect(visit.tx, job, by=visit.actor):
        return show_job(visit, job_id, {"collect": CHANGED_MEANWHILE})
    return AfterCommit(lambda: letter_files.collected(visit, job))


def discard(visit: DeskVisit, job_id: str) -> AnyResponse:
    """End the job and delete its files."""
    job, reason = changeable(visit, job_id), find.reason_of()
    if not reason:
        return show_job(visit, job_id, {"reason": NO_REASON})
    if not actions.discard(visit.tx, job, by=visit.actor, reason=reason):
        return show_job(visit, job_id, {"reason": CHANGED_MEANWHILE})
    return redirect(f"{rooms.letter_job(job_id)}?done=discarded", 303)


def changeable(visit: DeskVisit, job_id: str) -> LetterJob:
    """Return a job whose letters the staff may order and collect; 404 for all others."""
    job = _job(visit, job_id)
    if not visit.may(Act.BULK, fund=job.fund):
        raise NotFound
    return job


def is_by_two(visit: DeskVisit, job: LetterJob) -> bool:
    """Return whether two supervisors order it."""
    return second_person.is_needed(visit, job.fund, job.concerned)


def ordering(job: LetterJob) -> Text:
    """Return what the order of its letters does."""
    return ORDERING if job.has_register else ISSUING_AGAIN


def name(job: LetterJob) -> Text:
    """Return what the job is called: the name of its file, if it has one."""
    return Text(job.file_name) if job.has_register else text("Letters issued again")


def fund_name(visit: DeskVisit, code: str) -> str:
    """Return the name of a fund; its code where no file lists it any more."""
    return visit.fund_name(code)


def _job(visit: DeskVisit, job_id: str) -> LetterJob:
    """Return a job of the staff's funds; 404 for all others."""
    job = LETTER_JOBS.find(visit.tx, visit.scope(Act.LETTERS).funds, job_id)
    if job is None:
        raise NotFound
    return job


def _shown(visit: DeskVisit, found: Sequence[LetterJob]) -> list[ShownJob]:
    known = authors.known(visit.tx, {each.created_by or each.ordered_by for each in found})
    waiting = prepared_acts.waiting_jobs(visit.tx, [each.id for each in found if each.state == JobState.CHECKED])
    shown = []
    for each in found:
        by = each.created_by or each.ordered_by
        author = known[by].name if by in known else _program_or_operator(visit, by)
        state = letter_words.WAITS if each.id in waiting else letter_words.STATES[each.state]
        shown.append(ShownJob(each, *state, fund_name(visit, each.fund), author))
    return shown


def _program_or_operator(visit: DeskVisit, by: str) -> str:
    kind, name = by.partition(":")[::2]
    return visit.registry.name_of(name, visit.theme.language) if f"{kind}:" == CLIENT else name


def _fault_pieces(visit: DeskVisit, job: LetterJob) -> Iterator[Sequence[FaultyLine]]:
    """Yield the first pieces of faulty lines, as many as a page may need."""
    for place in islice(job_files.places(visit.tx, job.id, job_files.FAULTS), FAULTS_SHOWN + 1):
        yield faults_in(job_files.read(visit.tx, job.id, job_files.FAULTS, place))


def _table(database: Database, words: Translator, job_id: str) -> Iterator[bytes]:
    headings = (words(text("Line")), words(text("Consequence")), words(text("Reason")))
    yield spreadsheet.lines([headings], is_begin=True)
    for piece in job_files.stream(database, job_id, job_files.FAULTS):
        faults = faults_in(piece)
        rows = [(str(each.number), words(_consequence(each)), words(letter_words.fault_said(each))) for each in faults]
        yield spreadsheet.lines(rows)


def _consequence(fault: FaultyLine) -> Text:
    return letter_words.LEFT_OUT if fault.is_kept else letter_words.REFUSED


def _counts(skipped: object) -> list[tuple[str, int]]:
    return sorted(skipped.items()) if isinstance(skipped, dict) else []
