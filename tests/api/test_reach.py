"""Nothing of another fund or portal can be read, counted or guessed: every address is tried."""

import pytest

from idp.api.operation import PARAMETER, Operation
from idp.api.routes import OPERATIONS
from idp.audit.events.people import LegacyAccountMigrated, PersonEnabled
from idp.audit.log import record
from idp.database import Origin
from idp.people.legacy import CONTESTED, LegacyAccount
from idp.provider import Provider
from tests.api.conftest import Neighbours
from tests.support.clock import MovableClock
from tests.support.programs import API, Program, named, problem
from tests.support.tokens import good

UNKNOWN = "0197d0a0-0000-7000-8000-000000000000"
WITH_A_PLACE = [each for each in OPERATIONS if {"fund", "portal"} & set(each.parameters)]


def asked(program: Program, operation: Operation, **names: str) -> dict[str, object]:
    """The refusal of an address, without the number of the request."""
    path = PARAMETER.sub(lambda found: names.get(found[1], UNKNOWN), operation.path)
    headers = {**program.headers(path, operation.method), **named({"if_match": "*"})}
    body = {"json": {"reason": "x"}} if operation.takes_body else {}
    answer = program.http.open(API + path, method=operation.method, headers=headers, **body)
    return {**problem(answer, "not-found", 404), "instance": ""}


def test_other_funds_and_portals_are_answered_like_unknown_ones(program: Program) -> None:
    """E-services and the fund AK99 are none of the program's; neither is what does not exist."""
    told = [
        asked(program, operation, fund=fund, portal=portal)
        for operation in WITH_A_PLACE
        for fund, portal in (("AK99", "e-services"), ("nonsense", "nonsense"))
    ]

    assert len(told) > 40
    assert all(each == told[0] for each in told)


def test_every_operation_names_whose_it_is(program: Program) -> None:
    """A person, a fund or a portal stands in each address, so that one place checks it."""
    places = ({"fund"}, {"portal"}, {"person"})
    without = [each.path for each in OPERATIONS if not any(place <= set(each.parameters) for place in places)]

    assert without == ["/persons/search", "/statistics", "/webhooks/replay"]  # within the reach of the caller alone


@pytest.mark.both_databases
def test_former_accounts_are_those_of_the_own_portal(program: Program, provider: Provider) -> None:
    with provider.database.transaction() as tx:
        for number, portal in (("1", "connect-assures"), ("2", "connect-assures"), ("3", "e-services")):
            row = LegacyAccount(id=number, portal=portal, identifier=f"N{number}", key=f"n{number}")
            row.imported_at, row.state = tx.now, CONTESTED
            tx.add(row)
    path = "/portals/connect-assures/former-accounts"

    first = good(program.get(f"{path}?limit=1"))
    second = good(program.get(f"{path}?cursor={first['next']}"))

    assert [each["identifier"] for each in (*first["items"], *second["items"])] == ["N1", "N2"]
    assert good(program.post(f"{path}/n1/reopen", {"reason": "identity checked"}))["state"] == "open"
    problem(program.post(f"{path}/N1/reopen", {"reason": "again"}), "wrong-state", 409)
    problem(program.get(f"{path}/N3"), "not-found", 404)


@pytest.mark.both_databases
def test_a_feed_of_events_is_followed_by_its_cursor(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    path = "/portals/connect-assures/events"
    clock.forward(seconds=61)
    first = good(program.get(path))
    with provider.database.transaction() as tx:
        record(tx, LegacyAccountMigrated(person_id=neighbours.rosa, client_id="connect-assures", legacy_account_id="1"))

    assert [each["name"] for each in first["items"]] == ["Enrolled"]
    assert good(program.get(f"{path}?cursor={first['next']}"))["items"] == []  # not settled yet
    clock.forward(seconds=61)
    second = good(program.get(f"{path}?cursor={first['next']}"))
    assert [each["name"] for each in second["items"]] == ["LegacyAccountMigrated"]


def test_the_events_of_a_person_are_those_that_concern_the_fund(
    program: Program, provider: Provider, neighbours: Neighbours, clock: MovableClock
) -> None:
    """Rosa is enrolled at e-services too; a clerk of another fund has acted for her."""
    program.post(f"/persons/{neighbours.rosa}/unlock", {"reason": "case 1"})
    with provider.database.transaction(Origin(actor="client:another-fund")) as tx:
        record(tx, PersonEnabled(person_id=neighbours.rosa, reason="case of another fund"))
    clock.forward(seconds=61)

    found = good(program.get(f"/persons/{neighbours.rosa}/events"))["items"]

    assert [(each["name"], each["portal"], each["author"]) for each in found] == [
        ("PhoneChanged", None, None),
        ("Enrolled", "connect-assures", None),
        ("DeskActed", None, "client"),
    ]
