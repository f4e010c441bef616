"""The requirements of a recovery: the strictest of all portals that the person's password opens (rulings 32).

The portal in the address decides the wording and the theme only. The rules are read twice: for the request, and when
the password is replaced, because phone and portals may have changed by then.
"""

from dataclasses import dataclass

from flows.engine.run import Run
from idp.clients import policy
from idp.clients.client import Client
from idp.clients.policy import RecoveryPolicy
from idp.credentials import recovery_routes
from idp.credentials.recovery_routes import RecoveryRoute
from idp.organisations.opened_portals import portals_opened_by


@dataclass(frozen=True)
class RecoveryRules:
    """`is_theirs`: the person belongs to the portal in the address; otherwise they are a stranger there."""

    recovery: RecoveryPolicy
    is_theirs: bool

    @property
    def asks_birth_date(self) -> bool:
        return "birth_date" in self.recovery.fields


def of_person(run: Run, person_id: str) -> RecoveryRules:
    """Return the rules for this person; the statements are the same for everybody."""
    opened = portals_opened_by(run.tx, run.provider.registry.current(), person_id)
    policies = [client.policy.recovery for client in _with_asked(run, opened)]
    at_this_portal = any(client.client_id == run.client.client_id for client in opened)
    return RecoveryRules(policy.strictest(policies), at_this_portal or run.policy.entry == "anyone")


def way(run: Run, person_id: str, rules: RecoveryRules) -> RecoveryRoute:
    """Return the way to a new password by these rules."""
    return recovery_routes.of_person(run.tx, person_id, rules.recovery)


def _with_asked(run: Run, opened: tuple[Client, ...]) -> list[Client]:
    return [run.client, *(client for client in opened if client.client_id != run.client.client_id)]
