"""Everything that decides a person's next sign-in, read once for the page of the desk, and never written."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idp.actions.unlocking import PASSWORD, SECOND_STEP
from idp.audit.log import AuditEvent
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.credentials import passwords, recoveries, required_methods
from idp.credentials.passwords import StoredPassword
from idp.credentials.recoveries import Recovery
from idp.database import Transaction
from idp.limits.rate_limit import Limiter
from idp.messages import health, outbox
from idp.messages.health import ChannelState
from idp.messages.outbox import DeliveryReport
from idp.organisations import opened_portals
from idp.organisations.membership import DEACTIVATED, Membership
from idp.organisations.organisation import CLOSED, Organisation
from idp.people import closures, emails, phone_replacements, phones, portal_identifiers, terms
from idp.people.closures import Closure
from idp.people.emails import EmailAddress
from idp.people.person import Person
from idp.people.phones import Phone
from idp.staff import visibility
from idp.staff.appointments import Scope

PAGE_OF_MESSAGES = 20


@dataclass(frozen=True)
class Seat:
    """The person's place in a company that is seen."""

    membership: Membership
    company: Organisation

    @property
    def is_over(self) -> bool:
        return self.membership.state == DEACTIVATED or self.company.state == CLOSED


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`opened` are the portals that the person's password opens and that are seen; `waits` is when wrong tries are
    forgiven; `phone_opens_at` when a new number can be given. `name_of` says a portal's name.
    `reason_is_ours`: the reason of the deactivation is not that of another fund's staff."""

    now: datetime
    person: Person
    address: EmailAddress | None
    phone: Phone | None
    password: StoredPassword | None
    had_password: bool
    waits: datetime | None
    second_step_waits: datetime | None
    opened: Sequence[Client]
    held: Counter[str]
    seats: Sequence[Seat]
    messages: Sequence[DeliveryReport]
    channels: Sequence[ChannelState]
    closure: Closure | None
    recovery: Recovery | None
    phone_opens_at: datetime | None
    disabled: AuditEvent | None
    reason_is_ours: bool
    terms_open: Sequence[Client]
    name_of: Callable[[str], str]


def of_person(
    tx: Transaction,
    scope: Scope,
    found: Person,
    *,
    registry: Registry,
    limiter: Limiter,
    name_of: Callable[[str], str],
    is_ours: Callable[[str], bool],
) -> Situation:
    """Read everything that the checks look at."""
    theirs = visibility.portals_of(scope, registry)
    opened = [
        client for client in opened_portals.portals_opened_by(tx, registry, found.id) if client.client_id in theirs
    ]
    address, number = emails.of_person(tx, found.id), phones.of_person(tx, found.id)
    disabled = None if found.is_active else _disabled(tx, found.id)
    replacement = tx.session.get(phone_replacements.PhoneReplacement, found.id)
    return Situation(
        now=tx.now,
        person=found,
        address=address,
        phone=number,
        password=passwords.current(tx, found.id),
        had_password=bool(passwords.last_hash(tx, found.id)),
        waits=_waits(tx, limiter, found.id, address),
        second_step_waits=limiter.refuses_until(tx, SECOND_STEP, found.id),
        opened=opened,
        held=required_methods.held(tx, found.id),
        seats=seats_of(tx, scope, found.id),
        messages=outbox.of_person(tx, found.id, limit=PAGE_OF_MESSAGES, portals=["", *sorted(theirs)]),
        channels=[health.channel_state(tx, channel) for channel in ("email", "sms")],
        closure=closures.of_person(tx, found.id),
        recovery=_recovery(tx, found.id),
        phone_opens_at=replacement.opens_at if replacement is not None else None,
        disabled=disabled,
        reason_is_ours=disabled is None or is_ours(disabled.actor),
        terms_open=_terms_open(tx, found.id, opened),
        name_of=name_of,
    )


def seats_of(tx: Transaction, scope: Scope, person_id: str) -> list[Seat]:
    """Return the person's places in the companies that are seen, by name."""
    found = (
        sa.select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id == person_id, visibility.company_is_seen(scope))
        .order_by(Organisation.name, Organisation.id)
    )
    return [Seat(*row) for row in tx.session.execute(found)]


def _waits(tx: Transaction, limiter: Limiter, person_id: str, address: EmailAddress | None) -> datetime | None:
    """Return when the next password is looked at, under whichever identifier the last wrong ones were typed."""
    keys = {address.key if address is not None else person_id, *portal_identifiers.keys_of_person(tx, person_id)}
    moments = [limiter.refuses_until(tx, PASSWORD, key) for key in sorted(keys)]
    return max((moment for moment in moments if moment is not None), default=None)


def _terms_open(tx: Transaction, person_id: str, opened: Sequence[Client]) -> list[Client]:
    """Return the portals whose terms of use are still to be accepted."""
    return [each for each in opened if not terms.has_accepted(tx, person_id, each.client_id, each.policy.terms_version)]


def _recovery(tx: Transaction, person_id: str) -> Recovery | None:
    newest = sa.select(recoveries.Recovery).where(recoveries.Recovery.person_id == person_id)
    found = tx.session.scalar(newest.order_by(recoveries.Recovery.id.desc()).limit(1))
    return found if found is not None and found.is_live(tx.now) else None


def _disabled(tx: Transaction, person_id: str) -> AuditEvent | None:
    events = sa.select(AuditEvent).where(AuditEvent.person_id == person_id, AuditEvent.name == "PersonDisabled")
    return tx.session.scalar(events.order_by(AuditEvent.id.desc()).limit(1))
