"""Everything that decides a person's next sign-in, read once for the page of the desk, and never written."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idp import methods
from idp.actions.unlocking import PASSWORD, SECOND_STEP
from idp.audit.events.people import PersonDisabled
from idp.audit.log import AuditEvent
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.credentials import passwords
from idp.credentials.passwords import Password, StoredPassword
from idp.credentials.recoveries import Recovery
from idp.database import Transaction
from idp.limits.rate_limit import Limiter
from idp.messages import health, outbox
from idp.messages.health import ChannelState
from idp.messages.outbox import DeliveryReport
from idp.organisations import opened_portals
from idp.organisations.membership import DEACTIVATED, Membership
from idp.organisations.organisation import CLOSED, Organisation
from idp.people.closures import Closure
from idp.people.email_replacements import EmailReplacement
from idp.people.emails import EmailAddress
from idp.people.insured import InsuredPerson
from idp.people.person import ACTIVE, Person
from idp.people.phone_replacements import STAYS_OPEN, PhoneReplacement
from idp.people.phones import Phone
from idp.staff import holdings, prepared_acts, visibility
from idp.staff.appointments import Scope
from idp.staff.holdings import Holdings

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
    `new_address` is the one that replaces a lost mailbox.
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
    holdings: Holdings
    held: Counter[str]
    seats: Sequence[Seat]
    messages: Sequence[DeliveryReport]
    channels: Sequence[ChannelState]
    closure: Closure | None
    recovery: Recovery | None
    phone_opens_at: datetime | None
    new_address: EmailReplacement | None
    disabled: AuditEvent | None
    is_registered: bool
    has_prepared_acts: bool
    terms_open: Sequence[Client]
    name_of: Callable[[str], str]
    reason_is_ours: bool = True


NEWEST_RECOVERY = (
    sa.select(Recovery.id)
    .where(Recovery.person_id == Person.id)
    .order_by(Recovery.id.desc())
    .limit(1)
    .correlate(Person)
    .scalar_subquery()
)
DISABLED = (
    sa.select(AuditEvent.id)
    .where(Person.state != ACTIVE, AuditEvent.person_id == Person.id, AuditEvent.name == PersonDisabled.__name__)
    .order_by(AuditEvent.id.desc())
    .limit(1)
    .correlate(Person)
    .scalar_subquery()
)
REGISTERED = (
    sa.exists()
    .where(InsuredPerson.person_id == Person.id, InsuredPerson.fund.in_(sa.bindparam("funds", expanding=True)))
    .correlate(Person)
)
WAITING = sa.exists().where(prepared_acts.PreparedAct.subject_id == Person.id, *prepared_acts.IS_OPEN).correlate(Person)
SINGLE = (
    sa.select(EmailAddress, Phone, PhoneReplacement, EmailReplacement, Closure, Recovery, AuditEvent)
    .add_columns(REGISTERED, WAITING, Password.retired_at, *passwords.READ)
    .select_from(Person)
    .outerjoin(EmailAddress, EmailAddress.person_id == Person.id)
    .outerjoin(Phone, Phone.person_id == Person.id)
    .outerjoin(PhoneReplacement, PhoneReplacement.person_id == Person.id)
    .outerjoin(EmailReplacement, EmailReplacement.person_id == Person.id)
    .outerjoin(Closure, Closure.person_id == Person.id)
    .outerjoin(Password, Password.person_id == Person.id)
    .outerjoin(Recovery, Recovery.id == NEWEST_RECOVERY)
    .outerjoin(AuditEvent, AuditEvent.id == DISABLED)
    .where(Person.id == sa.bindparam("person"))
)
"""Everything of which a person has at most one."""


def of_person(
    tx: Transaction, scope: Scope, found: Person, *, registry: Registry, limiter: Limiter, name_of: Callable[[str], str]
) -> Situation:
    """Read everything that the checks look at."""
    theirs, held = visibility.portals_of(scope, registry), holdings.of_person(tx, found.id)
    opened = [client for client in _opened(registry, held) if client.client_id in theirs]
    row = tx.session.execute(SINGLE, {"person": found.id, "funds": sorted(scope.funds), "now": tx.now}).one()
    address, phone, new_phone, new_address, closure, recovery, disabled, *facts = row
    registered, has_prepared_acts, retired_at, *password = facts
    new_phone = new_phone if new_phone is not None and new_phone.opens_at > tx.now - STAYS_OPEN else None
    waits, second_step_waits = _waits(tx, limiter, found.id, address, held)
    return Situation(
        now=tx.now,
        person=found,
        address=address,
        phone=phone,
        password=passwords.stored(password) if retired_at is None else None,
        had_password=password[0] is not None,
        waits=waits,
        second_step_waits=second_step_waits,
        opened=opened,
        holdings=held,
        held=_second_steps(tx.now, held, address, phone, new_phone),
        seats=seats_of(tx, scope, found.id),
        messages=outbox.of_person(tx, found.id, limit=PAGE_OF_MESSAGES, portals=["", *sorted(theirs)]),
        channels=health.down(tx),
        closure=closure if closure is not None and closure.is_open else None,
        recovery=recovery if recovery is not None and recovery.is_live(tx.now) else None,
        phone_opens_at=new_phone.opens_at if new_phone is not None else None,
        new_address=new_address if new_address is not None and new_address.is_live(tx.now) else None,
        disabled=disabled,
        is_registered=registered,
        has_prepared_acts=has_prepared_acts,
        terms_open=[each for each in opened if not held.has_accepted(each.client_id, each.policy.terms_version)],
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


def _opened(registry: Registry, held: Holdings) -> Sequence[Client]:
    return opened_portals.opened(registry, held.places(holdings.ENROLMENT), held.places(holdings.FUND))


def _waits(
    tx: Transaction, limiter: Limiter, person_id: str, address: EmailAddress | None, held: Holdings
) -> tuple[datetime | None, datetime | None]:
    """Return when the next password and the next code are looked at.

    The last wrong passwords may have been typed with any identifier of the person.
    """
    keys = {address.key if address is not None else person_id, *(row.key for row in held.of_kind(holdings.NUMBER))}
    asked = [(SECOND_STEP, person_id), *((PASSWORD, key) for key in sorted(keys))]
    codes, *typed = limiter.refuse_until(tx, asked)
    return max((moment for moment in typed if moment is not None), default=None), codes


def _second_steps(
    now: datetime,
    held: Holdings,
    address: EmailAddress | None,
    phone: Phone | None,
    new_phone: PhoneReplacement | None,
) -> Counter[str]:
    """Return how many of each second step the person has, as `required_methods.held` counts them."""
    steps, lost = held.second_steps(), new_phone is not None and new_phone.opens_at <= now
    if address is not None and address.verified_at is not None:
        steps[methods.EMAIL] = 1
    if phone is not None and phone.verified_at is not None and not lost:
        steps[methods.SMS] = 1
    return steps
