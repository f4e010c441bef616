"""Figures come from a replica that may lag or be away: nobody misses them, and nothing else is read there."""

import io
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp import replica
from idp.database import Base
from idp.provider import Provider
from idp.replica import PAUSE
from idp.statistics import figures
from idp.statistics.figures import FigureKey, Measure
from idp.upkeep import diagnosis
from tests.support.clock import MovableClock
from tests.support.postgresql import Cluster, find_binaries
from tests.support.programs import Program

PORTAL = "connect-assures"


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    own = Cluster(binaries, durable=True)  # what is committed leaves for the replica at once
    own.start()
    engine = sa.create_engine(own.url())
    Base.metadata.create_all(engine)
    engine.dispose()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def following(primary: Cluster) -> Iterator[Cluster]:
    own = Cluster(primary.binaries)
    own.follow(primary)
    yield own
    own.stop()


@pytest.fixture
def database_url(primary: Cluster) -> str:
    tell(primary, "TRUNCATE figures")
    return primary.url()


@pytest.fixture
def overrides(following: Cluster) -> dict[str, Any]:
    return {"database": {"replica": following.url()}}


@pytest.fixture
def program(app: Flask, clock: MovableClock) -> Program:
    return Program(app, clock)


def tell(cluster: Cluster, *statements: str) -> Any:
    """Execute statements; return the first value of the last one, if it has any."""
    engine = sa.create_engine(cluster.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            answer = connection.exec_driver_sql(statement)
        found = answer.scalar() if answer.returns_rows else None
    engine.dispose()
    return found


def wait_for(following: Cluster, primary: Cluster) -> None:
    """Return once the replica has everything."""
    newest = tell(primary, "SELECT CAST(pg_current_wal_flush_lsn() AS TEXT)")
    until = time.monotonic() + 60
    while not tell(following, f"SELECT pg_last_wal_replay_lsn() >= '{newest}'"):
        assert time.monotonic() < until, "the replica does not follow"


def happens(provider: Provider, times: int) -> None:
    hour = provider.clock.now().replace(minute=0)
    with provider.database.transaction() as tx:
        figures.add(tx, [(FigureKey("hour", hour, PORTAL, "", Measure.SIGN_INS, "sms"), times, 0.0)])


def sign_ins(program: Program) -> int:
    items = program.get("/statistics?span=hour").get_json()["items"]
    return sum(each["count"] for each in items)


def findings(provider: Provider) -> list[str]:
    return [each.reason for each in diagnosis.replica(provider)]


def test_figures_are_those_of_the_replica_and_everything_else_is_not(
    provider: Provider, program: Program, primary: Cluster, following: Cluster
) -> None:
    """The program signs itself in with what the replica has not heard of."""
    happens(provider, 2)
    wait_for(following, primary)
    tell(following, "SELECT pg_wal_replay_pause()")

    happens(provider, 3)

    assert sign_ins(program) == 2
    tell(following, "SELECT pg_wal_replay_resume()")
    wait_for(following, primary)
    assert sign_ins(program) == 5


def test_the_primary_answers_for_a_replica_that_is_away_and_is_the_only_one_asked_for_a_while(
    provider: Provider, program: Program, primary: Cluster, following: Cluster, clock: MovableClock, log: io.StringIO
) -> None:
    happens(provider, 2)
    wait_for(following, primary)
    assert sign_ins(program) == 2
    following.halt()
    happens(provider, 3)

    assert [sign_ins(program), sign_ins(program)] == [5, 5]

    assert log.getvalue().count("replica_unavailable") == 1
    assert findings(provider) == ["it cannot be reached: the primary answers in its place"]
    following.resume()
    wait_for(following, primary)
    tell(following, "SELECT pg_wal_replay_pause()")
    happens(provider, 4)
    assert sign_ins(program) == 9
    clock.forward(seconds=PAUSE)
    assert sign_ins(program) == 5
    tell(following, "SELECT pg_wal_replay_resume()")


def test_a_replica_that_lacks_a_table_is_no_fault_of_a_page(
    provider: Provider, program: Program, primary: Cluster, following: Cluster
) -> None:
    """An upgrade reaches the replica later than the program."""
    wait_for(following, primary)
    tell(primary, "ALTER TABLE figures RENAME TO figures_of_before")
    wait_for(following, primary)
    tell(following, "SELECT pg_wal_replay_pause()")
    tell(primary, "ALTER TABLE figures_of_before RENAME TO figures")

    happens(provider, 2)

    assert sign_ins(program) == 2
    tell(following, "SELECT pg_wal_replay_resume()")


def test_the_doctor_knows_a_replica_that_does_not_follow(
    provider: Provider, primary: Cluster, following: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for(following, primary)
    assert findings(provider) == []

    tell(following, "SELECT pg_wal_replay_pause()")
    happens(provider, 1)
    assert findings(provider) == [], "a moment is no fault"
    monkeypatch.setattr(replica, "LONGEST_LAG", timedelta(0))

    (reason,) = findings(provider)
    assert reason.endswith("s behind its primary")
    tell(following, "SELECT pg_wal_replay_resume()")
    wait_for(following, primary)
    assert findings(provider) == []


class TestWithAnAddressOfThePrimary:
    @pytest.fixture
    def overrides(self, primary: Cluster) -> dict[str, Any]:
        return {"database": {"replica": primary.url()}}

    def test_the_doctor_says_that_it_is_no_replica(self, provider: Provider) -> None:
        assert findings(provider) == ["database.replica leads to a database that follows no other"]
