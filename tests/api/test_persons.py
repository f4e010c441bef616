"""Persons through the API: found, read, and helped, each with its reason, and nobody of another fund."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.audit.log import AuditEvent
from idp.grants import client_sessions
from idp.people import enrolments, insured, person, portal_identifiers
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from tests.api.conftest import Neighbours
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox, mailbox
from tests.support.programs import Program, problem
from tests.support.tokens import good, start_session

__all__ = ["mailbox"]

REASON = {"reason": "case 4711"}
ACTS = ("disable", "enable", "unlock", "end-sessions", "require-new-password")


@pytest.mark.both_databases
def test_a_person_is_found_by_address_identifier_and_number_of_the_register(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    with provider.database.transaction() as tx:
        kind = portal_identifiers.CUSTOMER
        portal_identifiers.attach(tx, neighbours.rosa, portal="connect-assures", kind=kind, value="756-1234")
        entry = RegisterEntry("4711", "fr", Particulars(given_name="Rosa", family_name="Keller"))
        insured.store_many(tx, "AK00", [entry])
        insured.attach(tx, insured.by_numbers(tx, "AK00", ["4711"])["4711"].id, person_id=neighbours.rosa)

    asked = (
        {"email": "Rosa.Keller@Example.ch"},
        {"portal": "connect-assures", "identifier": "756-1234"},
        {"fund": "AK00", "number": "4711"},
    )
    found = [good(program.post("/persons/search", body))["items"] for body in asked]

    assert [[each["id"] for each in items] for items in found] == [[neighbours.rosa]] * 3


@pytest.mark.parametrize("body", [{}, {"email": "x@example.ch", "fund": "AK00"}, {"portal": "connect-assures"}])
def test_a_search_names_exactly_one_way(program: Program, body: dict[str, str]) -> None:
    problem(program.post("/persons/search", body), "invalid", 422)


def test_a_person_is_shown_as_far_as_they_concern_the_fund(program: Program, neighbours: Neighbours) -> None:
    """Rosa is enrolled at another fund's portal too, which is nobody's business here."""
    program.take_token("persons:read")

    shown = good(program.get(f"/persons/{neighbours.rosa}"))

    assert [each["portal"] for each in shown["portals"]] == ["connect-assures"]
    assert shown["email"] == {"value": "r•••@example.ch", "proved": True}
    assert shown["phone"]["value"].endswith("55")
    assert "3334" not in shown["phone"]["value"].replace(" ", "")
    assert good(program.get(f"/persons/{neighbours.claire}"))["companies"][0]["number"] == "10042"


def test_contact_data_need_a_scope_of_their_own_and_the_look_says_so(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    program.take_token("persons:read contacts:read")

    assert good(program.get(f"/persons/{neighbours.rosa}"))["email"]["value"] == "rosa.keller@example.ch"
    (look,) = events(provider, neighbours.rosa, "PersonLookedUp")
    assert (look.actor, look.details["revealed"]) == ("client:fund-software", True)


@pytest.mark.both_databases
def test_people_of_others_do_not_exist_for_a_program(program: Program, neighbours: Neighbours) -> None:
    """The answer about another fund's person is the one about nobody, to the letter."""
    unknown = "0197d0a0-0000-7000-8000-000000000000"

    def told(person_id: str) -> list[object]:
        answers = [program.get(f"/persons/{person_id}"), program.get(f"/persons/{person_id}/sessions")]
        answers += [program.post(f"/persons/{person_id}/{act}", REASON) for act in ACTS]
        return [{**problem(answer, "not-found", 404), "instance": ""} for answer in answers]

    assert told(neighbours.anne) == told(unknown)
    assert good(program.post("/persons/search", {"email": "anne.rochat@example.ch"})) == {"items": []}
    assert good(program.post("/persons/search", {"email": "nobody@example.ch"})) == {"items": []}


def test_a_search_in_the_register_of_another_fund_is_refused_as_one_of_no_fund(program: Program) -> None:
    for fund in ("AK77", "no-fund"):
        problem(program.post("/persons/search", {"fund": fund, "number": "1"}), "not-found", 404)


def test_a_disabled_account_signs_nobody_in_and_the_person_is_told(
    program: Program, provider: Provider, neighbours: Neighbours, mailbox: Mailbox
) -> None:
    start_session(provider, neighbours.rosa, "connect-assures")

    answer = program.post(f"/persons/{neighbours.rosa}/disable", REASON)

    assert good(answer)["state"] == "disabled"
    assert good(program.get(f"/persons/{neighbours.rosa}/sessions"))["items"] == []
    (event,) = events(provider, neighbours.rosa, "PersonDisabled")
    assert (event.actor, event.details["reason"]) == ("client:fund-software", "case 4711")
    assert mailbox.last(channel="email").to == "rosa.keller@example.ch"
    problem(program.post(f"/persons/{neighbours.rosa}/disable", REASON), "wrong-state", 409)


