"""A channel that is down is known to every node, tried by one, and known to be back at once (X-27, rulings 27)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.messages import health
from idp.messages.delivery import ChannelDown
from idp.messages.worker import Worker
from tests.messages.support import Recorder, enqueue, message
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


def fail(database: Database, times: int, began: datetime | None = None) -> None:
    for _ in range(times):
        with database.transaction() as tx:
            health.failed(tx, "email", "TimeoutError", began=began or tx.shared.now)


def down(database: Database, channel: str = "email") -> bool:
    with database.reading() as tx:
        return health.channel_state(tx, channel).down


def may_try(database: Database) -> bool:
    with database.transaction() as tx:
        return health.may_try(tx, "email")


def test_two_failures_are_borne_and_the_third_opens_the_circuit(database: Database, clock: MovableClock) -> None:
    fail(database, 2)
    assert not down(database)

    fail(database, 1)

    with database.reading() as tx:
        state = health.channel_state(tx, "email")
    assert (state.down, state.since) == (True, clock.now())
    assert state.retry_at == clock.now() + timedelta(seconds=15)
    assert not down(database, "sms")


def test_deliveries_that_were_under_way_together_fail_once(database: Database, clock: MovableClock) -> None:
    """X-27: a gateway that hangs for a moment fails every delivery that waits for it."""
    began = clock.now()
    clock.forward(seconds=10)
    fail(database, 8, began)

    assert not down(database)


def test_a_gateway_that_was_slow_for_a_moment_is_used_again_within_half_a_minute(
    database: Database, clock: MovableClock
) -> None:
    """X-27"""
    fail(database, 3)
    for _ in range(20):
        clock.forward(seconds=30)
        assert may_try(database)
        fail(database, 1)

    with database.reading() as tx:
        assert health.channel_state(tx, "email").retry_at == clock.now() + timedelta(seconds=30)


def test_after_the_pause_one_worker_of_all_tries_again(database: Database, clock: MovableClock) -> None:
    fail(database, 3)
    assert not may_try(database)
    clock.forward(seconds=15)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: may_try(database), range(8)))

    assert answers.count(True) == 1


def test_one_success_closes_the_circuit(
    database: Database, clock: MovableClock, postman: Worker, email: Recorder
) -> None:
    fail(database, 3)
    enqueue(database, message())
    postman.run_once()
    assert email.parcels == []

    clock.forward(seconds=15)
    postman.run_once()

    assert len(email.parcels) == 1
    assert not down(database)
    with database.reading() as tx:
        names = set(tx.session.scalars(sa.select(AuditEvent.name)))
    assert names == {"ChannelFailed", "ChannelRecovered"}


def test_a_failed_trial_costs_no_message_a_try(
    database: Database, clock: MovableClock, postman: Worker, email: Recorder
) -> None:
    fail(database, 3)
    enqueue(database, *[message() for _ in range(5)])
    clock.forward(seconds=15)
    email.faults = [ChannelDown("TimeoutError")]
    postman.run_once()

    assert email.batches == 1
    clock.forward(hours=1)
    postman.run_once()
    assert [parcel.attempts for parcel in email.parcels] == [1, 1, 1, 1, 1]
