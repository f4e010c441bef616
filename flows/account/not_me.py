"""« It was not me », from the link of a notice, for people who may be unable to sign in (X-15, X-16).

the mailed link → [button: code to that mailbox] → code → what will happen → [methods added since] → how to continue

Nobody is signed in at the end. The mailbox alone takes access away and gives none: all sessions end, the password opens
nothing, and methods that are newer than the event can be removed. A password reset, with its own proofs, leads back in.
"""

from collections.abc import Mapping

from flows.account.added_methods import AddedMethods
from flows.account.report import Report, facts_of, reported
from flows.engine.flow import Flow, PlainStep
from flows.engine.forms import Form
from flows.engine.guard import Guard
from flows.engine.outcomes import Done, Ending, Outcome, Page
from flows.engine.run import Run
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.code import CodeStep
from idp.actions.emergency import report_from_mailbox
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.messages.recipient import mask_email
from idp.notices import misuse_link
from idp.notices.notice import language_of
from idp.people import emails, person
from idp.people.email_changes import EmailChange
from idp.wording import text


def named(run: Run, query: Mapping[str, str]) -> Report:
    """Read what the opened link names; of an invented link, nothing."""
    found = misuse_link.opened(run.tx, query.get(misuse_link.PARAMETER, ""))
    if found is None:
        return Report("")
    return Report(found.reference, found.person_id, found.mailbox, found.since.isoformat())


class MisuseLinkDead(Guard):
    """The mailed link is too old, incomplete, or of a mailbox that is the account's no more."""

    name = "misuse-link-dead"

    def stops(self, run: Run) -> Ending | None:
        return None if run.known(Facts).written or mailbox_of(run) else self.page()


class MisuseAnnounced(PlainStep[Form]):
    """Says what the notice was about; its button sends the code."""

    name = "misuse-announced"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        return {**facts_of(reported(run)), "mailbox": mask_email(mailbox_of(run))}


class ProtectAccount(PlainStep[Form]):
    """Ends all sessions and the password."""

    name = "protect-account"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        return {"undoes_change": change_of(run) is not None}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        event, owner = reported(run), run.about(Report).owner
        reference = event.reference if event is not None else ""
        registry, at = run.provider.registry.current(), occasion.of_run(run)
        report_from_mailbox(run.tx, registry, owner, at, reported=reference, change=change_of(run))
        return Done(Facts(person_id=owner, written=True))


def change_of(run: Run) -> EmailChange | None:
    """Return the change that took the mailbox from the account, if it can still be undone."""
    about = run.about(Report)
    return misuse_link.undoable_change(run.tx, about.owner, about.mailbox)


def mailbox_of(run: Run) -> str:
    """Return the address that the code goes to; empty if the link is not valid (any more)."""
    about = run.about(Report)
    owner = person.by_id(run.tx, about.owner)
    if owner is None or not owner.is_active:
        return ""
    current, change = emails.of_person(run.tx, owner.id), change_of(run)
    if current is not None and current.key == about.mailbox:
        return current.address
    return change.old if change is not None else ""


def to_mailbox(run: Run) -> Destination:
    return Destination("email", mailbox_of(run))


def language_of_owner(run: Run) -> str:
    return language_of(run.tx, run.about(Report).owner)


def show_protected(_run: Run) -> Ending:
    return Page("pages/account-protected.html")


NOT_ME = Flow(
    name="not-me",
    subject=named,
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
        AddedMethods(),
    ),
    finish=show_protected,
)
