"""Many members by the API: a job with progress, every row that brought nothing by its pointer, each row done once."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.actions import member_jobs as actions
from idp.audit.log import AuditEvent
from idp.jobs.job_files import JobPiece
from idp.jobs.leased_job import MOST_OPEN
from idp.messages.outbox import OutboxRow
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from idp.upkeep import retention
from tests.api.conftest import Neighbours
from tests.flows.desk.letters import work
from tests.flows.desk.test_letters_for_many import work_until_done_dying_at_each_transaction
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.people import person
from tests.support.programs import Program, problem
from tests.support.tokens import good

INVITATIONS = "/funds/AK01/member-invitations"
CHANGES = "/funds/AK01/member-changes"
JOBS = "/funds/AK01/member-jobs"


@pytest.fixture(autouse=True)
def _two_rows_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PART", 2)


def invited(number: int, **changes: Any) -> dict[str, Any]:
    names = {"given_name": "Nina", "family_name": "Neu"}
    return {"company": "10042", "email": f"nina{number}@example.ch", **names, **changes}


def order(program: Program, path: str, members: list[dict[str, Any]], **headers: str) -> TestResponse:
    return program.post(path, {"members": members, "reason": "register of 3 June"}, **headers)


def ordered(program: Program, path: str, members: list[dict[str, Any]], **headers: str) -> dict[str, Any]:
    answer = order(program, path, members, **headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def read(program: Program, job: dict[str, Any]) -> dict[str, Any]:
    return good(program.get(f"{JOBS}/{job['id']}"))


def faults(program: Program, job: dict[str, Any]) -> dict[str, str]:
    items = good(program.get(f"{JOBS}/{job['id']}/faults"))["items"]
    return {each["pointer"]: each["detail"] for each in items}


def addresses(provider: Provider, company: str) -> list[str]:
    with provider.database.reading() as tx:
        found = memberships.of_organisation(tx, company)
    return sorted(each.email for each in found if each.membership.state == "invited")


@pytest.fixture
def luca(provider: Provider, neighbours: Neighbours) -> str:
    """The membership of a user of the company."""
    with provider.database.transaction() as tx:
        joined = person(tx, "luca.bernasconi@example.ch", given_name="Luca")
        return memberships.join(tx, neighbours.company, joined.id, Rights(topics=("salaries",))).id


@pytest.fixture
def claire(provider: Provider, neighbours: Neighbours) -> str:
    """The membership of the only administrator of the company."""
    with provider.database.reading() as tx:
        found = memberships.of_organisation(tx, neighbours.company)
    return next(each.membership.id for each in found if each.membership.is_administrator)


@pytest.mark.both_databases
def test_an_order_invites_everybody_with_a_mail_and_the_programs_reason(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    job = ordered(program, INVITATIONS, [invited(number) for number in range(5)])
    assert (job["kind"], job["state"], job["done"], job["total"]) == ("invite", "working", 0, 5)

    work(provider)

    told = read(program, job)
    assert (told["state"], told["done"], told["changed"], told["left_out"]) == ("finished", 5, 5, 0)
    assert addresses(provider, neighbours.company) == [f"nina{number}@example.ch" for number in range(5)]
    with provider.database.reading() as tx:
        assert tx.session.query(OutboxRow).filter_by(kind="email").count() == 5
        issued = tx.session.query(AuditEvent).filter_by(name="RegistrationCodeIssued").all()
        authors = {(each.actor, each.details["reason"]) for each in issued}
        (finished,) = tx.session.query(AuditEvent).filter_by(name="MemberJobFinished")
    assert authors == {("client:fund-software", "register of 3 June")}
    assert finished.details["changed"] == 5


def test_every_row_that_brings_nothing_is_named_with_all_its_faults_and_the_others_are_done(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    with provider.database.transaction() as tx:
        organisation.close(tx, organisation.register(tx, fund="AK01", number="2", name="Closed SA").id)
        organisation.register(tx, fund="AK02", number="3", name="Of another fund SA")
    rows = [
        invited(1),
        invited(1, email="NINA1@example.ch"),
        invited(2, company="4711"),
        invited(3, company="2"),
        invited(4, email="no address", family_name="<b>", topics=["salaries", "nothing"]),
        invited(5, email="claire.favre@example.ch"),
        invited(6, company="3"),
        invited(7),
    ]
    job = ordered(program, INVITATIONS, rows)

    work(provider)

    found = faults(program, job)
    assert sorted(found) == [
        "#/members/1/email",
        "#/members/2/company",
        "#/members/3/company",
        "#/members/4/email",
        "#/members/4/family_name",
        "#/members/4/topics/1",
        "#/members/5/email",
        "#/members/6/company",
    ]
    assert found["#/members/2/company"] == found["#/members/6/company"] == "The fund has no such company."
    told = read(program, job)
    assert (told["state"], told["changed"], told["left_out"]) == ("finished", 2, 6)
    assert addresses(provider, neighbours.company) == ["nina1@example.ch", "nina7@example.ch"]


def test_faults_come_page_by_page_and_none_is_lost_between_two(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    job = ordered(program, INVITATIONS, [invited(n, email="no@", given_name="<", family_name="<") for n in range(3)])
    work(provider)

    seen: list[str] = []
    query = "?limit=2"
    while query:
        page = good(program.get(f"{JOBS}/{job['id']}/faults{query}"))
        seen += [each["pointer"] for each in page["items"]]
        query = f"?limit=2&cursor={page['next']}" if page["next"] else ""

    assert seen == [f"#/members/{n}/{name}" for n in range(3) for name in ("email", "given_name", "family_name")]


@pytest.mark.both_databases
def test_members_are_given_rights_deactivated_and_reactivated_and_a_last_administrator_stays(
    program: Program, provider: Provider, neighbours: Neighbours, luca: str, claire: str
) -> None:
    rights = {"act": "set-rights", "administrator": False, "topics": ["salaries", "allowances"]}
    rows = [
        {"company": "10042", "member": luca, **rights},
        {"company": "10042", "member": claire, "act": "deactivate"},
        {"company": "10042", "member": luca, "act": "deactivate"},
        {"company": "10042", "member": luca, "act": "deactivate"},
        {"company": "10042", "member": luca, "act": "reactivate"},
        {"company": "10042", "member": luca, **rights, "topics": ["nothing"]},
        {"company": "10042", "member": "nobody", "act": "deactivate"},
    ]
    job = ordered(program, CHANGES, rows)

    work(provider)

    found = faults(program, job)
    assert found.pop("#/members/5/topics/0").endswith("is expected")
    assert found == {
        "#/members/1/member": "The company would be left without an administrator.",
        "#/members/3/member": "The member is not in the state that this needs.",
        "#/members/6/member": "The company has no such member.",
    }
    with provider.database.reading() as tx:
        member = memberships.by_id(tx, luca)
        assert member is not None
        assert (member.state, sorted(member.topics)) == ("active", ["allowances", "salaries"])


def test_a_member_of_another_company_is_not_reached_by_naming_an_own_one(
    program: Program, provider: Provider, neighbours: Neighbours, luca: str
) -> None:
    with provider.database.transaction() as tx:
        organisation.register(tx, fund="AK01", number="7", name="Other SA")
    job = ordered(program, CHANGES, [{"company": "7", "member": luca, "act": "deactivate"}])

    work(provider)

    assert faults(program, job) == {"#/members/0/member": "The company has no such member."}
    with provider.database.reading() as tx:
        member = memberships.by_id(tx, luca)
        assert member is not None
        assert member.state == "active"


def test_rights_that_an_act_lacks_or_does_not_set_are_refused_at_once(program: Program, neighbours: Neighbours) -> None:
    rows = [
        {"company": "10042", "member": "a", "act": "set-rights", "topics": []},
        {"company": "10042", "member": "b", "act": "deactivate", "administrator": True},
        {"company": "10042", "member": "c", "act": "erase"},
    ]

    unknown, wrong = (problem(order(program, CHANGES, some), "invalid", 422) for some in (rows, rows[:2]))

    assert [each["pointer"] for each in unknown["errors"]] == ["#/members/2/act"]
    assert [each["pointer"] for each in wrong["errors"]] == ["#/members/0/administrator", "#/members/1/administrator"]


@pytest.mark.both_databases
def test_a_worker_that_is_killed_anywhere_is_followed_by_another_and_nobody_is_invited_twice(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    job = ordered(program, INVITATIONS, [*(invited(number) for number in range(5)), invited(9, company="4711")])

    assert work_until_done_dying_at_each_transaction(provider, clock) > 2

    program.take_token()
    told = read(program, job)
    assert (told["state"], told["changed"], told["left_out"]) == ("finished", 5, 1)
    with provider.database.reading() as tx:
        assert tx.session.query(AuditEvent).filter_by(name="MemberInvited").count() == 5


def test_a_repeated_order_makes_one_job(program: Program, neighbours: Neighbours) -> None:
    first, again = (ordered(program, INVITATIONS, [invited(1)], idempotency_key="june") for _ in range(2))

    assert first == again
    assert [each["id"] for each in good(program.get(JOBS))["items"]] == [first["id"]]


def test_a_right_that_left_the_file_ends_a_job_that_waits(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    job = ordered(program, INVITATIONS, [invited(1)])
    bend(provider, "fund-software", scope="memberships:read")

    work(provider)

    told = read(program, job)
    assert (told["state"], told["fault"]) == ("failed", "the file of the program gives it no right to this any more")
    assert addresses(provider, neighbours.company) == []


@pytest.mark.parametrize(
    ("path", "scope"), [(INVITATIONS, "invitations:write"), (CHANGES, "memberships:write")], ids=["invite", "change"]
)
def test_an_order_needs_the_right_of_the_single_act(
    program: Program, neighbours: Neighbours, path: str, scope: str
) -> None:
    program.take_token("memberships:read")

    assert scope in problem(order(program, path, [invited(1)]), "missing-scope", 403)["detail"]


def test_a_program_that_only_invites_follows_and_ends_its_jobs_and_no_others(
    program: Program, neighbours: Neighbours, luca: str
) -> None:
    change = {"company": "10042", "member": luca, "act": "deactivate"}
    others = ordered(program, CHANGES, [change])
    program.take_token("invitations:read invitations:write")
    own = ordered(program, INVITATIONS, [invited(1)])

    assert read(program, own)["state"] == "working"
    assert faults(program, own) == {}
    assert program.post(f"{JOBS}/{own['id']}/discard", {"reason": "by mistake"}).status_code == 204
    for place in ("", "/faults"):
        problem(program.get(f"{JOBS}/{others['id']}{place}"), "missing-scope", 403)
    refused = program.post(f"{JOBS}/{others['id']}/discard", {"reason": "x"})
    assert "memberships:write" in problem(refused, "missing-scope", 403)["detail"]


def test_a_fund_and_a_job_of_others_do_not_exist(program: Program, neighbours: Neighbours) -> None:
    job = ordered(program, INVITATIONS, [invited(1)])

    problem(order(program, "/funds/AK02/member-invitations", [invited(1)]), "not-found", 404)
    for place in ("", "/faults"):
        problem(program.get(f"/funds/AK00/member-jobs/{job['id']}{place}"), "not-found", 404)
    problem(program.post(f"/funds/AK00/member-jobs/{job['id']}/discard", {"reason": "x"}), "not-found", 404)
    assert good(program.get("/funds/AK00/member-jobs"))["items"] == []


def test_the_limit_of_invitations_of_a_company_holds_for_jobs_too(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    with provider.database.transaction() as tx:
        for _ in range(provider.limiter.times("company_invitations") - 1):
            provider.limiter.debit(tx, "company_invitations", neighbours.company)
    job = ordered(program, INVITATIONS, [invited(1), invited(2)])

    work(provider)

    assert faults(program, job) == {"#/members/1/company": "The company has had too many invitations today."}
    assert addresses(provider, neighbours.company) == ["nina1@example.ch"]


def test_a_discarded_job_invites_nobody(program: Program, provider: Provider, neighbours: Neighbours) -> None:
    job = ordered(program, INVITATIONS, [invited(1)])
    assert program.post(f"{JOBS}/{job['id']}/discard", {"reason": "by mistake"}).status_code == 204

    work(provider)

    assert read(program, job)["state"] == "discarded"
    problem(program.post(f"{JOBS}/{job['id']}/discard", {"reason": "again"}), "wrong-state", 409)
    assert addresses(provider, neighbours.company) == []


def test_only_so_many_jobs_of_a_fund_are_open(program: Program, neighbours: Neighbours) -> None:
    for _ in range(MOST_OPEN):
        ordered(program, INVITATIONS, [invited(1)])

    problem(order(program, INVITATIONS, [invited(1)]), "wrong-state", 409)


def test_rows_are_sealed_until_they_are_worked_off_and_faults_hold_no_value_and_go_after_a_week(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    job = ordered(program, INVITATIONS, [invited(1), invited(2, email="secret address")])
    with provider.database.reading() as tx:
        assert "nina1" not in str([each.sealed for each in tx.session.query(JobPiece)])

    work(provider)

    assert "secret" not in str(faults(program, job))
    with provider.database.reading() as tx:
        assert [each.kind for each in tx.session.query(JobPiece)] == ["faults"]
    clock.forward(days=8)
    assert retention.purge(provider)["letter_files"] == 1
