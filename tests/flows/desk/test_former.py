"""Why the owner of an account of a former directory cannot sign in, and where they are stuck."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from flows.desk.former import STEPS, UNDER_WAY
from flows.migration import MIGRATION
from idp.people import legacy
from idp.provider import Provider
from idp.runs import FlowRun
from idp.staff.appointments import Role
from tests.flows import migrating
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import open_record
from tests.support.browser import Browser
from tests.support.clock import MovableClock

BEGAN = "The move began on 16.07.2026 at 14:00 and is not finished."


@pytest.mark.both_databases
def test_the_page_says_at_which_step_the_move_stopped(
    desk: Desk, provider: Provider, visitor: Browser, clock: MovableClock
) -> None:
    accounts = [migrating.former_account(provider, each) for each in (migrating.IDENTIFIER, "CVCI00009999")]
    clerk = desk.works(Role.CLERK, portal="e-services")
    pages = [f"/desk/former/{each}" for each in accounts]
    for page in pages:
        assert BEGAN not in open_record(clerk, page).text

    migrating.begin(visitor)
    assert f"{BEGAN} The person has not entered an email address." in clerk.get(pages[0]).text
    migrating.give_address(visitor)
    assert f"{BEGAN} The code sent to the new email address has not been entered." in clerk.get(pages[0]).text

    assert BEGAN not in clerk.get(pages[1]).text
    clock.forward(days=8)
    late = desk.works(Role.CLERK, portal="e-services", email="late@fund.example.ch")
    assert BEGAN not in open_record(late, pages[0]).text, "nobody can go on with it any more"


def runs(provider: Provider, flow: str, count: int, *, finished: bool) -> list[dict[str, object]]:
    now = provider.clock.now()
    return [
        dict.fromkeys(("signature", "browser", "step"), "")
        | {column: {} for column in ("results", "kept", "scratch", "notice")}
        | {"id": f"{flow}-{finished}-{each}", "begun_with": f"{flow}-{finished}-{each}", "flow": flow}
        | {"client_id": "e-services", "finished_at": now if finished else None}
        | {"created_at": now, "bound_until": now, "expires_at": now + timedelta(hours=1)}
        for each in range(count)
    ]


@pytest.mark.both_databases
def test_the_look_for_a_move_passes_over_the_runs_of_everything_else(provider: Provider) -> None:
    account_id, engine = migrating.former_account(provider, migrating.IDENTIFIER), provider.database.writing_engine
    with engine.begin() as connection:
        for flow in ("login", "registration", "recovery", "consent"):
            connection.execute(sa.insert(FlowRun), runs(provider, flow, 500, finished=False))
        connection.execute(sa.insert(FlowRun), runs(provider, MIGRATION.name, 500, finished=True))
        connection.execute(sa.insert(FlowRun), runs(provider, MIGRATION.name, 20, finished=False))
        connection.exec_driver_sql("ANALYZE flow_runs")
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    asked = UNDER_WAY.params(portal="e-services", now=provider.clock.now(), account=account_id)
    with engine.connect() as connection:
        text = str(asked.compile(engine, compile_kwargs={"literal_binds": True}))
        plan = connection.exec_driver_sql(f"{explain} {text}").all()

    assert "ix_flow_runs_unfinished" in str(plan), plan


def test_every_step_of_the_move_has_its_sentence() -> None:
    assert STEPS.keys() == {step.name for step in MIGRATION.steps} - {"legacy-credentials"}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (legacy.LOCKED, "have it opened in the old directory"),
        (legacy.CLOSED, "have it opened in the old directory"),
        (legacy.CONTESTED, "run idp legacy reopen"),
    ],
)
def test_the_page_of_an_account_that_cannot_be_moved_says_what_helps(
    desk: Desk, provider: Provider, state: str, said: str
) -> None:
    account = migrating.former_account(provider, state=state)

    page = open_record(desk.works(Role.CLERK, portal="e-services"), f"/desk/former/{account}")

    assert said in page.text
    assert page.by_id("to-search") is not None


def test_the_owner_of_an_open_account_is_sent_to_the_portal_until_the_last_day(
    desk: Desk, provider: Provider, clock: MovableClock
) -> None:
    account = migrating.former_account(provider)
    page = open_record(desk.works(Role.CLERK, portal="e-services"), f"/desk/former/{account}")
    assert "sign in at https://e-services.example.ch/" in page.text
    assert "It can be moved until 31.12.2027." in page.text

    clock.forward(days=600)
    late = open_record(desk.works(Role.CLERK, portal="e-services", email="late@fund.example.ch"), page.path)
    assert "sign in at" not in late.text
    assert "The last day to move it was 31.12.2027. The person now needs a letter with a code." in late.text
