"""End one other session, or all others: asked once more, after a fresh proof (X-16, ASVS 7.5.2).

The session of this browser is not ended here: « Sign out » does that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from flows.account import rooms
from flows.account.device_names import name_of
from flows.account.owner import RECENT
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, EndAddress, Ending, Outcome, Retry
from flows.engine.run import Run
from flows.engine.subject import SubjectInAddress
from flows.shared.sessions import give_cookie_again, others, renew_token
from idp.actions.actor import Actor
from idp.actions.end_sessions import end_session, end_sessions
from idp.limits.networks import shortened
from idp.sessions.session import Session
from idp.wording import text

GONE = text("That device is already signed out.")


class SessionToEnd(SubjectInAddress, frozen=True):
    """The session that is to end; none: all others."""

    parameter: ClassVar[str] = "session"
    session_id: str


@dataclass(frozen=True)
class Elsewhere:
    """The session to end, as the page describes it."""

    name: str
    network: str
    last_seen_at: datetime


class SignOutElsewhere(PlainStep[Form]):
    """Ends the one session that the run is about, or all others."""

    name = "sign-out-elsewhere"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        session_id = run.about(SessionToEnd).session_id
        return {
            "session": session_id,
            "device": _described(run, _other(run, session_id)) if session_id else None,
            "others": len(others(run)),
            "cancel": rooms.address(run.client, rooms.DEVICES.path),
        }

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        session_id = run.about(SessionToEnd).session_id
        if not session_id:
            own = run.session.id if run.session is not None else ""
            end_sessions(run.tx, run.person_id, by=Actor.person(run.person_id), but=own)
            return Done()
        found = _other(run, session_id)
        if found is None or not end_session(run.tx, found.id, by=Actor.person(run.person_id)):
            return Retry({FORM: GONE})
        return Done()


def back_to_devices(run: Run) -> Ending:
    session_id = run.about(SessionToEnd).session_id
    said = {"ended": session_id} if session_id else {"done": "others"}
    return EndAddress(rooms.address(run.client, rooms.DEVICES.path, **said))


def _other(run: Run, session_id: str) -> Session | None:
    """Return the person's own session of this id; nobody else's."""
    return next((each for each in others(run) if each.id == session_id), None)


def _described(run: Run, session: Session | None) -> Elsewhere | None:
    if session is None:
        return None
    return Elsewhere(
        name_of(session.user_agent, run.theme.translator), shortened(session.address), session.last_seen_at
    )


SIGN_OUT_ELSEWHERE = Flow(
    name="sign-out-elsewhere",
    subject=SessionToEnd.named,
    requires=SignInRequirement(within=RECENT),
    steps=(SignOutElsewhere(),),
    complete=renew_token,
    again=give_cookie_again,
    finish=back_to_devices,
)
