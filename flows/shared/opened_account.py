"""The sign-in after a journey that ended in this browser: its page has the identifier of the person filled in.

It is the address, or what the person typed here when they said whom a forgotten password belongs to (D-10). Nothing is
filled in before the journey has ended, which takes the proofs of the owner.
"""

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
from idp.people import emails, lookup, person
from idp.people.email_address import Email, normalise_email
from idp.runs import FlowRun

LATELY = timedelta(minutes=15)
MIGRATION, RECOVERY, RESET = "migration", "recovery", "reset"
REQUEST = "recovery-request"
REQUESTS_READ = 5


@dataclass(frozen=True)
class EndedJourney:
    """`identifier` is one of the person's, `opened` whether the journey opened the account."""

    identifier: str = ""
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
    if address is None:
        return NONE
    typed = _typed_by(run, owner.id) if last.flow == RESET else ""
    opened = last.flow in {ACTIVATION, INVITATION} and owner.last_sign_in_at is None
    return EndedJourney(typed or address.address, opened)


def _owner_of(run: Run, results: dict[str, dict[str, object]]) -> str:
    """Return the person whose address the journey proved."""
    email = normalise_email(merged(Facts, results.values()).email)
    return emails.owner(run.tx, email) if isinstance(email, Email) else ""


def _reset_of(run: Run, subject: dict[str, object]) -> str:
    """Return the person whose password the journey replaced."""
    link = msgspec.convert(subject, MailedLink)
    found = recoveries.by_id(run.tx, link.recovery_id)
    return found.person_id if found is not None and found.end_reason == recoveries.USED else ""


def _typed_by(run: Run, owner: str) -> str:
    """Return what this browser typed last of what leads to the owner, as it was typed: a customer number stays one."""
    requests = (
        sa.select(FlowRun.kept)
        .where(
            FlowRun.browser == run.row.browser,
            FlowRun.flow == RECOVERY,
            FlowRun.client_id == run.client.client_id,
            FlowRun.finished_at.is_not(None),
        )
        .order_by(FlowRun.id.desc())
        .limit(REQUESTS_READ)
    )
    for kept in run.tx.session.scalars(requests):
        typed = kept.get(REQUEST, {}).get("identifier", "")
        found = lookup.by_identifier(run.tx, typed, portal=run.client.client_id).person
        if found is not None and found.id == owner:
            return typed
    return ""