def test_a_program_enables_what_it_disabled(program: Program, provider: Provider, neighbours: Neighbours) -> None:
    program.post(f"/persons/{neighbours.rosa}/disable", REASON)

    assert good(program.post(f"/persons/{neighbours.rosa}/enable", REASON))["state"] == "active"


def test_a_program_does_not_enable_what_another_disabled(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    """Another fund, or the desk, may know of a theft."""
    program.post(f"/persons/{neighbours.rosa}/disable", REASON)
    program.post(f"/persons/{neighbours.rosa}/enable", REASON)
    with provider.database.transaction() as tx:
        disabling.disable(tx, neighbours.rosa, by=Actor.clerk("anna"), reason="stolen")

    problem(program.post(f"/persons/{neighbours.rosa}/enable", REASON), "decided-elsewhere", 409)
    with provider.database.reading() as tx:
        found = person.by_id(tx, neighbours.rosa)
    assert found is not None
    assert not found.is_active


@pytest.mark.parametrize("act", ["unlock", "end-sessions"])
def test_every_act_is_recorded_with_its_author_and_reason(
    program: Program, provider: Provider, neighbours: Neighbours, act: str
) -> None:
    assert program.post(f"/persons/{neighbours.rosa}/{act}", REASON).status_code == 200

    (event,) = events(provider, neighbours.rosa, "DeskActed")
    assert event.actor == "client:fund-software"
    assert event.details == {"act": act, "reason": "case 4711"}


@pytest.mark.parametrize("reason", ["", "  ", None, "x" * 501])
def test_an_act_without_a_reason_is_refused(program: Program, neighbours: Neighbours, reason: str | None) -> None:
    answer = program.post(f"/persons/{neighbours.rosa}/unlock", {"reason": reason})

    assert [each["pointer"] for each in problem(answer, "invalid", 422)["errors"]] == ["#/reason"]


def test_sessions_are_those_that_reached_the_portals_of_the_program(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    elsewhere = start_session(provider, neighbours.rosa, "e-services")
    here = start_session(provider, neighbours.rosa, "connect-assures")
    reach(provider, here.id, neighbours.rosa, "connect-assures")
    reach(provider, elsewhere.id, neighbours.rosa, "e-services")

    listed = good(program.get(f"/persons/{neighbours.rosa}/sessions"))["items"]
    hidden = program.post(f"/persons/{neighbours.rosa}/sessions/{elsewhere.id}/end", REASON)

    assert [each["id"] for each in listed] == [here.id]
    assert listed[0]["portals"] == ["connect-assures"]
    problem(hidden, "not-found", 404)
    assert program.post(f"/persons/{neighbours.rosa}/sessions/{here.id}/end", REASON).status_code == 204
    assert good(program.get(f"/persons/{neighbours.rosa}/sessions"))["items"] == []


def test_the_people_of_a_portal_are_listed_by_their_ids_alone(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, neighbours.claire, "connect-assures", reason="test")
    path = "/portals/connect-assures/enrolments"

    first = good(program.get(f"{path}?limit=1"))
    second = good(program.get(f"{path}?limit=1&cursor={first['next']}"))

    listed = [*first["items"], *second["items"]]
    assert [each["person"] for each in listed] == sorted([neighbours.rosa, neighbours.claire])
    assert {name for each in listed for name in each} == {"person", "since"}
    assert second["next"] is None


@pytest.mark.both_databases
def test_of_two_acts_at_once_on_one_version_one_is_refused(
    app: Flask, program: Program, neighbours: Neighbours, clock: MovableClock
) -> None:
    path = f"/persons/{neighbours.rosa}/unlock"
    tag = program.get(f"/persons/{neighbours.rosa}").headers["ETag"]
    changing = f"/persons/{neighbours.rosa}/disable"

    def act(_: int) -> int:
        return program.post(changing, REASON, if_match=tag).status_code

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(act, range(4)))

    assert outcomes == [200, 412, 412, 412]
    problem(program.post(path, REASON, if_match=tag), "changed", 412)


def reach(provider: Provider, session_id: str, person_id: str, client_id: str) -> None:
    client = provider.registry.current().client(client_id)
    assert client is not None
    with provider.database.transaction() as tx:
        named = {"session_id": session_id, "person_id": person_id, "subject": person_id}
        client_sessions.open_session(tx, client=client, knows_organisations=False, **named)


def events(provider: Provider, person_id: str, name: str) -> list[AuditEvent]:
    with provider.database.reading() as tx:
        return list(tx.session.scalars(sa.select(AuditEvent).filter_by(person_id=person_id, name=name)))
