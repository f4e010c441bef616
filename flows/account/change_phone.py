"""Another mobile number: proved by a code sent to it; the old number and the mailbox are notified (X-16).

[fresh sign-in] → new number → code sent there → security page
"""

from dataclasses import dataclass

from flows.account import rooms
from flows.account.owner import RECENT
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.guards.changes_wait import ChangesWait
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.shared.sessions import give_cookie_again, renew_token
from flows.steps.code import CodeForm, CodeStep
from flows.steps.phone_number import AskPhone
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced
from idp.actions.actor import Actor
from idp.actions.phones import change_phone
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.wording import text

NEW = "new-phone"


@dataclass(frozen=True, kw_only=True)
class NewPhoneCode(CodeStep):
    """The proof, and with it the change."""

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        outcome = super().submit(run, form, prepared)
        if isinstance(outcome, Done):
            own = run.session.id if run.session is not None else ""
            by = Actor.person(run.person_id)
            change_phone(run.tx, run.person_id, run.known(Facts).phone, occasion.of_run(run), by=by, but=own)
        return outcome


def has_not_begun(run: Run) -> bool:
    """Return whether no number has been named yet."""
    return NEW not in run.results


CHANGE_PHONE = Flow(
    name="change-phone",
    guards=(ChangesWait(),),
    steps=(
        StrongProofAnnounced(before=NEW),
        StrongProof(before=NEW),
        AskPhone(name=NEW, title=text("Your new mobile number"), template="new-phone", actions=frozenset()),
        NewPhoneCode(
            name="new-phone-code",
            purpose=Purpose.CONTACT_CHANGE_SMS,
            title=text("Check your phone"),
            destination=lambda run: Destination("sms", run.known(Facts).phone),
            needed=lambda run: bool(run.known(Facts).phone),
            proved=Facts(phone_proved=True),
        ),
    ),
    requires=SignInRequirement(within=RECENT, when=has_not_begun),
    complete=renew_token,
    again=give_cookie_again,
    finish=rooms.back_to(rooms.SECURITY, done="phone"),
)
