"""A job ends together with its files, and one that ends while it is worked on stops no other."""

from threading import Event
from typing import Any

import pytest

from idp.actions import letter_jobs, member_jobs
from idp.audit.log import AuditEvent
from idp.imports.lines import UnusableFile
from idp.invitations.letters.job import LETTER_JOBS, JobState, LetterJob
from idp.jobs.job_files import JobPiece
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from idp.upkeep import job_work, retention
from idp.upkeep.held_job import HeldJob
from idp.upkeep.job_work import JobWork
from tests.api.conftest import Neighbours
from tests.flows.desk.letters import work
from tests.support.clock import MovableClock
from tests.support.programs import Program
from tests.support.tokens import good

MEMBER = {"company": "10042", "email": "nina@example.ch", "given_name": "Nina", "family_name": "Neu"}
LETTERS = "/funds/AK00/letter-jobs"


def ordered(program: Program, path: str, body: dict[str, Any]) -> str:
    answer = program.post(path, {**body, "reason": "register of 3 June"})
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["id"])


@pytest.fixture
def letters(program: Program, provider: Provider) -> list[str]:
    """Two jobs of letters, each to one of these numbers."""
    known = Particulars(given_name="Beat", family_name="Muster", address=("Rue du Lac 12", "1800 Vevey"))
    with provider.database.transaction() as tx:
        insured.store_many(tx, "AK00", [RegisterEntry(number, "fr", known) for number in "12"])
    return [ordered(program, LETTERS, {"numbers": [number]}) for number in "12"]


def reasons(provider: Provider, name: str) -> set[tuple[str, object]]:
    with provider.database.reading() as tx:
        found = tx.session.query(AuditEvent).filter_by(name=name)
        return {(event.actor, event.details["reason"]) for event in found}


@pytest.mark.both_databases
def test_letters_that_nobody_collected_in_time_are_discarded_and_their_readers_can_get_others(
    program: Program, provider: Provider, letters: list[str], clock: MovableClock
) -> None:
    work(provider)
    clock.forward(days=8)

    kinds = retention.purge(provider)

    program.take_token()
    assert (kinds["waiting_letter_jobs"], kinds["letter_files"]) == (2, 0)
    assert [good(program.get(f"{LETTERS}/{job}"))["state"] for job in letters] == ["discarded"] * 2
    assert reasons(provider, "LetterJobDiscarded") == {("worker", letter_jobs.NOT_COLLECTED)}
    again = ordered(program, LETTERS, {"numbers": ["1"]})
    work(provider)
    assert good(program.get(f"{LETTERS}/{again}"))["letters"] == 1


def test_a_job_that_no_worker_did_in_time_is_not_told_to_be_done(
    program: Program, provider: Provider, neighbours: Neighbours, letters: list[str], clock: MovableClock
) -> None:
    members = ordered(program, "/funds/AK01/member-invitations", {"members": [MEMBER]})
    clock.forward(days=8)

    retention.purge(provider)
    work(provider)

    program.take_token()
    ends = [f"{LETTERS}/{letters[0]}", f"/funds/AK01/member-jobs/{members}"]
    assert [good(program.get(address))["state"] for address in ends] == ["discarded"] * 2
    assert reasons(provider, "LetterJobDiscarded") == {("worker", letter_jobs.NOT_MADE)}


def test_a_file_stays_whole_while_something_can_still_come_of_it(
    program: Program, provider: Provider, letters: list[str], clock: MovableClock
) -> None:
    """The order is old and its file is new."""
    clock.forward(days=5)
    work(provider)
    clock.forward(days=5)

    kinds = retention.purge(provider)

    program.take_token()
    assert (kinds["waiting_letter_jobs"], kinds["letter_files"]) == (0, 0)
    assert good(program.post(f"{LETTERS}/{letters[0]}/collect", {}))["parts_left"] == 0
    with provider.database.reading() as tx:
        assert tx.session.query(JobPiece).filter_by(job_id=letters[1]).count() == 1


def test_a_job_that_is_discarded_while_its_fault_is_found_stops_no_other(
    program: Program, provider: Provider, letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = job_work.LETTERS.stages[JobState.DRAWING]

    def drawn(held: HeldJob[LetterJob]) -> None:
        if held.job.id != letters[0]:
            return draw(held)
        assert program.post(f"{LETTERS}/{letters[0]}/discard", {"reason": "by mistake"}).status_code == 204
        raise UnusableFile("this is no table")

    monkeypatch.setitem(job_work.LETTERS.stages, JobState.DRAWING, drawn)  # type: ignore[arg-type]

    JobWork(provider).run_once()

    with provider.database.reading() as tx:
        assert [LETTER_JOBS.read(tx, job).state for job in letters] == ["discarded", "ready"]


def test_a_job_that_loses_its_right_on_the_way_still_names_the_rows_that_brought_nothing(
    program: Program, provider: Provider, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_jobs, "PART", 1)
    job = ordered(program, "/funds/AK01/member-invitations", {"members": [{**MEMBER, "email": "nina@"}, MEMBER]})
    may = iter([True, False])
    monkeypatch.setattr(HeldJob, "may", lambda *_: next(may))

    work(provider)

    told = good(program.get(f"/funds/AK01/member-jobs/{job}"))
    faults = good(program.get(f"/funds/AK01/member-jobs/{job}/faults"))["items"]
    assert (told["state"], told["done"], told["left_out"]) == ("failed", 1, 1)
    assert [each["pointer"] for each in faults] == ["#/members/0/email"]
    with provider.database.reading() as tx:
        assert [each.kind for each in tx.session.query(JobPiece)] == ["faults"]


def test_a_bug_outside_of_a_job_does_not_end_the_work(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, looks = Event(), iter([KeyError("a bug"), None])

    def look(worker: JobWork) -> int:
        if (error := next(looks)) is not None:
            raise error
        stop.set()
        return 0

    monkeypatch.setattr(job_work, "POLL", 0)
    monkeypatch.setattr(JobWork, "run_once", look)

    JobWork(provider, stop).run_forever()

    assert stop.is_set()
