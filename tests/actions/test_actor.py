"""The author of an action: one type, one form in the audit trail, and a reason where they act for somebody else."""

import pytest
import sqlalchemy as sa

from idp import random_values
from idp.actions import actor
from idp.actions.actor import SYSTEM, Actor, ActorKind, acting
from idp.actions.end_sessions import end_sessions
from idp.audit.log import AuditEvent
from idp.database import Database, Origin
from idp.people import accounts
from tests.support import people
from tests.support.clock import MovableClock


def test_every_author_is_read_back_from_the_audit_trail(clock: MovableClock) -> None:
    person_id = random_values.new_id(clock.now())
    authors = (Actor.person(person_id), Actor.operator("anna"), Actor.clerk("anna"), Actor.client("portal"), SYSTEM)

    assert [actor.of_audit(each.text) for each in authors] == list(authors)


def test_an_administrator_is_a_person_in_the_audit_trail(clock: MovableClock) -> None:
    person_id = random_values.new_id(clock.now())

    assert Actor.administrator(person_id).text == Actor.person(person_id).text


def test_the_author_of_an_action_is_the_author_of_what_it_records(database: Database) -> None:
    with database.transaction(Origin(actor="worker", address="192.0.2.7")) as tx:
        anne = people.person(tx).id
        with acting(tx, Actor.clerk("anna"), reason="case 4711"):
            accounts.disable(tx, anne, reason="case 4711")
        accounts.enable(tx, anne, reason="mistake")
        found = tx.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(2)).all()
        authors = {event.name: (event.actor, event.address) for event in found}

    assert authors == {
        "PersonDisabled": ("clerk:anna", "192.0.2.7"),
        "PersonEnabled": ("worker", "192.0.2.7"),
    }


@pytest.mark.parametrize("author", [Actor.clerk("anna"), Actor.operator("anna"), Actor.client("portal")])
def test_who_acts_for_somebody_else_says_why(database: Database, author: Actor) -> None:
    with database.transaction() as tx, pytest.raises(ValueError, match="reason"):
        end_sessions(tx, people.person(tx).id, by=author, reason=" ")


def test_a_person_needs_no_reason_for_their_own_account(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx).id

        assert end_sessions(tx, anne, by=Actor.person(anne)) == 0


def test_the_kinds_are_told_apart() -> None:
    assert [each.kind for each in (Actor.operator("anna"), Actor.client("portal"), Actor.directory("t"), SYSTEM)] == [
        ActorKind.CLERK,
        ActorKind.CLIENT,
        ActorKind.DIRECTORY,
        ActorKind.SYSTEM,
    ]
