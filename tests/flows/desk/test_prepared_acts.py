"""An act that needs two people is done once, by the second of them, within a day."""

from datetime import timedelta
from functools import partial

import pytest

from idp.audit.log import AuditEvent
from idp.provider import Provider
from idp.staff import looks, prepared_acts
from idp.staff.appointments import Appointment, Role
from idp.staff.prepared_acts import CONFIRMED, REFUSED, WITHDRAWN, ActPlan, Decision, PreparedAct
from tests.flows.conftest import Account
from tests.flows.desk.conftest import Desk
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

SUPERVISOR = Appointment(Role.SUPERVISOR, portal="e-services")


@pytest.fixture
def staff(desk: Desk) -> tuple[str, ...]:
    return tuple(desk.employed(SUPERVISOR, email=f"{name}@fund.example.ch").id for name in ("ann", "ben", "cleo"))


def prepared(provider: Provider, person_id: str, by: str) -> PreparedAct:
    plan = ActPlan(act="erase", kind=looks.PERSON, subject_id=person_id, reason="asked by letter")
    with provider.database.transaction() as tx:
        found = prepared_acts.prepare(tx, plan, by=by)
        assert found is not None
        tx.flush()
        tx.session.expunge(found)
        return found


def decide(provider: Provider, act: PreparedAct, decision: Decision, by: str) -> bool:
    with provider.database.transaction() as tx:
        return prepared_acts.decide(tx, act, decision, by=by)


def decisions(provider: Provider) -> list[str]:
    with provider.database.reading() as tx:
        found = tx.session.query(AuditEvent).filter_by(name="ActDecided").order_by(AuditEvent.id)
        return [str(event.details["decision"]) for event in found]


def test_its_author_can_withdraw_an_act_and_nothing_else(
    provider: Provider, anne: Account, staff: tuple[str, ...]
) -> None:
    act = prepared(provider, anne.id, staff[0])

    assert not decide(provider, act, CONFIRMED, staff[0])
    assert not decide(provider, act, REFUSED, staff[0])
    assert not decide(provider, act, WITHDRAWN, staff[1])
    assert decide(provider, act, WITHDRAWN, staff[0])
    assert not decide(provider, act, CONFIRMED, staff[1])
    assert decisions(provider) == ["withdrawn"]


def test_an_act_is_over_after_a_day(
    provider: Provider, clock: MovableClock, anne: Account, staff: tuple[str, ...]
) -> None:
    act = prepared(provider, anne.id, staff[0])
    clock.forward(seconds=int(timedelta(hours=24).total_seconds()))

    assert not decide(provider, act, CONFIRMED, staff[1])
    prepared(provider, anne.id, staff[0])


def test_an_act_is_found_below_its_own_record_only(provider: Provider, anne: Account, staff: tuple[str, ...]) -> None:
    """Confirmed below another one, it would be done to that."""
    act = prepared(provider, anne.id, staff[0])

    with provider.database.reading() as tx:
        assert prepared_acts.by_id(tx, act.id, looks.PERSON, anne.id) is not None
        assert prepared_acts.by_id(tx, act.id, looks.PERSON, "another") is None
        assert prepared_acts.by_id(tx, act.id, looks.COMPANY, anne.id) is None


def test_the_same_act_waits_once(provider: Provider, anne: Account, staff: tuple[str, ...]) -> None:
    prepared(provider, anne.id, staff[0])
    plan = ActPlan(act="erase", kind=looks.PERSON, subject_id=anne.id, reason="again")

    with provider.database.transaction() as tx:
        assert prepared_acts.prepare(tx, plan, by=staff[1]) is None


def test_of_many_who_prepare_the_same_act_at_the_same_moment_one_does(
    provider: Provider, anne: Account, staff: tuple[str, ...]
) -> None:
    plan = ActPlan(act="erase", kind=looks.PERSON, subject_id=anne.id, reason="asked by letter")

    def prepare(by: str) -> bool:
        with provider.database.transaction() as tx:
            return prepared_acts.prepare(tx, plan, by=by) is not None

    outcomes = in_parallel(*(partial(prepare, by) for by in (*staff, *staff)))

    assert outcomes.count(True) == 1
    with provider.database.reading() as tx:
        assert tx.session.query(PreparedAct).count() == 1
        assert tx.session.query(AuditEvent).filter_by(name="ActPrepared").count() == 1


def test_an_act_that_was_decided_can_be_prepared_anew(
    provider: Provider, anne: Account, staff: tuple[str, ...]
) -> None:
    decide(provider, prepared(provider, anne.id, staff[0]), REFUSED, staff[1])

    again = prepared(provider, anne.id, staff[0])

    assert decide(provider, again, CONFIRMED, staff[1])


def test_of_many_decisions_at_the_same_moment_one_counts(
    provider: Provider, anne: Account, staff: tuple[str, ...]
) -> None:
    act = prepared(provider, anne.id, staff[0])

    outcomes = in_parallel(
        lambda: decide(provider, act, CONFIRMED, staff[1]),
        lambda: decide(provider, act, CONFIRMED, staff[2]),
        lambda: decide(provider, act, REFUSED, staff[1]),
        lambda: decide(provider, act, WITHDRAWN, staff[0]),
    )

    assert outcomes.count(True) == 1
    assert len(decisions(provider)) == 1
