"""« Ce n'était pas moi »: all other sessions end immediately, then the thief's other possible access (X-15, X-16).

[fresh sign-in] → what happened and what will happen → [methods added since] → new password → security page
"""

from collections.abc import Mapping

from flows.account import rooms
from flows.account.added_methods import AddedMethods
from flows.account.owner import RECENT
from flows.account.report import Report, facts_of, reported
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.shared import occasion
from flows.shared.sessions import give_cookie_again, renew_token
from flows.steps.new_password import NewPassword
from idp.actions.actor import Actor
from idp.actions.emergency import report_misuse
from idp.actions.passwords import HashedPassword, replace_password
from idp.credentials import passwords
from idp.wording import Text, text

REASON = "emergency"


class Alarm(PlainStep[Form]):
    """Ends all other sessions and the password."""

    name = "alarm"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        return {**facts_of(reported(run)), "cancel": rooms.address(run.client, rooms.ACTIVITY.path)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        own = run.session.id if run.session is not None else ""
        at, by = occasion.of_run(run), Actor.person(run.person_id)
        report_misuse(run.tx, run.person_id, at, by=by, reported=run.about(Report).event, but=own)
        return Done()


def is_calm(run: Run) -> bool:
    """Return whether nothing was done yet. Afterwards there is no password left to prove oneself with."""
    return Alarm.name not in run.results


def title(_run: Run) -> Text:
    return text("Choose a new password")


def replace(run: Run, hashed: HashedPassword) -> None:
    own = run.session.id if run.session is not None else ""
    at, by = occasion.of_run(run), Actor.person(run.person_id)
    replace_password(run.tx, run.person_id, hashed, at, by=by, reason=REASON, but=own)


def last_hash(run: Run) -> str:
    """Return the password that someone else may know: it must not be chosen again."""
    return passwords.last_hash(run.tx, run.person_id)


EMERGENCY = Flow(
    name="emergency",
    subject=Report.named,
    steps=(Alarm(), AddedMethods(), NewPassword(title=title, keep=replace, previous=last_hash)),
    requires=SignInRequirement(within=RECENT, when=is_calm),
    complete=renew_token,
    again=give_cookie_again,
    finish=rooms.back_to(rooms.SECURITY, done=REASON),
)
