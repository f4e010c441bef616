"""Another login address for someone who lost the mailbox: the desk began it, the new mailbox confirms it (X-17, X-18).

the mailed link → [button: code to the new mailbox] → [code of a letter] → code → how to continue

Nobody is signed in: the desk checked who asked, a waiting time passed in which the old mailbox could stop it, and the
account still asks its password and its second step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from flows.engine.flow import Flow, PlainStep
from flows.engine.forms import Form
from flows.engine.guard import Guard
from flows.engine.outcomes import FORM, Done, Ending, Outcome, Page, Retry
from flows.engine.run import Run
from flows.engine.subject import Subject
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.code import CodeForm, CodeStep
from flows.steps.email_address import RESERVED, TAKEN
from flows.steps.letter_again import LetterAgain, letter_holds
from idp.actions.lost_mailbox import ReplacementOver, finish_email_replacement
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.invitations import redemption
from idp.messages.recipient import mask_email
from idp.notices.lost_mailbox import LINK
from idp.notices.notice import language_of
from idp.people import email_replacements, person
from idp.people.email_replacements import EmailReplacement
from idp.people.emails import EmailTaken
from idp.wording import text

GONE = text("This link is no longer valid. Contact our helpdesk.")


class OpenedLink(Subject, frozen=True):
    """The fingerprint of the link that was opened, and whose account it names; both empty for an invented one."""

    link: str
    owner: str

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        found = email_replacements.by_link(run.tx, query.get(LINK, ""))
        return cls(found.link, found.person_id) if found is not None else cls("", "")


class NewAddressOver(Guard):
    """The mailed link is used, cancelled, too old or incomplete."""

    name = "new-address-over"

    def stops(self, run: Run) -> Ending | None:
        return None if run.known(Facts).written or replacement_of(run) is not None else self.page()


class NewAddressWaits(Guard):
    """The old mailbox still has time to stop it."""

    name = "new-address-waits"

    def stops(self, run: Run) -> Ending | None:
        found = replacement_of(run)
        return self.page(opens_at=found.opens_at) if found is not None and found.opens_at > run.tx.now else None


class NewAddressAnnounced(PlainStep[Form]):
    """Says which address it is; its button continues to the code."""

    name = "new-address-announced"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        return {"mailbox": mask_email(to_new_mailbox(run).address)}


@dataclass(frozen=True, kw_only=True)
class NewAddressCode(CodeStep):
    """The proof, and with it the change; a letter that was typed is used up."""

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        outcome, found = super().submit(run, form, prepared), replacement_of(run)
        if not isinstance(outcome, Done):
            return outcome
        if found is None or not letter_holds(run, owner_of(run)):
            return Retry({FORM: GONE})
        letter = run.known(Facts).registration
        if letter and not redemption.spend(run.tx, letter, person_id=found.person_id):
            return Retry({FORM: GONE})
        changed = finish_email_replacement(run.tx, found, occasion.of_run(run))
        if isinstance(changed, EmailTaken):
            return Retry({FORM: RESERVED if changed.reserved else TAKEN})
        return Retry({FORM: GONE}) if isinstance(changed, ReplacementOver) else outcome


def owner_of(run: Run) -> str:
    return run.about(OpenedLink).owner


def replacement_of(run: Run) -> EmailReplacement | None:
    """Return the replacement that the opened link names, if it is not over."""
    found = email_replacements.by_fingerprint(run.tx, run.about(OpenedLink).link)
    owner = person.by_id(run.tx, owner_of(run))
    live = found is not None and owner is not None and owner.is_active and found.is_live(run.tx.now)
    return found if live else None


def to_new_mailbox(run: Run) -> Destination:
    found = replacement_of(run)
    return Destination("email", found.address if found is not None else "")


def show_replaced(_run: Run) -> Ending:
    return Page("pages/address-replaced.html")


NEW_ADDRESS = Flow(
    name="new-address",
    subject=OpenedLink.named,
    guards=(NewAddressOver(), NewAddressWaits()),
    steps=(
        NewAddressAnnounced(),
        LetterAgain(owner=owner_of),
        NewAddressCode(
            name="new-address-code",
            purpose=Purpose.CONTACT_CHANGE_MAIL,
            title=text("Check your new inbox"),
            destination=to_new_mailbox,
            proved=Facts(mailbox_proved=True, written=True),
            language=lambda run: language_of(run.tx, owner_of(run)),
        ),
    ),
    finish=show_replaced,
)
