"""Signing a person out: sessions, portals and audit together, whoever asks for it."""

import pytest

from idp import methods
from idp.actions.actor import Actor
from idp.actions.end_sessions import end_sessions
from idp.audit.log import AuditEvent
from idp.database import Database, Transaction
from idp.random_values import token
from idp.sessions import session, signing_in
from idp.settings import Sessions
from tests.support import people
from tests.support.proofs import proved

pytestmark = pytest.mark.both_databases

SETTINGS = Sessions(idle=1800, absolute=43200, touch=60)


def start(tx: Transaction, person_id: str) -> str:
    """Start a session, and return its id."""
    started = signing_in.start(
        tx,
        SETTINGS,
        person_id=person_id,
        group="g",
        proofs=proved(tx.now, methods.PASSWORD),
        browser=token(),
        replacing=None,
    )
    return started.session.id


def is_over(tx: Transaction, session_id: str) -> bool:
    return session.by_id(tx, session_id) is None


def recorded(tx: Transaction, name: str) -> list[AuditEvent]:
    return list(tx.session.query(AuditEvent).filter_by(name=name).order_by(AuditEvent.id))


def test_a_clerk_signs_a_person_out_everywhere_and_is_named_with_the_reason(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx).id
        here, there = start(tx, anne), start(tx, anne)

        ended = end_sessions(tx, anne, by=Actor.clerk("anna"), reason="phone lost, case 4712")

        assert (ended, is_over(tx, here), is_over(tx, there)) == (2, True, True)
        (acted,) = recorded(tx, "DeskActed")
        assert (acted.actor, acted.person_id) == ("clerk:anna", anne)
        assert acted.details == {"act": "end-sessions", "reason": "phone lost, case 4712"}
        assert {event.actor for event in recorded(tx, "SessionEnded")} == {"clerk:anna"}


def test_a_person_signs_out_everywhere_but_here(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx).id
        here, there = start(tx, anne), start(tx, anne)

        ended = end_sessions(tx, anne, by=Actor.person(anne), but=here)

        assert (ended, is_over(tx, here), is_over(tx, there)) == (1, False, True)
        assert [event.actor for event in recorded(tx, "SessionEnded")] == [anne]
        assert recorded(tx, "DeskActed") == []
