"""Send a person the link with which they replace a forgotten password: what the desk does for a caller.

The link, the second proof and the waiting times are those of the person's own request. It goes to the address on file;
nobody of the desk sees it, or the code that goes to the phone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from idp.actions.actor import Actor, acting, note
from idp.audit.events.recovery import RecoveryRequested
from idp.audit.log import record
from idp.clients import policy
from idp.clients.client import Client
from idp.clients.policy import RecoveryPolicy
from idp.clients.registry import Registry
from idp.codes import service as codes
from idp.codes.rules import Purpose
from idp.codes.service import CodeRequest, Destination
from idp.credentials import recoveries, recovery_routes
from idp.credentials.recoveries import Recovery, RecoveryPlan
from idp.credentials.recovery_routes import RecoveryRoute, RouteObstacle
from idp.database import Transaction
from idp.limits.rate_limit import Limiter, LimitHit
from idp.messages import outbox
from idp.notices import recovery as notices
from idp.notices.notice import language_of
from idp.organisations.opened_portals import portals_opened_by
from idp.people import emails, person
from idp.people.person import Person

LIMIT = "recovery_requests"
A_DAY = timedelta(days=1)  # a mailed link lives that long at most (NIST SP 800-63B-4 §4.2.1.2)
NO_DELAY = timedelta()


@dataclass(frozen=True)
class NoRecovery:
    """Refused. `until`: from when on it may work.

    inactive             the account is deactivated
    no-portal            its password opens no portal
    no-address           there is no address on file
    too-many             several links were sent already
    birth-date-unknown   a portal asks for the date of birth, which is not on file
    no-phone, phone, new-method   the second proof is missing, or too new (`RecoveryRoute.why`)
    """

    why: Literal["inactive", "no-portal", "no-address", "too-many", "birth-date-unknown"] | RouteObstacle
    until: datetime | None = None


@dataclass(frozen=True)
class SentRecovery:
    """The mail is on its way. `opens_at` lies ahead where the mailbox is the only proof: the link is mailed then."""

    opens_at: datetime


def send_recovery(
    tx: Transaction,
    registry: Registry,
    limiter: Limiter,
    person_id: str,
    *,
    issuer: str,
    seen_at: Collection[str],
    by: Actor,
    reason: str,
) -> SentRecovery | NoRecovery:
    """Mail the link, in the brand of a portal of the person's, one of `seen_at` if there is one."""
    found, address = person.held(tx, person_id), emails.of_person(tx, person_id)
    opened = portals_opened_by(tx, registry, person_id)
    rules = policy.strictest([client.policy.recovery for client in opened])
    route = recovery_routes.of_person(tx, person_id, rules)
    if found is None or not found.is_active:
        return NoRecovery("inactive")
    if not opened:
        return NoRecovery("no-portal")
    if address is None:
        return NoRecovery("no-address")
    refused = _refusal(found, rules, route)
    if refused is not None:
        return refused
    if isinstance(limiter.debit(tx, LIMIT, person_id), LimitHit):
        return NoRecovery("too-many")
    client = next((each for each in opened if each.client_id in seen_at), opened[0])
    with acting(tx, by, reason=reason):
        note(tx, by, "start-recovery", person_id=person_id, reason=reason)
        begun = recoveries.begin(tx, _plan(person_id, client, rules, route))
        language, sms_sent = language_of(tx, person_id), bool(client.policy.recovery.sms_at_request and route.phone)
        named = {"to": address.address, "language": language}
        for message in notices.by_desk(begun, client, issuer, route=route, sms_sent=sms_sent, **named):
            outbox.enqueue(tx, message)
        if sms_sent:
            _send_code(tx, limiter, client, begun.recovery, route, language)
        outcome = "link" if route.by == "factor" else "delayed"
        record(tx, RecoveryRequested(person_id=person_id, outcome=outcome, recovery_id=begun.recovery.id))
    return SentRecovery(begun.recovery.opens_at)


def _refusal(found: Person, rules: RecoveryPolicy, route: RecoveryRoute) -> NoRecovery | None:
    if "birth_date" in rules.fields and found.birth_date is None:
        return NoRecovery("birth-date-unknown")
    return NoRecovery(route.why, route.until) if route.by == "desk" else None


def _plan(person_id: str, client: Client, rules: RecoveryPolicy, route: RecoveryRoute) -> RecoveryPlan:
    waits = route.by == "mailbox"
    return RecoveryPlan(
        person_id=person_id,
        asked_for=person_id,
        client_id=client.client_id,
        by_factor=not waits,
        asks_birth_date="birth_date" in rules.fields,
        lifetime=A_DAY if waits else timedelta(seconds=rules.link_lifetime),
        delay=timedelta(seconds=rules.delay) if waits else NO_DELAY,
    )


def _send_code(
    tx: Transaction, limiter: Limiter, client: Client, recovery: Recovery, route: RecoveryRoute, language: str
) -> None:
    """Send the text message together with the mail, as the portal does."""
    request = CodeRequest(
        purpose=Purpose.RECOVERY_SMS,
        bound_to=recovery.id,
        destination=Destination("sms", route.phone),
        language=language,
        client=client,
        person_id=recovery.person_id,
    )
    codes.issue(tx, limiter, request)
