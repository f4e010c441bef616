"""The database learns which clients are left, once for all processes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.clients.client import Client
from idp.clients.reconcile import Reconciliation, disappeared, reconcile
from idp.clients.registry import Registry
from idp.database import Database
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


def registry(version: str, *client_ids: str, read_at: datetime | None = None) -> Registry:
    clients = [Client(client_id=name, client_name=name) for name in client_ids]
    return Registry(clients, version=version, read_at=read_at)


def run(database: Database, found: Registry) -> Reconciliation:
    with database.transaction() as tx:
        return reconcile(tx, found)


def test_a_client_whose_file_is_gone_is_named_once(database: Database, clock: MovableClock) -> None:
    """rulings 20"""
    run(database, registry("1", "a", "b"))
    clock.forward(seconds=5)

    first = run(database, registry("2", "a"))
    again = run(database, registry("2", "a"))

    assert first == Reconciliation(disappeared=("b",))
    assert again == Reconciliation()
    assert disappeared(database) == {"b"}


def test_a_file_that_comes_back_enables_its_client_again(database: Database, clock: MovableClock) -> None:
    run(database, registry("1", "a", "b"))
    clock.forward(seconds=5)
    run(database, registry("2", "a"))

    clock.forward(seconds=5)
    back = run(database, registry("3", "a", "b"))

    assert back == Reconciliation(appeared=("b",))
    assert disappeared(database) == frozenset()


def test_a_registry_without_any_client_ends_nothing(database: Database) -> None:
    run(database, registry("1", "a"))

    assert run(database, registry("2")) == Reconciliation()
    assert disappeared(database) == frozenset()


def test_the_end_of_a_client_is_in_the_audit_trail(database: Database, clock: MovableClock) -> None:
    run(database, registry("1", "a", "b"))
    clock.forward(seconds=5)
    run(database, registry("2", "a"))

    with database.reading() as tx:
        names = tx.execute(sa.select(AuditEvent.name).filter_by(client_id="b").order_by(AuditEvent.id)).scalars().all()
    assert names == ["ClientAppeared", "ClientDisappeared"]


def test_processes_that_reconcile_at_once_agree_on_one_answer(database: Database, clock: MovableClock) -> None:
    run(database, registry("1", "a", "b"))

    clock.forward(seconds=5)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: run(database, registry("2", "a")), range(8)))

    assert answers.count(Reconciliation(disappeared=("b",))) == 1
    assert answers.count(Reconciliation()) == 7


def test_the_first_start_of_several_processes_registers_each_client_once(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: run(database, registry("1", "a", "b")), range(8)))

    assert sorted(answers, key=str) == [Reconciliation(appeared=("a", "b"))] + [Reconciliation()] * 7


def test_a_node_with_older_files_cannot_undo_the_newer_ones(database: Database, clock: MovableClock) -> None:
    old = registry("1", "a", "b", read_at=clock.now())
    clock.forward(minutes=1)
    new = registry("2", "a", read_at=clock.now())
    run(database, old)
    run(database, new)
    clock.forward(minutes=1)

    stale = run(database, old)

    assert stale == Reconciliation()
    assert disappeared(database) == {"b"}
