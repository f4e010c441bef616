"""The life of a registration code: issued, opened without being spent, spent once, replaced, withdrawn, expired."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.invitations import redemption, status, withdrawal
from idp.invitations.redemption import Cause, UnusableCode, UsableCode
from idp.sealing import Sealer
from tests.invitations.conftest import Issue
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases

PORTAL = "connect-assures"


def found(database: Database, typed: str, *, portal: str = PORTAL) -> UsableCode | UnusableCode:
    with database.transaction() as tx:
        return redemption.open_code(tx, typed, client_id=portal)


def cause(database: Database, typed: str, *, portal: str = PORTAL) -> Cause | None:
    result = found(database, typed, portal=portal)
    return result.cause if isinstance(result, UnusableCode) else None


def spend(database: Database, code_id: str, person: str = "anne") -> bool:
    with database.transaction() as tx:
        return redemption.spend(tx, code_id, person_id=person)


def test_a_code_is_found_however_it_is_typed(database: Database, issue: Issue) -> None:
    """C-12"""
    issued = issue()

    result = found(database, f" {issued.grouped.lower()} ")

    assert isinstance(result, UsableCode)
    assert result.code.id == issued.code_id
    assert not result.reopened


def test_opening_a_code_does_not_spend_it(database: Database, issue: Issue) -> None:
    """C-15"""
    issued = issue()

    first, second = found(database, issued.code), found(database, issued.code)

    assert isinstance(first, UsableCode)
    assert isinstance(second, UsableCode)
    assert (first.reopened, second.reopened) == (False, True)
    assert spend(database, issued.code_id)


def test_a_code_is_spent_once(database: Database, issue: Issue) -> None:
    """B-09, C-16"""
    issued = issue()
    found(database, issued.code)

    assert spend(database, issued.code_id)
    assert not spend(database, issued.code_id)
    assert cause(database, issued.code) is Cause.USED


def test_of_many_registrations_at_once_one_gets_the_code(database: Database, issue: Issue) -> None:
    issued = issue()

    won = in_parallel(*[lambda n=n: spend(database, issued.code_id, f"person {n}") for n in range(8)])

    assert sum(won) == 1


def test_a_code_works_until_the_end_of_its_last_day(database: Database, issue: Issue, clock: MovableClock) -> None:
    """C-11"""
    issued = issue()

    clock.set(issued.expires_at - timedelta(seconds=1))
    assert cause(database, issued.code) is None

    clock.set(issued.expires_at)
    assert cause(database, issued.code) is Cause.EXPIRED
    assert not spend(database, issued.code_id)


def test_a_new_letter_ends_the_older_one(database: Database, issue: Issue) -> None:
    """C-17"""
    old, new = issue(), issue()

    assert cause(database, old.code) is Cause.REPLACED
    assert cause(database, new.code) is None
    with database.reading() as tx:
        assert [code.state for code in status.of_subject(tx, "s1")] == ["opened", "replaced"]


def test_a_letter_ends_no_letter_of_anybody_else(database: Database, issue: Issue) -> None:
    mine = issue(subject_id="s1")
    issue(subject_id="s2")

    assert cause(database, mine.code) is None


def test_a_withdrawn_code_is_refused(database: Database, issue: Issue) -> None:
    """B-09"""
    issued = issue()

    with database.transaction() as tx:
        assert withdrawal.withdraw(tx, issued.code_id, reason="sent to a former address")
        assert not withdrawal.withdraw(tx, issued.code_id, reason="again")

    assert cause(database, issued.code) is Cause.WITHDRAWN


def test_a_used_code_cannot_be_withdrawn(database: Database, issue: Issue) -> None:
    issued = issue()
    spend(database, issued.code_id)

    with database.transaction() as tx:
        assert not withdrawal.withdraw(tx, issued.code_id, reason="too late")


def test_a_code_opens_nothing_at_another_portal(database: Database, issue: Issue) -> None:
    issued = issue()

    assert cause(database, issued.code, portal="connect") is Cause.OTHER_PORTAL


@pytest.mark.parametrize("typed", ["", "\x00", "🙂" * 12, "K" * 100_000, "2222 2222 2222", "' OR 1=1 --"])
def test_any_input_is_answered(database: Database, issue: Issue, typed: str) -> None:
    issue()

    assert cause(database, typed) in {Cause.MALFORMED, Cause.UNKNOWN}


def test_the_cause_is_recorded_for_staff_without_the_code(database: Database, issue: Issue) -> None:
    """B-09"""
    issued = issue()
    spend(database, issued.code_id)
    found(database, issued.code)

    with database.reading() as tx:
        events = {event.name: event.details for event in tx.session.query(AuditEvent)}

    assert events["RegistrationCodeRefused"] == {"code_id": issued.code_id, "cause": "used"}
    assert issued.code not in str(events)


def test_the_table_does_not_hold_the_code(database: Database, issue: Issue) -> None:
    issued = issue()

    with database.reading() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM registration_codes").all()

    assert issued.code not in str(rows)


def test_a_letter_outlives_the_rotation_of_keys(database: Database, sealer: Sealer, issue: Issue) -> None:
    """Rulings: keys can be rotated without losing a live letter."""
    issued = issue()
    rotated = Sealer({"new": b"n" * 32, "test": b"0123456789abcdef0123456789abcdef"}, "new")

    after = Database(database.writing_engine, database.reading_engine, database.clock, rotated)

    assert cause(after, issued.code) is None


def test_a_code_is_judged_again_at_every_step(database: Database, issue: Issue) -> None:
    issued = issue()
    issue()

    with database.reading() as tx:
        judged = redemption.by_id(tx, issued.code_id, client_id=PORTAL)

    assert isinstance(judged, UnusableCode)
    assert judged.cause is Cause.REPLACED


def test_a_code_is_found_by_the_reference_that_is_read_out(database: Database, issue: Issue) -> None:
    issued = issue()

    with database.reading() as tx:
        found_codes = [status.by_reference(tx, said) for said in (issued.reference, issued.reference.lower(), "0000")]

    assert [code.id if code else "" for code in found_codes] == [issued.code_id, issued.code_id, ""]


def test_after_its_time_a_code_is_forgotten(database: Database, issue: Issue, clock: MovableClock) -> None:
    issued = issue()
    clock.forward(days=32)

    with database.transaction() as tx:
        assert purge(tx, "letter_codes") == 1
    assert cause(database, issued.code) is Cause.UNKNOWN

    clock.forward(days=365)
    with database.transaction() as tx:
        assert status.by_reference(tx, issued.reference) is not None
        assert purge(tx, "letters") == 1
        assert status.by_reference(tx, issued.reference) is None


def test_two_clerks_at_once_leave_one_live_letter(database: Database, issue: Issue) -> None:
    """C-17"""

    def try_issuing() -> bool:
        try:
            issue()
        except IntegrityError:
            return False
        return True

    won = in_parallel(*[try_issuing] * 4)

    assert any(won)
    with database.reading() as tx:
        assert [code.live_at(tx.now) for code in status.of_subject(tx, "s1")].count(True) == 1
