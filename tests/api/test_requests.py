"""The form of requests and answers: faults all at once, versions, and requests that happen once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.api import idempotency
from idp.api.idempotency import IdempotentRequest
from idp.api.problem import ApiProblem
from idp.api.rights import SCOPES
from idp.audit.log import AuditEvent
from idp.clients.client import ApiAccess
from idp.provider import Provider
from idp.upkeep import resealing, retention
from tests.api.conftest import Neighbours
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.programs import API, Program, problem
from tests.support.tokens import good

REASON = {"reason": "case 4711"}


def test_every_fault_of_a_body_is_told_with_its_place(program: Program) -> None:
    """RFC 9457 §3, RFC 6901"""
    body = {"email": 1, "nonsense/~": 2, "fund": ""}

    told = problem(program.post("/persons/search", body), "invalid", 422)

    assert {each["pointer"] for each in told["errors"]} == {"#/email", "#/nonsense~1~0", "#/fund"}
    assert all(each["detail"] for each in told["errors"])
    assert told["instance"].startswith("urn:vestibule:request:")


def test_every_fault_of_a_query_is_told_with_its_name(program: Program) -> None:
    told = problem(program.get("/persons/x?colour=red&limit=2"), "invalid", 422)

    assert [each["parameter"] for each in told["errors"]] == ["colour", "limit"]


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"email": "\\ud800"}', b'{"email": 1e999}', b'{"a": NaN}'])
def test_what_is_no_json_is_refused(program: Program, body: bytes) -> None:
    path = "/persons/search"
    headers = {**program.headers(path, "POST"), "Content-Type": "application/json"}

    problem(program.http.post(API + path, data=body, headers=headers), "malformed", 400)


def test_a_body_of_another_type_is_refused(program: Program) -> None:
    path = "/persons/search"

    answer = program.http.post(API + path, data={"email": "x@example.ch"}, headers=program.headers(path, "POST"))

    problem(answer, "not-json", 415)


def test_refusals_around_an_operation_have_the_same_form(program: Program) -> None:
    path = "/persons/search"
    headers = program.headers(path, "POST")

    problem(program.http.get(API + "/nothing/here"), "not-found", 404)
    wrong = program.http.delete(API + path)
    problem(wrong, "method-not-allowed", 405)
    assert wrong.headers["Allow"] == "POST"
    problem(program.http.post(API + path, json={"email": "x" * 300_000}, headers=headers), "too-large", 413)
    problem(program.http.post(API + path + "?a=%00", headers=headers), "malformed", 400)


def test_a_bug_says_nothing_about_itself(app: Flask, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("idp.api.visibility.find", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    answer = program.post("/persons/search", {"email": "x@example.ch"})

    problem(answer, "fault", 500)
    assert "secret" not in answer.text


def test_an_answer_that_is_known_is_not_sent_again(program: Program, neighbours: Neighbours) -> None:
    """RFC 9110 §13.1, §13.1.2"""
    path = f"/persons/{neighbours.rosa}"
    tag = program.get(path).headers["ETag"]

    answer = program.get(path, if_none_match=tag)

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)


def test_an_act_on_an_older_version_is_refused(program: Program, neighbours: Neighbours) -> None:
    """RFC 9110 §13.1.1"""
    path = f"/persons/{neighbours.rosa}"
    tag = program.get(path).headers["ETag"]
    program.post(f"{path}/disable", REASON, if_match=tag)

    problem(program.post(f"{path}/enable", REASON, if_match=tag), "changed", 412)
    assert good(program.get(path))["state"] == "disabled"


@pytest.mark.both_databases
def test_a_request_with_the_same_key_happens_once(program: Program, provider: Provider, neighbours: Neighbours) -> None:
    path = f"/persons/{neighbours.rosa}/disable"

    first, second = (program.post(path, REASON, idempotency_key="k-1") for _ in range(2))

    assert good(first) == good(second)
    assert first.headers["ETag"] == second.headers["ETag"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert disabled(provider) == 1


def test_a_key_belongs_to_one_request(program: Program, neighbours: Neighbours) -> None:
    path = f"/persons/{neighbours.rosa}/unlock"
    program.post(path, REASON, idempotency_key="k-1")

    problem(program.post(path, {"reason": "case 9"}, idempotency_key="k-1"), "key-reused", 422)
    other = f"/persons/{neighbours.claire}/unlock"
    problem(program.post(other, REASON, idempotency_key="k-1"), "key-reused", 422)


def test_a_key_belongs_to_one_program(
    app: Flask, program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    claimed = idempotency.claim(provider.database, "another-program", "k-1", "x")

    assert isinstance(claimed, idempotency.Claim)
    assert program.post(f"/persons/{neighbours.rosa}/unlock", REASON, idempotency_key="k-1").status_code == 200


def test_a_key_is_free_again_after_a_refusal(program: Program, neighbours: Neighbours) -> None:
    path = f"/persons/{neighbours.rosa}/enable"
    problem(program.post(path, REASON, idempotency_key="k-1"), "wrong-state", 409)
    program.post(f"/persons/{neighbours.rosa}/disable", REASON)

    assert program.post(path, REASON, idempotency_key="k-1").status_code == 200


NINA = {"email": "nina.neu@example.ch", "given_name": "Nina", "family_name": "Neu", **REASON}


def test_a_kept_answer_is_not_repeated_to_a_program_that_lost_the_right_to_its_contact_data(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    path = "/funds/AK01/companies/10042/members"
    assert program.post(path, NINA, idempotency_key="k-1").get_json()["email"] == NINA["email"]
    scope = " ".join(sorted(SCOPES.keys() - {"contacts:read"}))
    bend(provider, "fund-software", scope=scope)

    refused = problem(program.post(path, NINA, idempotency_key="k-1"), "missing-scope", 403)

    assert "contacts:read" in refused["detail"]
    assert NINA["email"] not in str(refused)


@pytest.mark.parametrize(
    "reach",
    [{"funds": ("AK00", "AK01")}, {"portals": ("connect-assures",)}],
    ids=["a portal left the file", "a fund left the file"],
)
def test_a_kept_answer_is_not_repeated_to_a_program_whose_reach_became_smaller(
    program: Program, provider: Provider, neighbours: Neighbours, reach: dict[str, tuple[str, ...]]
) -> None:
    path = f"/persons/{neighbours.rosa}/disable"
    good(program.post(path, REASON, idempotency_key="k-1"))
    bend(provider, "fund-software", api=ApiAccess(**reach))

    problem(program.post(path, REASON, idempotency_key="k-1"), "not-found", 404)


def test_a_kept_answer_is_repeated_to_a_program_that_gained_rights(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    path = f"/persons/{neighbours.rosa}/disable"
    program.take_token("persons:write")
    first = program.post(path, REASON, idempotency_key="k-1")
    program.take_token()

    again = program.post(path, REASON, idempotency_key="k-1")

    assert good(first) == good(again)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_right_that_left_the_file_is_asked_before_a_kept_answer(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    path = f"/persons/{neighbours.rosa}/disable"
    good(program.post(path, REASON, idempotency_key="k-1"))
    bend(provider, "fund-software", scope="persons:read")

    problem(program.post(path, REASON, idempotency_key="k-1"), "missing-scope", 403)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_unusable_key_is_refused(program: Program, neighbours: Neighbours, key: str) -> None:
    path = f"/persons/{neighbours.rosa}/unlock"

    problem(program.post(path, REASON, idempotency_key=key), "malformed", 400)


@pytest.mark.both_databases
def test_of_two_at_once_one_waits_for_nothing(provider: Provider) -> None:
    """The second is told to come back, and acts on nothing."""

    def attempt(_: int) -> object:
        try:
            return idempotency.claim(provider.database, "fund-software", "k-1", "POST", "/x")
        except ApiProblem as refused:
            return refused.kind.name

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(4)))

    assert sum(isinstance(each, idempotency.Claim) for each in outcomes) == 1
    assert outcomes.count("in-progress") == 3


@pytest.mark.both_databases
def test_a_claim_of_a_process_that_died_is_taken_over_and_its_late_answer_is_lost(
    provider: Provider, clock: MovableClock
) -> None:
    died = idempotency.claim(provider.database, "fund-software", "k-1", "x")
    clock.forward(seconds=61)
    taken = idempotency.claim(provider.database, "fund-software", "k-1", "x")
    assert isinstance(died, idempotency.Claim)
    assert isinstance(taken, idempotency.Claim)

    with pytest.raises(ApiProblem), provider.database.transaction() as tx:
        idempotency.keep(tx, died, idempotency.KeptAnswer(status=200))
    with provider.database.transaction() as tx:
        idempotency.keep(tx, taken, idempotency.KeptAnswer(status=201, body="{}"))
    found = idempotency.claim(provider.database, "fund-software", "k-1", "x")
    assert found == idempotency.KeptAnswer(status=201, body="{}")


@pytest.mark.both_databases
def test_an_answer_is_kept_for_a_day_and_sealed(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    program.post(f"/persons/{neighbours.rosa}/disable", REASON, idempotency_key="k-1")
    assert "Rosa" not in stored(provider).answer
    clock.forward(hours=23)
    assert retention.purge(provider)["idempotent_requests"] == 0
    clock.forward(hours=2)

    assert retention.purge(provider)["idempotent_requests"] == 1


def test_an_answer_outlives_the_rotation_of_its_key(
    program: Program, provider: Provider, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/persons/{neighbours.rosa}/disable"
    program.post(path, REASON, idempotency_key="k-1")
    keys: dict[str, Any] = {"test": b"0123456789abcdef0123456789abcdef", "next": b"fedcba9876543210fedcba9876543210"}
    monkeypatch.setattr(provider.sealer, "_keys", keys)
    monkeypatch.setattr(provider.sealer, "active", "next")

    assert resealing.reseal(provider)["answers of the API"].resealed == 1
    assert stored(provider).answer.startswith("next.")
    assert program.post(path, REASON, idempotency_key="k-1").headers["Idempotency-Replayed"] == "true"


def stored(provider: Provider) -> IdempotentRequest:
    with provider.database.reading() as tx:
        return tx.session.scalars(sa.select(IdempotentRequest)).one()


def disabled(provider: Provider) -> int:
    with provider.database.reading() as tx:
        return len(tx.session.scalars(sa.select(AuditEvent).filter_by(name="PersonDisabled")).all())
