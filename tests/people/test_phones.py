"""The number of a person: shared, provisional, confirmed."""

from datetime import timedelta

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.people import phones
from tests.support import people
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

NUMBER = "+41791234567"
OTHER = "+41797654321"
COOLING = timedelta(hours=48)


def test_two_persons_may_share_a_number(database: Database) -> None:
    """P23, P25"""
    with database.transaction() as tx:
        ids = [people.person(tx, f"{name}@example.ch", phone=NUMBER).id for name in ("anne", "beat")]

    with database.reading() as tx:
        found = [phones.of_person(tx, person_id) for person_id in ids]
        assert [phone.number for phone in found if phone] == [NUMBER, NUMBER]


def test_a_new_number_replaces_the_old_one_and_returns_it(database: Database) -> None:
    """B-40"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER)

        given = phones.give(tx, anne.id, OTHER, verified=True)

        assert given.old == NUMBER
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert phone.number == OTHER


def test_a_provisional_number_serves_its_organisation_only(database: Database) -> None:
    """B-40"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER, phone_provisional_for="o1")

    with database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert phone.serves_sign_in(frozenset({"o1"}))
        assert not phone.serves_sign_in(frozenset())
        assert not phone.serves_recovery(tx.now + timedelta(days=30), cooling=COOLING)


def test_signing_in_with_a_code_makes_a_provisional_number_ones_own(database: Database, clock: MovableClock) -> None:
    """B-40"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER, phone_provisional_for="o1")
    clock.forward(hours=49)

    with database.transaction() as tx:
        phones.confirm(tx, anne.id, NUMBER)
        phones.confirm(tx, anne.id, NUMBER)

    with database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert phone.serves_sign_in(frozenset())
        assert phone.serves_recovery(tx.now, cooling=COOLING)
        assert tx.session.query(AuditEvent).filter_by(name="PhoneConfirmed").count() == 1


def test_a_code_sent_to_another_number_confirms_nothing(database: Database) -> None:
    """B-40"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER, phone_provisional_for="o1")

        phones.confirm(tx, anne.id, OTHER)

    with database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert phone.provisional_for == "o1"


def test_the_first_number_of_a_person_recovers_at_once(database: Database) -> None:
    """D-06"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER)

    with database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert phone.serves_recovery(tx.now, cooling=COOLING)


def test_a_changed_number_recovers_nothing_for_a_while(database: Database, clock: MovableClock) -> None:
    """B-40, P40"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER)
    clock.forward(days=30)
    with database.transaction() as tx:
        phones.remove(tx, anne.id)
        phones.give(tx, anne.id, OTHER, verified=True)
        phones.give(tx, anne.id, OTHER, verified=True)

    with database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert not phone.serves_recovery(clock.now() + timedelta(hours=47, minutes=59), cooling=COOLING)
        assert phone.serves_recovery(clock.now() + timedelta(hours=48), cooling=COOLING)


def test_an_unproved_number_serves_nothing(database: Database) -> None:
    """A-10"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER, phone_verified=False)

    with database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
        assert phone is not None
        assert not phone.serves_sign_in(frozenset())
        assert not phone.serves_recovery(tx.now + timedelta(days=30), cooling=COOLING)


def test_a_removed_number_is_returned_for_the_notice(database: Database) -> None:
    """X-15"""
    with database.transaction() as tx:
        anne = people.person(tx, phone=NUMBER)

        assert phones.remove(tx, anne.id).old == NUMBER
        assert phones.remove(tx, anne.id).old == ""
        assert phones.of_person(tx, anne.id) is None
