"""The sign-in after a journey that ended in this browser: its page has the address filled in."""

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from flows.engine.facts import merged
from flows.engine.run import Run
from flows.shared.facts import Facts
from flows.steps.recovery_link import MailedLink
from flows.steps.registration.code import ACTIVATION, INVITATION
from idp.credentials import recoveries
from idp.people import emails, person
from idp.people.email_address import Email, normalise_email
from idp.runs import FlowRun

LATELY = timedelta(minutes=15)
MIGRATION, RESET = "migration", "reset"


@dataclass(frozen=True)
class EndedJourney:
    """`address` is that of the person's account, `opened` whether the journey opened it."""

    address: str = ""
    opened: bool = False


NONE = EndedJourney()


def lately(run: Run) -> EndedJourney:
    """Return what ended here a moment ago and leads to this sign-in; `NONE` once the person has signed in."""
    if not run.row.browser:
        return NONE
    ended = (
        sa.select(FlowRun.flow, FlowRun.results, FlowRun.subject, FlowRun.finished_at)
        .where(
            FlowRun.browser == run.row.browser,
            FlowRun.flow.in_((ACTIVATION, INVITATION, MIGRATION, RESET)),
            FlowRun.client_id == run.client.client_id,
            FlowRun.finished_at > run.tx.now - LATELY,
        )
        .order_by(FlowRun.id.desc())
        .limit(1)
    )
    last = run.tx.execute(ended).first()
    if last is None:
        return NONE
    owner = person.by_id(run.tx, _reset_of(run, last.subject) if last.flow == RESET else _owner_of(run, last.results))
    if owner is None or (owner.last_sign_in_at is not None and owner.last_sign_in_at >= last.finished_at):
        return NONE
    address = emails.of_person(run.tx, owner.id)
    opened = last.flow in {ACTIVATION, INVITATION} and owner.last_sign_in_at is None
    return EndedJourney(address.address, opened) if address is not None else NONE


def _owner_of(run: Run, results: dict[str, dict[str, object]]) -> str:
    """Return the person whose address the journey proved."""
    email = normalise_email(merged(Facts, results.values()).email)
    return emails.owner(run.tx, email) if isinstance(email, Email) else ""


def _reset_of(run: Run, subject: dict[str, object]) -> str:
    """Return the person whose password the journey replaced."""
    link = msgspec.convert(subject, MailedLink)
    found = recoveries.by_id(run.tx, link.recovery_id)
    return found.person_id if found is not None and found.end_reason == recoveries.USED else ""
