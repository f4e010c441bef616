"""Portals a person uses, and the terms they accepted there."""

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.people import enrolments, terms
from idp.people.terms import TermsAcceptance
from tests.support import people
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


def test_a_person_is_enrolled_once_per_portal(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

        assert enrolments.enrol(tx, anne.id, "a", reason="test")
        assert not enrolments.enrol(tx, anne.id, "a", reason="test")
        assert enrolments.enrol(tx, anne.id, "b", reason="test")

    with database.reading() as tx:
        assert enrolments.portals(tx, anne.id) == ["a", "b"]
        assert tx.session.query(AuditEvent).filter_by(name="Enrolled").count() == 2


def test_an_ended_enrolment_closes_one_portal_and_can_be_renewed(database: Database, clock: MovableClock) -> None:
    """P46"""
    with database.transaction() as tx:
        anne = people.person(tx)
        enrolments.enrol(tx, anne.id, "a", reason="test")
        enrolments.enrol(tx, anne.id, "b", reason="test")

        assert enrolments.end(tx, anne.id, "a", reason="left")
        assert not enrolments.end(tx, anne.id, "a", reason="left")
        assert not enrolments.is_enrolled(tx, anne.id, "a")
        assert enrolments.is_enrolled(tx, anne.id, "b")

    clock.forward(days=1)
    with database.transaction() as tx:
        assert enrolments.enrol(tx, anne.id, "a", reason="back")
        assert enrolments.portals(tx, anne.id) == ["b", "a"]


def test_an_accepted_version_is_stored_with_its_moment(database: Database, clock: MovableClock) -> None:
    """A-24"""
    accepted_at = clock.now()
    with database.transaction() as tx:
        anne = people.person(tx)
        terms.accept(tx, anne.id, "a", "2026-01", language="de")
    clock.forward(days=1)

    with database.transaction() as tx:
        terms.accept(tx, anne.id, "a", "2026-01", language="fr")

        stored = tx.session.query(TermsAcceptance).one()
        assert (stored.version, stored.language, stored.accepted_at) == ("2026-01", "de", accepted_at)
        assert tx.session.query(AuditEvent).filter_by(name="TermsAccepted").count() == 1


def test_a_new_version_has_to_be_accepted_again(database: Database) -> None:
    """A-24; terms are per portal and versioned"""
    with database.transaction() as tx:
        anne = people.person(tx)
        terms.accept(tx, anne.id, "a", "2026-01", language="fr")

        assert terms.has_accepted(tx, anne.id, "a", "2026-01")
        assert not terms.has_accepted(tx, anne.id, "a", "2026-02")
        assert not terms.has_accepted(tx, anne.id, "b", "2026-01")
        assert terms.has_accepted(tx, anne.id, "b", "")
