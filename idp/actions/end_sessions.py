"""Sign a person out: everywhere, or in one browser."""

from idp.actions.actor import Actor, acting, note
from idp.database import Transaction
from idp.notices import desk
from idp.people import person
from idp.sessions import ending


def end_sessions(tx: Transaction, person_id: str, *, by: Actor, reason: str = "", but: str = "") -> int:
    """End every session of the person, offline access included; the portals are told.

    The session with id `but` continues, with what lives from it. Returns how many sessions ended.
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = note(tx, by, desk.SIGNED_OUT, person_id=person_id, reason=reason)
        if reference:
            desk.acted(tx, person_id, desk.SIGNED_OUT, reference=reference)
        return ending.end_all(tx, person_id, reason=by.kind, but=but)


def end_session(tx: Transaction, session_id: str, *, by: Actor, reason: str = "") -> bool:
    """End one session with what lives from it; offline access stays. False: it was over already."""
    with acting(tx, by, reason=reason):
        return ending.end(tx, session_id, reason=by.kind)
