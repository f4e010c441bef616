"""The dead ends of a migration: migrated already, stopped from the known address, or after the last day."""

from collections.abc import Mapping
from typing import Any, Literal

from flows.engine.flow import Step
from flows.engine.outcomes import Outcome, Stay
from flows.engine.run import Run
from flows.steps.legacy_credentials import account_of
from idp.people import legacy
from idp.people.legacy import LegacyAccount

Why = Literal["", "migrated", "stopped", "too-late"]


class MigrationClosed(Step):
    """Applies as soon as the account cannot be migrated (any more), wherever the run is; is never met (A-32)."""

    name = "migration-closed"

    def applies(self, run: Run) -> bool:
        return not run.facts.written and bool(why_closed(run, account_of(run)))

    def page(self, run: Run) -> Mapping[str, object]:
        source = run.policy.legacy
        return {"why": why_closed(run, account_of(run)), "last_day": source.last_day if source is not None else None}

    def submit(self, run: Run, form: Any, prepared: Any) -> Outcome:
        return Stay()


def why_closed(run: Run, account: LegacyAccount) -> Why:
    """Why this account cannot be migrated; empty: it can."""
    if account.state != legacy.OPEN:
        return "migrated" if account.state == legacy.MIGRATED else "stopped"
    last_day = run.policy.legacy.last_day if run.policy.legacy is not None else None
    today = run.tx.now.astimezone(run.look.translator.zone).date()
    return "too-late" if last_day is not None and today > last_day else ""
