"""« It was not me », from the link of a notice, for somebody who may be unable to sign in (X-15, X-16).

the mailed link → [button: code to that mailbox] → code → what happened and what will happen → how to go on

Nobody is signed in at the end. The mailbox alone takes access away and gives none: all sessions end, the password opens
nothing, and the way of a forgotten password with its own proofs leads back in.
"""

from collections.abc import Mapping
from typing import Any, Self

from flows import occasion
from flows.account import activity
from flows.engine.facts import Facts
from flows.engine.flow import Flow, Step
from flows.engine.guard import Guard
from flows.engine.outcomes import Done, Ending, Outcome, Page
from flows.engine.run import Run
from flows.engine.subject import Subject
from flows.steps.code import CodeStep
from idp import user_agents
from idp.actions.emergency import report_from_mailbox
from idp.audit import timeline
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.limits.networks import shortened
from idp.messages.recipient import mask_email
from idp.notices import misuse_link
from idp.notices.notice import language_of
from idp.people import emails, person
from idp.people.email_changes import EmailChange
from idp.wording import text


class NamedByLink(Subject, frozen=True):
    """Whose account the opened link is about, which mailbox it went to, and the reference of what was not them."""

    person_id: str
    mailbox: str
    reference: str

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        found = misuse_link.opened(run.tx, query.get(misuse_link.PARAMETER, ""))
        return cls(found.person_id, found.mailbox, found.reference) if found is not None else cls("", "", "")


class MisuseLinkDead(Guard):
    """The mailed link is too old, incomplete, or of a mailbox that is the account's no more."""

    name = "misuse-link-dead"

    def stops(self, run: Run) -> Ending | None:
        return None if run.facts.written or mailbox_of(run) else self.page()


class MisuseAnnounced(Step):
    """Says what the notice was about; its button sends the code."""

    name = "misuse-announced"

    def page(self, run: Run) -> Mapping[str, object]:
        return {**event_of(run), "mailbox": mask_email(mailbox_of(run))}


class ProtectAccount(Step):
    """Ends all sessions and the password."""

    name = "protect-account"

    def page(self, run: Run) -> Mapping[str, object]:
        return {"undoes_change": change_of(run) is not None}

    def submit(self, run: Run, form: Any, prepared: Any) -> Outcome:
        about = run.about(NamedByLink)
        reported = timeline.by_reference(run.tx, about.person_id, about.reference)
        reference = reported.reference if reported is not None else ""
        at, change = occasion.of_run(run), change_of(run)
        report_from_mailbox(run.tx, about.person_id, at, reported=reference, change=change)
        return Done(Facts(written=True))


def change_of(run: Run) -> EmailChange | None:
    """Return the change that took the mailbox from the account, if it can still be undone."""
    about = run.about(NamedByLink)
    return misuse_link.undoable_change(run.tx, about.person_id, about.mailbox)


def mailbox_of(run: Run) -> str:
    """Return the address that the code goes to; empty: the link is good for nothing (any more)."""
    about = run.about(NamedByLink)
    owner = person.by_id(run.tx, about.person_id)
    if owner is None or not owner.is_active:
        return ""
    current, change = emails.of_person(run.tx, owner.id), change_of(run)
    if current is not None and current.key == about.mailbox:
        return current.address
    return change.old if change is not None else ""


def event_of(run: Run) -> Mapping[str, object]:
    """Return what the page says of the event that the notice was about."""
    about = run.about(NamedByLink)
    found = timeline.by_reference(run.tx, about.person_id, about.reference)
    if found is None:
        return {"event": ""}
    device = user_agents.name_of(found.user_agent) if found.user_agent else ""
    what, network = activity.WHAT.get(found.name), shortened(found.address)
    return {"event": found.reference, "what": what, "at": found.at, "device": device, "network": network}


def to_mailbox(run: Run) -> Destination:
    return Destination("email", mailbox_of(run))


def language_of_owner(run: Run) -> str:
    return language_of(run.tx, run.about(NamedByLink).person_id)


def show_protected(_run: Run) -> Ending:
    return Page("pages/account-protected.html")


NOT_ME = Flow(
    name="not-me",
    subject=NamedByLink.named,
    guards=(MisuseLinkDead(),),
    steps=(
        MisuseAnnounced(),
        CodeStep(
            name="misuse-code",
            purpose=Purpose.MISUSE_MAIL,
            title=text("Enter the code from your email"),
            destination=to_mailbox,
            proved=Facts(mailbox_proved=True),
            language=language_of_owner,
        ),
        ProtectAccount(),
    ),
    finish=show_protected,
)
