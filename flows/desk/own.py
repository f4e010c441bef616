"""A member of staff looks after their own way in: the passkeys, a second one, and which ones go."""

from datetime import timedelta

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import ceremony, joining, rooms
from flows.desk.visit import DeskVisit
from idp import user_agents
from idp.credentials import challenges
from idp.staff import accounts, notices, passkeys, sessions
from idp.wording import Text, text

PAGE = "own"
FRESH = timedelta(minutes=15)
"""How long ago a passkey may have been used by whoever changes the passkeys."""
DONE = {
    "joined": text("Your passkey is stored, and you are signed in."),
    "added": text("The passkey was added. We have told you by email."),
    "removed": text("The passkey was removed. We have told you by email."),
}


def show(visit: DeskVisit) -> Response:
    return _page(visit, DONE.get(request.args.get("done", "")))


def add(visit: DeskVisit) -> AnyResponse:
    """Store another passkey of the signed-in member of staff, and tell them."""
    if not is_fresh(visit):
        return again()
    made = ceremony.created(visit.provider, visit.theme.browser, PAGE, visit.staff.id)
    if made is None or not challenges.spend(visit.tx, made[1]):
        return _page(visit, errors={ceremony.FIELD: joining.FAILED})
    name = joining.name_of(made[0].aaguid)
    added = passkeys.add(visit.tx, visit.staff.id, made[0], name=name, instead=False)
    if added is None:
        return _page(visit, errors={ceremony.FIELD: joining.FAILED})
    notices.passkey_added(visit.tx, visit.staff.id, passkey=added.name)
    return redirect(f"{rooms.OWN.path}?done=added", 303)


def remove(visit: DeskVisit, passkey_id: str) -> AnyResponse:
    """Remove one of several passkeys, end every other session, and tell the member of staff.

    The passkey may be lost with a device at work.
    """
    if not is_fresh(visit):
        return again()
    removed = passkeys.remove(visit.tx, visit.staff.id, passkey_id)
    if not removed:
        raise NotFound
    notices.passkey_removed(visit.tx, visit.staff.id, passkey=removed)
    sessions.end_all(visit.tx, visit.staff.id, reason="passkey removed", but=visit.session.id)
    return redirect(f"{rooms.OWN.path}?done=removed", 303)


def is_fresh(visit: DeskVisit) -> bool:
    """Return whether the passkey was used a moment ago: a session that was left open changes no key."""
    return visit.tx.now - visit.session.started_at <= FRESH


def again() -> AnyResponse:
    """Lead to the sign-in, and back to this page."""
    return redirect(f"{rooms.SIGN_IN}?next={rooms.OWN.path}", 303)


def _page(visit: DeskVisit, done: Text | None = None, *, errors: dict[str, Text] | None = None) -> Response:
    account = accounts.by_id(visit.tx, visit.staff.id)
    if account is None:
        raise NotFound
    return visit.page(
        "own.html",
        rooms.OWN,
        done,
        403 if errors else 200,
        passkeys=passkeys.of_staff(visit.tx, account.id),
        creation_options=ceremony.creation_options(visit.provider, visit.tx, visit.theme, PAGE, account),
        proposed=user_agents.name_of(request.headers.get("User-Agent", "")),
        email=account.email,
        fresh=is_fresh(visit),
        errors=errors or {},
    )
