"""A person's page: on top the sentence that says why they cannot sign in, below everything it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import acts, find, history, rooms, second_person
from flows.desk.records import OpenRecord
from flows.desk.situations import situation_of
from idp.actions.remove_method import RemovableMethod, phone_method
from idp.audit.log import AuditEvent
from idp.invitations import status
from idp.invitations.registration_code import RegistrationCodeDetails
from idp.messages.recipient import mask_email, mask_phone, show_phone
from idp.people.person import Person
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.staff import checks, holdings, looks, visibility
from idp.staff.appointments import Act
from idp.staff.situation import Situation

EVENTS = 30


@dataclass(frozen=True)
class ShownContact:
    """Address and number as this session may see them."""

    email: str
    phone: str
    email_is_proved: bool
    phone_is_proved: bool
    revealed: bool


def show(open_: OpenRecord[Person]) -> AnyResponse:
    visit, seen, events = open_.visit, situation_of(open_), _events(open_)
    disabled = [seen.disabled] if seen.disabled is not None else []
    authors = history.Authors(visit, {event.actor for event in (*events, *disabled)})
    seen = replace(seen, reason_is_ours=all(authors.is_ours(event.actor) for event in disabled))
    explanation = checks.explain(seen)
    offered = acts.allowed(open_, seen)
    names = {act.name for act in offered}
    done = acts.BY_NAME.get(request.args.get("done", ""))
    waiting = second_person.lines(visit, looks.PERSON, open_.row.id) if seen.has_prepared_acts else ()
    return visit.page(
        "person.html",
        rooms.FIND,
        done.done if done is not None else second_person.DONE.get(request.args.get("done", "")),
        record=open_,
        seen=seen,
        contact=_contact(open_, seen),
        explanation=explanation,
        next_act=acts.BY_NAME[explanation.act] if explanation.act in names else None,
        offered=offered,
        for_supervisors=[act for act in acts.ACTS if act.offered(seen) and acts.is_for_supervisors(visit, act)],
        waiting=waiting,
        may_reveal=_may_reveal(open_),
        may_remove=acts.is_allowed(open_, acts.METHOD),
        address=rooms.record(looks.PERSON, open_.row.id),
        methods=_methods(seen),
        sessions=_sessions(open_, seen),
        enrolled=_enrolled(open_, seen),
        numbers=_numbers(open_, seen),
        letters=_letters(open_),
        message_words=history.message_words,
        lines=history.lines_of(visit, events, authors),
    )


def reveal(open_: OpenRecord[Person]) -> AnyResponse:
    """Show address and number in clear from now on, in this session; the look is recorded again."""
    visit = open_.visit
    if not _may_reveal(open_):
        raise NotFound
    reason = find.reason_of() or open_.look.reason
    looks.take(open_.tx, visit.session.id, looks.PERSON, open_.row.id, reason=reason, revealed=True)
    return redirect(rooms.record(looks.PERSON, open_.row.id), 303)


def _may_reveal(open_: OpenRecord[Person]) -> bool:
    return acts.is_within(open_, Act.REVEAL)


def _contact(open_: OpenRecord[Person], seen: Situation) -> ShownContact:
    revealed = open_.look.revealed and _may_reveal(open_)
    email = seen.address.address if seen.address is not None else ""
    phone = seen.phone.number if seen.phone is not None else ""
    return ShownContact(
        email=email if revealed else mask_email(email),
        phone=show_phone(phone) if revealed else mask_phone(phone),
        email_is_proved=seen.address is not None and seen.address.verified_at is not None,
        phone_is_proved=seen.phone is not None and seen.phone.verified_at is not None,
        revealed=revealed,
    )


def _portals(open_: OpenRecord[Person]) -> frozenset[str]:
    return visibility.portals_of(open_.visit.scope(), open_.visit.registry)


def _sessions(open_: OpenRecord[Person], seen: Situation) -> list[Session]:
    """Return the live sessions that reached a portal that is seen: funds may share a session."""
    shown = _portals(open_)
    reached = {each.id for each in seen.holdings.of_kind(holdings.REACHED) if each.place in shown}
    return [each for each in sessions.of_person(open_.tx, open_.row.id) if each.id in reached]


def _methods(seen: Situation) -> list[RemovableMethod]:
    """Return what could be removed: passkeys, apps, the list of recovery codes, and the phone."""
    phone = seen.phone
    own = [phone_method(phone)] if phone is not None else []
    return [*seen.holdings.removable(), *own]


def _enrolled(open_: OpenRecord[Person], seen: Situation) -> list[tuple[str, datetime | None]]:
    """Return the portals the person is enrolled at, and since when; only those that are seen."""
    shown, visit = _portals(open_), open_.visit
    return [
        (visit.registry.name_of(each.place, visit.theme.language), each.since)
        for each in seen.holdings.of_kind(holdings.ENROLMENT)
        if each.place in shown
    ]


def _numbers(open_: OpenRecord[Person], seen: Situation) -> list[tuple[str, str]]:
    """Return what the portals that are seen call the person."""
    visit = open_.visit
    shown = visit.scope().portals
    found = [each for each in seen.holdings.of_kind(holdings.NUMBER) if each.place in shown]
    return [(visit.registry.name_of(each.place, visit.theme.language), each.name) for each in found]


def _letters(open_: OpenRecord[Person]) -> list[RegistrationCodeDetails]:
    """Return the letters of the registers that are seen, the newest first."""
    return status.of_insured(open_.tx, open_.row.id, open_.visit.scope().funds)


def _events(open_: OpenRecord[Person]) -> Sequence[AuditEvent]:
    visit = open_.visit
    theirs = sa.select(AuditEvent).where(
        AuditEvent.person_id == open_.row.id,
        AuditEvent.name.in_(history.WHAT),
        visibility.event_is_seen(visit.scope(), visit.registry),
    )
    return open_.tx.session.scalars(theirs.order_by(AuditEvent.id.desc()).limit(EVENTS)).all()
