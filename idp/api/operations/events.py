"""Security events as a feed: the audit trail of a portal, a company or a person, oldest first, followed by a cursor.

Events show once they are a minute old. They are numbered when they happen and stored when their transaction ends, so a
younger one could still appear before what was read already.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from idp.actions.actor import of_audit
from idp.api import visibility
from idp.api.operation import Call, Operation
from idp.api.operations.companies import company_of
from idp.api.paging import PageQuery
from idp.api.problem import NOT_FOUND
from idp.api.rights import EVENTS_READ
from idp.audit import timeline
from idp.audit.events.desk import DeskActed
from idp.audit.events.people import (
    EmailChanged,
    PersonDisabled,
    PersonEnabled,
    PhoneChanged,
    PhoneConfirmed,
    ProfileChanged,
)
from idp.audit.log import AuditEvent
from idp.database import Transaction
from idp.organisations.organisation import Organisation

SETTLED = timedelta(minutes=1)
NONE = ""
"""Stands where an event names no portal and no company."""
OF_AN_ACCOUNT = frozenset(
    kind.__name__
    for kind in (PersonDisabled, PersonEnabled, EmailChanged, PhoneChanged, PhoneConfirmed, ProfileChanged, DeskActed)
)
"""Events that concern the account itself, where they name no portal and no company."""


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `author` is person, desk, client, directory (a company's own) or system; null: nobody was signed in.

    `reference` is what the notice to the person shows. `details` never hold a code or an address in clear.
    """

    id: str
    at: datetime
    name: str
    reference: str
    author: str | None
    person: str | None
    portal: str | None
    details: dict[str, str]


class EventFeed(msgspec.Struct, frozen=True, kw_only=True):
    """`next` is always there: ask again with it later."""

    items: tuple[EventRecord, ...]
    next: str


def list_portal_events(call: Call, tx: Transaction) -> EventFeed:
    return _feed(call, tx, AuditEvent.client_id == call.names["portal"])


def list_company_events(call: Call, tx: Transaction) -> EventFeed:
    return _feed(call, tx, AuditEvent.organisation_id == company_of(call, tx).id)


def list_person_events(call: Call, tx: Transaction) -> EventFeed:
    """Those at the program's portals and companies, its own acts, and what concerns the account wherever it happened.

    An event that names another portal or company is another fund's.
    """
    found = visibility.get(tx, call.caller, call.names["person"])
    own_companies = sa.select(Organisation.id).where(Organisation.fund.in_(call.caller.access.funds))
    nowhere = sa.and_(
        AuditEvent.client_id == NONE, AuditEvent.organisation_id == NONE, AuditEvent.name.in_(OF_AN_ACCOUNT)
    )
    return _feed(
        call,
        tx,
        AuditEvent.person_id == found.id,
        sa.or_(
            AuditEvent.client_id.in_(call.caller.access.portals),
            sa.and_(AuditEvent.client_id == NONE, AuditEvent.organisation_id.in_(own_companies)),
            sa.and_(nowhere, AuditEvent.actor.in_(("", found.id, call.caller.actor.text))),
        ),
    )


def _feed(call: Call, tx: Transaction, *only: sa.ColumnElement[bool]) -> EventFeed:
    asked = call.query(PageQuery)
    wanted = sa.select(AuditEvent).where(*only, AuditEvent.id > asked.cursor, AuditEvent.at <= tx.now - SETTLED)
    found: Sequence[AuditEvent] = tx.session.scalars(wanted.order_by(AuditEvent.id).limit(asked.limit)).all()
    return EventFeed(items=tuple(map(_record, found)), next=found[-1].id if found else asked.cursor)


def _record(event: AuditEvent) -> EventRecord:
    author = of_audit(event.actor)
    return EventRecord(
        id=event.id,
        at=event.at,
        name=event.name,
        reference=event.reference,
        author=author.kind.value if author is not None else None,
        person=event.person_id or None,
        portal=event.client_id or None,
        details=timeline.told_of(event.details),
    )


def _operation(path: str, act_on: str, description: str) -> Operation:
    acts = {"portal": list_portal_events, "company": list_company_events, "person": list_person_events}
    return Operation(
        method="GET",
        path=f"{path}/events",
        scope=EVENTS_READ,
        summary=f"Follow the events of a {act_on}",
        description=f"{description} The oldest first, once they are a minute old.",
        query=PageQuery,
        answer=EventFeed,
        act=acts[act_on],
        refusals=(NOT_FOUND,),
    )


OPERATIONS = (
    _operation("/portals/{portal}", "portal", "All that happened there."),
    _operation("/funds/{fund}/companies/{number}", "company", "Who changed whose rights, and when."),
    _operation("/persons/{person}", "person", "What happened at your portals and companies, and to the account."),
)
