"""Erasing a person everywhere."""

import pytest
import sqlalchemy as sa

from idp import opaque
from idp.credentials import passwords
from idp.database import Base, Database, Origin
from idp.grants import consents
from idp.organisations import chosen, memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments, terms
from idp.sessions import assurance, erasure, session, signing_in
from idp.settings import Sessions
from tests.support import people

pytestmark = pytest.mark.both_databases

SETTINGS = Sessions(idle=1800, absolute=43200, touch=60)
KEPT = {"people", "audit_events", "terms_acceptances", "outbox"}


def test_nothing_of_an_erased_person_is_left_but_the_tombstone(database: Database) -> None:
    """A deleted `sub` is never reused and its tombstone holds no personal value"""
    with database.transaction(Origin(address="192.0.2.7", user_agent="Firefox")) as tx:
        anne = people.person(tx, "anne.rochat@example.ch", phone="+41791234567")
        passwords.replace(tx, anne.id, "hash", floor=12, reason="test")
        firm = organisation.register(tx, fund="AK00", number="1", name="Muster AG").id
        memberships.join(tx, firm, anne.id, Rights(is_administrator=True))
        chosen.choose(tx, anne.id, "p", firm)
        enrolments.enrol(tx, anne.id, "p", reason="test")
        terms.accept(tx, anne.id, "p", "1", language="fr")
        consents.grant(tx, anne.id, "p", ["openid"])
        proofs = assurance.of_proofs(frozenset({assurance.PASSWORD}))
        started = signing_in.start(tx, SETTINGS, person_id=anne.id, group="g", assurance=proofs, browser=opaque.token())
        assert memberships.administered_alone(tx, anne.id) == [firm]

        assert erasure.erase(tx, anne.id, reason="request")
        assert not erasure.erase(tx, anne.id, reason="request")

    with database.reading() as tx:
        assert session.find(tx, started.token, "g") is None
        holding = {
            table.name
            for table in Base.metadata.sorted_tables
            if "person_id" in table.c
            and tx.execute(sa.select(table.c.person_id).where(table.c.person_id == anne.id)).first() is not None
        }
        assert holding <= KEPT
        everything = str([tx.execute(sa.select(table)).all() for table in Base.metadata.sorted_tables])
        for personal in ("Rochat", "anne.rochat", "791234567"):
            assert personal not in everything


def test_somebody_unknown_cannot_be_erased(database: Database) -> None:
    with database.transaction() as tx:
        assert not erasure.erase(tx, "nobody", reason="request")
