"""The first sign-in after an account was opened in this browser: its page says so, with the address filled in."""

from datetime import timedelta

import sqlalchemy as sa

from flows.engine.facts import merged
from flows.engine.run import Run
from flows.shared.facts import Facts
from flows.steps.registration.code import ACTIVATION, INVITATION
from idp.people import emails, person
from idp.people.email_address import Email, normalise_email
from idp.runs import FlowRun

LATELY = timedelta(minutes=15)


def address_of(run: Run) -> str:
    """Return the address of the account that was just opened here; empty once its owner has signed in."""
    if not run.row.browser:
        return ""
    finished = sa.select(FlowRun.results).where(
        FlowRun.browser == run.row.browser,
        FlowRun.flow.in_((ACTIVATION, INVITATION)),
        FlowRun.client_id == run.client.client_id,
        FlowRun.finished_at > run.tx.now - LATELY,
    )
    results = run.tx.session.scalar(finished.order_by(FlowRun.id.desc()).limit(1))
    address = merged(Facts, results.values()).email if results else ""
    email = normalise_email(address)
    owner = person.by_id(run.tx, emails.owner(run.tx, email)) if isinstance(email, Email) else None
    return address if owner is not None and owner.last_sign_in_at is None else ""
