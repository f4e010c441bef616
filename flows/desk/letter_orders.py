"""Order the letters of a job: a supervisor alone, or two of them where many people are concerned.

What the first one chose is kept with the job; the second one sees it, and what will come of it.
"""

from collections.abc import Sequence
from dataclasses import replace

from flask import redirect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import letter_choice, letter_jobs, rooms, second_person
from flows.desk.letter_choice import DESIGN_NAMES, EXPIRED, FORMAT_NAMES, UNUSED, WHICH
from flows.desk.visit import DeskVisit
from idp.actions import letter_jobs as actions
from idp.invitations.letters.job import JobState, LetterChoice, LetterJob
from idp.invitations.letters.print_run import HOLDS_LETTER
from idp.staff import done_alone
from idp.staff.appointments import Act
from idp.staff.prepared_acts import CONFIRMED, LETTER_JOB, ActPlan, PreparedAct
from idp.wording import Text, own_name, text

NAME = "order-letters"
ORDERED = "ordered"
STOP_WORKING = text("They stop working, and their readers receive a new letter.")
STAY_VALID = text("They stay valid, and their readers receive no letter.")


def order(visit: DeskVisit, job_id: str) -> AnyResponse:
    """Store the register and make its letters, or let that wait for a second supervisor."""
    job = letter_jobs.changeable(visit, job_id)
    choice = letter_choice.chosen(visit, job.client_id)
    if not isinstance(choice, LetterChoice):
        return letter_jobs.show_job(visit, job_id, choice)
    if not job.has_register:
        choice = replace(choice, replace_live=job.replace_live)
    outcome = ordered_or_prepared(visit, job, choice)
    if isinstance(outcome, Text):
        return letter_jobs.show_job(visit, job_id, {"order": outcome})
    return redirect(f"{rooms.letter_job(job_id)}?done={outcome}", 303)


def ordered_or_prepared(visit: DeskVisit, job: LetterJob, choice: LetterChoice) -> str | Text:
    """Order the letters, or prepare it where two decide; returns the word for that. A `Text` says why neither."""
    second_person.hold(visit)
    if not letter_jobs.is_by_two(visit, job):
        if not actions.order(visit.tx, job, choice, by=visit.actor):
            return letter_jobs.CHANGED_MEANWHILE
        done_alone.note(visit.tx, job.fund, visit.staff.id, job.concerned)
        return ORDERED
    planned = ActPlan(act=NAME, kind=LETTER_JOB, subject_id=job.id, other_id=job.of_campaign, reason=job.reason)

    def prepared() -> Text | None:
        if not actions.choose(visit.tx, job, choice):
            return letter_jobs.CHANGED_MEANWHILE
        return second_person.prepare(visit, planned)

    return second_person.all_or_nothing(visit, prepared) or second_person.PREPARED


def show_prepared(visit: DeskVisit, job_id: str, act_id: str) -> AnyResponse:
    """The page on which a second supervisor decides."""
    return _page(visit, *_waiting(visit, job_id, act_id))


def decide_prepared(visit: DeskVisit, job_id: str, act_id: str) -> AnyResponse:
    """Confirm, refuse or withdraw it; confirmed letters are ordered immediately, by this member of staff.

    A job to issue letters again ends with a decision against it; a register waits for another order.
    """
    job, row = _waiting(visit, job_id, act_id)
    decision, choice = second_person.decision_of(), job.choice
    refused = second_person.decide(
        visit,
        row,
        Act.BULK,
        lambda scope: job.fund in scope.funds,
        lambda: actions.order(visit.tx, job, choice, by=visit.actor),
    )
    if refused is not None:
        return _page(visit, job, row, refused)
    done: str = ORDERED if decision == CONFIRMED else decision
    if decision != CONFIRMED and not job.has_register:  # it would stay among the fund's open jobs
        actions.discard(visit.tx, job, by=visit.actor, reason=row.reason)
        done = letter_jobs.NOT_AGAIN[decision]
    return redirect(f"{rooms.letter_job(job_id)}?done={done}", 303)


def _waiting(visit: DeskVisit, job_id: str, act_id: str) -> tuple[LetterJob, PreparedAct]:
    """Return a job that waits for a second person, with the act; 404 for all others."""
    job = letter_jobs.changeable(visit, job_id)
    row = second_person.named(visit, act_id, LETTER_JOB, job_id)
    if job.state != JobState.CHECKED:
        raise NotFound
    return job, row


def _page(visit: DeskVisit, job: LetterJob, row: PreparedAct, refused: Text | None = None) -> AnyResponse:
    explains, name = letter_jobs.ordering(job), visit.theme.translator(letter_jobs.name(job))
    return second_person.page(visit, row, explains, refused, name=name, facts=_facts(visit, job))


def _facts(visit: DeskVisit, job: LetterJob) -> Sequence[tuple[str, object]]:
    """Return what will happen, line by line."""
    words, choice = visit.theme.translator, job.choice
    language = own_name(choice.language) if choice.language else words(letter_choice.EACH_ONES_LANGUAGE)
    if job.has_register:
        even_of = HOLDS_LETTER.msgid if choice.replace_live else ""
        about: list[tuple[str, object]] = [
            (words(text("Lines")), words.number(job.foreseen("lines"))),
            (words(text("Faulty lines")), words.number(job.foreseen("refused"))),
            (words(text("New in the register")), words.number(job.foreseen("created"))),
            (words(text("Already in the register")), words.number(job.foreseen("updated"))),
            (words(text("Valid letters")), words(STOP_WORKING if choice.replace_live else STAY_VALID)),
            (words(text("Letters, by the check")), words.number(job.letters_foreseen(even_of=even_of))),
        ]
    else:
        about = [(words(text("Which letters?")), words(WHICH[UNUSED if choice.replace_live else EXPIRED]))]
    return [
        (words(text("Fund")), letter_jobs.fund_name(visit, job.fund)),
        *about,
        (words(text("Letters at the most")), words.number(job.concerned)),
        (words(text("Design")), words(DESIGN_NAMES[choice.design])),
        (words(text("Language")), language),
        (words(text("File")), words(FORMAT_NAMES[choice.format])),
    ]
