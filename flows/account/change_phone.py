"""Another mobile number: proved by a code sent to it; the old number and the mailbox are notified (X-16).

[fresh sign-in] → new number → code sent there → security page
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.account import rooms
from flows.account.owner import RECENT
from flows.engine.facts import StepFacts
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Done, Ending, Outcome
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
from idp.people import phones
from idp.wording import Text, text

NEW = "new-phone"
CANCEL = rooms.cancel_to(rooms.SECURITY)
PHONE_ADDED, PHONE_REPLACED = "phone-added", "phone"


class ChangedPhone(StepFacts, frozen=True):
    old_was_told: bool = False
    """Another number was replaced, and got the notice."""


@dataclass(frozen=True, kw_only=True)
class NewPhone(AskPhone):
    """Takes no action but a number: a person who wants to give none cancels."""

    name: str = NEW
    title: Text = text("Your new mobile number")
    template: str = NEW
    actions: frozenset[str] = frozenset()

    def page(self, run: Run) -> Mapping[str, object]:
        return {**super().page(run), "cancel": CANCEL(run)}


@dataclass(frozen=True, kw_only=True)
class NewPhoneCode(CodeStep):
    """The proof, and with it the change."""

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        outcome = super().submit(run, form, prepared)
        if not isinstance(outcome, Done):
            return outcome
        own = run.session.id if run.session is not None else ""
        new, by = run.known(Facts).phone, Actor.person(run.person_id)
        old = phones.of_person(run.tx, run.person_id)
        replaces = old is not None and old.number != new
        change_phone(run.tx, run.person_id, new, occasion.of_run(run), by=by, but=own)
        return Done(ChangedPhone(old_was_told=replaces))


def has_not_begun(run: Run) -> bool:
    """Return whether no number has been named yet."""
    return NEW not in run.results


def back_to_security(run: Run) -> Ending:
    done = PHONE_REPLACED if run.known(ChangedPhone).old_was_told else PHONE_ADDED
    return rooms.back_to(rooms.SECURITY, done=done)(run)


CHANGE_PHONE = Flow(
    name="change-phone",
    guards=(ChangesWait(),),
    steps=(
        StrongProofAnnounced(before=NEW, cancel=CANCEL),
        StrongProof(before=NEW),
        NewPhone(),
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
    finish=back_to_security,
)
