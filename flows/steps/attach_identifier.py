"""Attach the former identifier to the account that the person signed in to: one `sub`, no second account (A-28)."""

from collections.abc import Mapping

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Restart, Retry
from flows.engine.run import Run
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.legacy_credentials import account_of
from flows.steps.second_step import CHANGED, proofs_hold
from idp.notices import migration
from idp.people import enrolments, legacy

REASON = "migration"


class AttachIdentifier(PlainStep[Form]):
    """Gives the person the identifier and the portal, and deletes the former password."""

    name = "attach-identifier"
    form = Form

    def applies(self, run: Run) -> bool:
        return bool(run.known(Facts).person_id)

    def page(self, run: Run) -> Mapping[str, object]:
        return {"identifier": account_of(run).identifier, "address": run.known(Facts).email}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        owner, account = run.known(Facts).person_id, account_of(run)
        if not proofs_hold(run):
            return Restart(CHANGED)
        if not legacy.migrate(run.tx, account.id, owner):
            return Retry({})  # the page says why: `MigrationClosed`
        enrolments.enrol(run.tx, owner, run.client.client_id, reason=REASON)
        at, email = occasion.of_run(run), run.known(Facts).email
        migration.ended(run.tx, account, at, person_id=owner, email=email, attached=True)
        return Done(Facts(written=True))
