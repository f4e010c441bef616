"""Another login address: proved before it replaces the old one, which is notified immediately and can undo it (X-17).

[fresh sign-in] → new address → code sent there → security page
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.account import rooms
from flows.account.owner import RECENT
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import FORM, Done, Outcome, Retry, WrongProof
from flows.engine.run import Run
from flows.guards.changes_wait import ChangesWait
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.shared.sessions import give_cookie_again, renew_token
from flows.steps.code import CodeForm, CodeStep
from flows.steps.email_address import RESERVED, TAKEN, AskEmail
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced
from idp.actions.actor import Actor
from idp.actions.emails import change_email
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.people import emails
from idp.people.email_address import Email, normalise_email
from idp.people.emails import EmailTaken
from idp.wording import text

NEW = "new-email"
CANCEL = rooms.cancel_to(rooms.SECURITY)
SAME = text("This is already your address.")


@dataclass(frozen=True, kw_only=True)
class NewEmail(AskEmail):
    """Only the reader of the new mailbox learns whether another account has the address."""

    def page(self, run: Run) -> Mapping[str, object]:
        return {**super().page(run), "cancel": CANCEL(run)}

    def unusable(self, run: Run, email: Email) -> Retry | None:
        current = emails.of_person(run.tx, run.person_id)
        return Retry({"email": SAME}) if current is not None and current.address == email.address else None


@dataclass(frozen=True, kw_only=True)
class NewEmailCode(CodeStep):
    """The proof, and with it the change."""

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        outcome, new = super().submit(run, form, prepared), normalise_email(run.known(Facts).email)
        if not isinstance(outcome, Done) or not isinstance(new, Email):
            return outcome
        own = run.session.id if run.session is not None else ""
        by = Actor.person(run.person_id)
        changed = change_email(run.tx, run.person_id, new, occasion.of_run(run), by=by, but=own)
        if isinstance(changed, EmailTaken):
            return WrongProof({FORM: RESERVED if changed.reserved else TAKEN})
        return outcome


def has_not_begun(run: Run) -> bool:
    """Return whether no address has been named yet: a mail may take longer than a proof is fresh."""
    return NEW not in run.results


CHANGE_EMAIL = Flow(
    name="change-email",
    guards=(ChangesWait(),),
    steps=(
        StrongProofAnnounced(before=NEW, cancel=CANCEL),
        StrongProof(before=NEW),
        NewEmail(
            name=NEW,
            title=text("Your new email address"),
            template="email-address",
            purpose=Purpose.CONTACT_CHANGE_MAIL,
        ),
        NewEmailCode(
            name="new-email-code",
            purpose=Purpose.CONTACT_CHANGE_MAIL,
            title=text("Check your new inbox"),
            destination=lambda run: Destination("email", run.known(Facts).email),
            proved=Facts(mailbox_proved=True),
        ),
    ),
    requires=SignInRequirement(within=RECENT, when=has_not_begun),
    complete=renew_token,
    again=give_cookie_again,
    finish=rooms.back_to(rooms.SECURITY, done="email"),
)
