"""Letters for many by the API: a job with progress, every faulty row by its pointer, and parts that come once."""

from collections.abc import Sequence
from typing import Any

import pytest

from idp.actions import letter_jobs as actions
from idp.audit.log import AuditEvent
from idp.jobs.leased_job import MOST_OPEN
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from tests.flows.desk.letters import states, work
from tests.flows.desk.test_letters_for_many import work_until_done_dying_at_each_transaction
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.programs import Program, problem
from tests.support.tokens import good

JOBS = "/funds/AK00/letter-jobs"


@pytest.fixture
def register(provider: Provider) -> list[str]:
    """Numbers of five people who may get a letter."""
    numbers = [f"756.{number}" for number in range(5)]
    with provider.database.transaction() as tx:
        known = Particulars(given_name="Beat", family_name="Muster", address=("Rue du Lac 12", "1800 Vevey"))
        insured.store_many(tx, "AK00", [RegisterEntry(number, "fr", known) for number in numbers])
    return numbers


def order(program: Program, numbers: Sequence[str], **headers: str) -> dict[str, Any]:
    answer = program.post(JOBS, {"numbers": list(numbers), "reason": "first wave"}, **headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def faults(program: Program, job: dict[str, Any], query: str = "") -> dict[str, str]:
    items = good(program.get(f"{JOBS}/{job['id']}/faults{query}"))["items"]
    return {each["pointer"]: each["detail"] for each in items}


@pytest.mark.both_databases
def test_an_order_becomes_letters_that_are_collected_part_by_part(
    program: Program, provider: Provider, register: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PART", 2)
    job = order(program, register)
    assert (job["state"], job["done"], job["total"]) == ("drawing", 0, 5)

    work(provider)
    ready = good(program.get(f"{JOBS}/{job['id']}"))
    parts = [good(program.post(f"{JOBS}/{job['id']}/collect", {})) for _ in range(3)]

    assert (ready["state"], ready["letters"], ready["left_out"]) == ("ready", 5, 0)
    assert [part["parts_left"] for part in parts] == [2, 1, 0]
    assert len({part["document"]["content"] for part in parts}) == 3
    assert parts[0]["document"]["media_type"] == "application/pdf"
    problem(program.post(f"{JOBS}/{job['id']}/collect", {}), "wrong-state", 409)
    with provider.database.reading() as tx:
        assert states(tx) == ["sent"] * 5
        (collected,) = tx.session.query(AuditEvent).filter_by(name="LetterFileCollected")
        assert (collected.actor, collected.details["letters"]) == ("client:fund-software", 5)


def test_every_row_that_brings_no_letter_is_named_by_its_pointer(
    program: Program, provider: Provider, register: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PART", 2)
    monkeypatch.setattr("idp.upkeep.letter_making.PART", 2)
    job = order(program, ["0815", register[0], register[0], register[1], "4711", f" {register[1]} "])

    work(provider)

    nobody, twice = "There is no one in the register with this number.", "An earlier line has the same number."
    assert faults(program, job) == {
        "#/numbers/0": nobody,
        "#/numbers/2": twice,
        "#/numbers/4": nobody,
        "#/numbers/5": twice,
    }
    assert list(faults(program, job, "?limit=2")) == ["#/numbers/0", "#/numbers/2"]
    assert list(faults(program, job, "?limit=2&cursor=3")) == ["#/numbers/4", "#/numbers/5"]
    told = good(program.get(f"{JOBS}/{job['id']}"))
    assert (told["letters"], told["left_out"]) == (2, 4)
    with provider.database.reading() as tx:
        assert len(states(tx)) == 2


@pytest.mark.both_databases
def test_a_worker_that_is_killed_anywhere_is_followed_by_another_and_nothing_is_done_twice(
    program: Program, provider: Provider, register: list[str], clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PART", 2)
    monkeypatch.setattr("idp.upkeep.letter_making.PART", 2)
    job = order(program, [*register, "0815"])

    assert work_until_done_dying_at_each_transaction(provider, clock) > 5

    program.take_token()
    assert good(program.get(f"{JOBS}/{job['id']}"))["letters"] == 5
    assert list(faults(program, job)) == ["#/numbers/5"]
    with provider.database.reading() as tx:
        assert states(tx) == ["created"] * 5


def test_a_repeated_order_makes_one_job_and_a_repeated_collection_brings_the_same_part(
    program: Program, provider: Provider, register: list[str]
) -> None:
    first, again = (order(program, register, idempotency_key="wave-1") for _ in range(2))
    assert first == again
    work(provider)

    part, same = (program.post(f"{JOBS}/{first['id']}/collect", {}, idempotency_key="part-1") for _ in range(2))

    assert part.get_json() == same.get_json()
    assert same.headers["Idempotency-Replayed"] == "true"
    with provider.database.reading() as tx:
        assert states(tx) == ["sent"] * 5


@pytest.mark.both_databases
def test_of_many_who_collect_at_one_moment_each_part_goes_to_one(
    program: Program, provider: Provider, register: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PART", 3)
    job = order(program, register)
    work(provider)
    program.take_token()

    answers = in_parallel(*[lambda: program.post(f"{JOBS}/{job['id']}/collect", {})] * 4)

    handed = [answer.get_json()["document"]["content"] for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(handed) == len(set(handed))


def test_a_discarded_job_brings_nothing(program: Program, provider: Provider, register: list[str]) -> None:
    job = order(program, register)
    assert program.post(f"{JOBS}/{job['id']}/discard", {"reason": "by mistake"}).status_code == 204

    work(provider)

    assert good(program.get(f"{JOBS}/{job['id']}"))["state"] == "discarded"
    problem(program.post(f"{JOBS}/{job['id']}/collect", {}), "wrong-state", 409)
    problem(program.post(f"{JOBS}/{job['id']}/discard", {"reason": "again"}), "wrong-state", 409)
    with provider.database.reading() as tx:
        assert states(tx) == []


def test_a_right_that_left_the_file_ends_a_job_that_waits(
    program: Program, provider: Provider, register: list[str]
) -> None:
    job = order(program, register)
    bend(provider, "fund-software", scope="letters:read")

    work(provider)

    told = good(program.get(f"{JOBS}/{job['id']}"))
    assert (told["state"], told["fault"]) == ("failed", "the file of the program gives it no right to this any more")
    with provider.database.reading() as tx:
        assert states(tx) == []


class TestManyPeople:
    """`desk.second_person_above`"""

    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"desk": {"second_person_above": 1}}

    def test_a_program_orders_letters_for_many_alone(self, program: Program, register: list[str]) -> None:
        assert order(program, register)["state"] == "drawing"


def test_a_job_of_another_fund_does_not_exist(program: Program, register: list[str]) -> None:
    job = order(program, register)

    problem(program.get(f"/funds/AK01/letter-jobs/{job['id']}"), "not-found", 404)
    assert good(program.get("/funds/AK01/letter-jobs"))["items"] == []
    assert [each["id"] for each in good(program.get(JOBS))["items"]] == [job["id"]]


def test_only_so_many_jobs_of_a_fund_are_open(program: Program, register: list[str]) -> None:
    for _ in range(MOST_OPEN):
        order(program, register)

    problem(program.post(JOBS, {"numbers": register, "reason": "more"}), "wrong-state", 409)
