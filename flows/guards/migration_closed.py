"""The dead ends of a migration: migrated already, stopped from the known address, or after the last day."""

from typing import Literal

from flows.engine.guard import Guard
from flows.engine.outcomes import Ending
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.people import legacy
from idp.people.legacy import LegacyAccount

Why = Literal["", "migrated", "stopped", "too-late"]


class MigrationClosed(Guard):
    """The account cannot be migrated (any more): migrated elsewhere, stopped, or too late (A-32)."""

    name = "migration-closed"

    def stops(self, run: Run) -> Ending | None:
        if run.known(Facts).written or not run.known(Facts).legacy_account:
            return None
        account = legacy.by_id(run.tx, run.known(Facts).legacy_account)
        why, source = why_closed(run, account), run.policy.legacy
        return self.page(why=why, last_day=source.last_day if source is not None else None) if why else None


def why_closed(run: Run, account: LegacyAccount | None) -> Why:
    """Return why this account cannot be migrated; empty: it can. One that is gone was erased with its owner."""
    if account is None:
        return "migrated"
    if account.state != legacy.OPEN:
        return "migrated" if account.state == legacy.MIGRATED else "stopped"
    last_day = run.policy.legacy.last_day if run.policy.legacy is not None else None
    today = run.tx.now.astimezone(run.theme.translator.zone).date()
    return "too-late" if last_day is not None and today > last_day else ""
