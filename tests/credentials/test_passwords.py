"""The one password of a person, and passwords that wait for an account."""

from datetime import timedelta

import pytest

from idp.audit.log import AuditEvent
from idp.credentials import passwords, pending
from idp.credentials.passwords import StoredPassword
from idp.credentials.pending import PendingHash
from idp.database import Database, Transaction
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases


def version(tx: Transaction, person_id: str) -> int:
    """The version of the person's present password."""
    current = passwords.current(tx, person_id)
    assert current is not None
    return current.version


def test_a_person_has_one_password_whose_version_grows(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        assert passwords.current(tx, anne.id) is None
        passwords.replace(tx, anne.id, "first", floor=12, reason="migration")
        assert version(tx, anne.id) == 1
    clock.forward(days=1)

    with database.transaction() as tx:
        passwords.replace(tx, anne.id, "second", floor=8, reason="change")
        assert version(tx, anne.id) == 2

    with database.reading() as tx:
        assert passwords.current(tx, anne.id) == StoredPassword("second", 2, 8, clock.now())
        events = tx.session.query(AuditEvent).filter_by(name="PasswordSet").order_by(AuditEvent.id)
        assert [event.details for event in events] == [
            {"reason": "migration", "version": 1},
            {"reason": "change", "version": 2},
        ]


def test_changes_at_once_are_counted_one_after_the_other(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

    def change() -> int:
        with database.transaction() as tx:
            passwords.replace(tx, anne.id, "new", floor=12, reason="change")
            return version(tx, anne.id)

    assert sorted(in_parallel(*[change] * 4)) == [1, 2, 3, 4]


def test_a_rehash_never_undoes_a_newer_password(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        passwords.replace(tx, anne.id, "old", floor=12, reason="test")
        seen = version(tx, anne.id)

        assert passwords.rehash(tx, anne.id, "old, hashed anew", version=seen)
        passwords.replace(tx, anne.id, "new", floor=12, reason="change")
        assert not passwords.rehash(tx, anne.id, "old, hashed once more", version=seen)

        current = passwords.current(tx, anne.id)
        assert current is not None
        assert (current.hash, current.version) == ("new", 2)


def test_a_rehash_changes_nobody_else_s_password(database: Database) -> None:
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch").id, people.person(tx, "beat@example.ch").id
        passwords.replace(tx, anne, "anne's", floor=12, reason="test")
        seen = version(tx, anne)
        passwords.replace(tx, beat, "beat's", floor=12, reason="test")

        assert passwords.rehash(tx, anne, "anne's, hashed anew", version=seen)

        others = passwords.current(tx, beat)
        assert others is not None
        assert others.hash == "beat's"


def test_the_password_of_an_erased_person_is_forgotten(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        passwords.replace(tx, anne.id, "old", floor=12, reason="test")

        passwords.delete(tx, anne.id)

        assert passwords.current(tx, anne.id) is None


def test_a_waiting_password_is_handed_over_once(database: Database) -> None:
    with database.transaction() as tx:
        until = tx.now + timedelta(hours=1)
        pending.keep(tx, "run", "first", floor=8, expires_at=until)
        pending.keep(tx, "run", "second", floor=12, expires_at=until)

    def take() -> PendingHash | None:
        with database.transaction() as tx:
            return pending.take(tx, "run")

    results = in_parallel(*[take] * 3)

    assert sorted(results, key=str) == [None, None, PendingHash("second", 12)]


def test_going_back_drops_what_waits(database: Database) -> None:
    with database.transaction() as tx:
        pending.keep(tx, "run", "hash", floor=8, expires_at=tx.now + timedelta(hours=1))

        pending.drop(tx, "run")
        pending.drop(tx, "run")

        assert pending.take(tx, "run") is None


def test_an_expired_waiting_password_is_gone(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        for run in ("a", "b", "c"):
            pending.keep(tx, run, "hash", floor=8, expires_at=tx.now + timedelta(hours=1))
    clock.forward(hours=1)

    with database.transaction() as tx:
        assert pending.take(tx, "a") is None
    clock.forward(seconds=1)
    with database.transaction() as tx:
        assert purge(tx, "pending_credentials") == 2
