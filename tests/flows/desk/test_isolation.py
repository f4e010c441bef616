"""Nothing of another fund can be found, counted or guessed: every term and every address is tried."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.grants import client_sessions
from idp.messages.outbox import OutboxRow
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from idp.staff.appointments import ALLOWED, Act, Appointment, Role, may, scope_of
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import PORTALS, Fund, find, fund, hits, open_record
from tests.support.browser import Browser
from tests.support.tokens import start_session

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ours(provider: Provider) -> Fund:
    return fund(provider, "AK01", "Rochat")


@pytest.fixture
def theirs(provider: Provider) -> Fund:
    return fund(provider, "AK00", "Zbinden")


@pytest.fixture
def clerk(desk: Desk) -> Browser:
    return desk.works(Role.CLERK, fund="AK01")


@pytest.fixture
def supervisor(desk: Desk) -> Browser:
    return desk.works(Role.SUPERVISOR, fund="AK01")


def statements(provider: Provider) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engines = {provider.database.reading_engine, provider.database.writing_engine}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_everything_of_ones_own_fund_is_found(clerk: Browser, ours: Fund, theirs: Fund) -> None:
    for term in ours.terms:
        assert hits(find(clerk, term)), term


def test_nothing_of_another_fund_is_found_whatever_is_typed(supervisor: Browser, ours: Fund, theirs: Fund) -> None:
    nobody = find(supervisor, "nobody@example.ch").text.replace("nobody@example.ch", "")
    for term in theirs.terms:
        page = find(supervisor, term)
        assert hits(page) == [], term
        assert page.text == nobody


def test_a_record_of_another_fund_answers_like_one_that_does_not_exist(
    supervisor: Browser, provider: Provider, ours: Fund, theirs: Fund
) -> None:
    supervisor.get("/desk")
    form = {"csrf_token": supervisor.page.value("csrf_token"), "reason": "x", "email": "a@example.ch"}
    below = {
        "people": ("", "/reveal", "/acts/disable", "/acts/erase", "/acts/nothing"),
        "companies": ("", "/invite", "/replace"),
        "insured": ("", "/letter", "/withdraw"),
    }
    for counted in statements(provider):
        for kind, subject in theirs.records.items():
            for rest in below[kind]:
                answers = []
                for each in (subject, "00000000-0000-7000-8000-000000000000"):
                    counted.clear()
                    address = f"/desk/{kind}/{each}{rest}"
                    page = supervisor.post(address, form) if rest else supervisor.get(address)
                    answers.append((page.status, page.text, list(counted)))
                assert answers[0] == answers[1], (kind, rest)
                assert answers[0][0] == 404, (kind, rest)


def test_opening_by_a_guessed_id_finds_nobody_of_another_fund(supervisor: Browser, theirs: Fund) -> None:
    supervisor.get("/desk")
    form = {"csrf_token": supervisor.page.value("csrf_token"), "reason": "x"}
    for kind, subject in (("person", theirs.person), ("company", theirs.company), ("insured", theirs.insured)):
        assert supervisor.post("/desk", {**form, "open": f"{kind}:{subject}"}).status == 404


def test_what_another_fund_did_with_a_shared_person_is_not_shown(
    desk: Desk, clerk: Browser, provider: Provider, ours: Fund, theirs: Fund
) -> None:
    with provider.database.transaction() as tx:
        memberships.join(tx, ours.company, theirs.person, Rights())

    page = open_record(clerk, f"/desk/people/{theirs.person}")

    assert "Rochat SA" in page.text
    assert "Zbinden SA" not in page.text
    assert theirs.event not in page.text
    assert hits(find(clerk, theirs.event)) == []


def test_the_words_of_another_funds_staff_are_not_read_here(
    desk: Desk, clerk: Browser, provider: Provider, ours: Fund, theirs: Fund
) -> None:
    other = desk.works(Role.CLERK, fund="AK00")
    open_record(other, f"/desk/people/{theirs.person}", reason="secret of AK00")
    other.get(f"/desk/people/{theirs.person}/acts/disable")
    other.fill(reason="secret of AK00").press("confirm")
    with provider.database.transaction() as tx:
        memberships.join(tx, ours.company, theirs.person, Rights())
        tx.session.query(OutboxRow).update({"client_id": "connect-assures"})

    page = open_record(clerk, f"/desk/people/{theirs.person}")

    assert "The account was deactivated on" in page.text
    assert "Another helpdesk" in page.text
    assert "secret of AK00" not in page.text
    assert "z•••@example.ch" not in page.text.partition("Messages")[2]
    assert page.text.count("Record opened by the helpdesk") == 1  # our own look


def test_the_words_of_another_funds_program_are_not_read_here(
    clerk: Browser, provider: Provider, ours: Fund, theirs: Fund
) -> None:
    with provider.database.transaction() as tx:
        memberships.join(tx, ours.company, theirs.person, Rights())
        program = Actor.client("program-of-ak00")
        assert disabling.disable(tx, theirs.person, by=program, reason="secret of AK00") is not None

    page = open_record(clerk, f"/desk/people/{theirs.person}")

    assert "The account was deactivated on" in page.text
    assert "secret of AK00" not in page.text


def test_a_session_is_shown_only_where_it_reached_a_portal_that_is_seen(
    desk: Desk, clerk: Browser, provider: Provider, ours: Fund, theirs: Fund
) -> None:
    """The portals of both funds share one session (`sso_group`)."""
    with provider.database.transaction() as tx:
        memberships.join(tx, ours.company, theirs.person, Rights())
    session = start_session(provider, theirs.person, PORTALS["AK00"])
    client = provider.registry.current().client(PORTALS["AK00"])
    assert client is not None
    with provider.database.transaction() as tx:
        named = {"session_id": session.id, "person_id": theirs.person, "subject": "sub"}
        client_sessions.open_session(tx, client=client, knows_organisations=False, **named)

    other = desk.works(Role.CLERK, fund="AK00")
    address = f"/desk/people/{theirs.person}"

    assert "Signed-in devices" in open_record(other, address).text
    assert "Signed-in devices" not in open_record(clerk, address).text


def test_a_shared_person_is_deleted_by_nobody_who_does_not_see_all_of_them(
    supervisor: Browser, provider: Provider, ours: Fund, theirs: Fund
) -> None:
    assert open_record(supervisor, f"/desk/people/{ours.person}").by_id("erase")
    with provider.database.transaction() as tx:
        memberships.join(tx, theirs.company, ours.person, Rights())

    assert not supervisor.get(f"/desk/people/{ours.person}").by_id("erase")
    assert supervisor.get(f"/desk/people/{ours.person}/acts/erase").status == 404


def test_an_operator_sees_no_personal_data(desk: Desk, ours: Fund) -> None:
    operator = desk.works(Role.OPERATOR)

    assert operator.get("/desk").by_id("search") is None
    for kind, subject in ours.records.items():
        assert operator.get(f"/desk/{kind}/{subject}").status == 403


def test_the_table_of_roles_is_what_it_promises() -> None:
    order = (Role.READER, Role.CLERK, Role.SUPERVISOR)
    assert ALLOWED[Role.READER] == {Act.SEE}
    for lesser, greater in pairwise(order):
        assert ALLOWED[lesser] < ALLOWED[greater]
    assert ALLOWED[Role.OPERATOR].isdisjoint(ALLOWED[Role.SUPERVISOR])


def test_a_role_counts_at_its_own_place_only(provider: Provider) -> None:
    registry = provider.registry.current()
    mixed = (Appointment(Role.SUPERVISOR, fund="AK00"), Appointment(Role.READER, fund="AK01"))

    assert may(mixed, Act.ERASE, registry, fund="AK00")
    assert not may(mixed, Act.ERASE, registry, fund="AK01")
    assert scope_of(mixed, Act.SEE, registry).funds == {"AK00", "AK01"}
    assert scope_of((Appointment(Role.CLERK, portal="connect"),), Act.SEE, registry).funds == {"AK01"}
    assert not scope_of((Appointment("king", fund="AK01"),), Act.SEE, registry)
