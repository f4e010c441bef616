"""Persons: found by what a fund knows of them, read, and helped. Nobody sees or sets a password here."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
import sqlalchemy as sa

from idp.actions import disabling, passwords, unlocking
from idp.actions import end_sessions as ending
from idp.api import visibility
from idp.api.operation import Because, Call, Operation
from idp.api.problem import CHANGED, ELSEWHERE, INVALID, NOT_FOUND, STATE, ApiProblem, RequestFault
from idp.api.rights import CONTACTS_READ, PERSONS_READ, PERSONS_WRITE
from idp.audit import timeline
from idp.audit.events.people import PersonDisabled
from idp.audit.log import AuditEvent
from idp.credentials import authenticator_apps, passkeys, recovery_codes
from idp.database import Transaction
from idp.messages.recipient import mask_email, mask_phone
from idp.methods import PASSKEY, RECOVERY, SMS, TOTP
from idp.notices.notice import Occasion
from idp.organisations import memberships, organisation
from idp.people import closures, emails, enrolments, insured, phones
from idp.people.email_address import MAX_TYPED, email_key
from idp.people.person import Person
from idp.people.portal_identifiers import CUSTOMER, LEGACY, MAX_LENGTH, PortalIdentifier, identifier_key
from idp.settings import Section
from idp.staff import finding
from idp.staff.finding import LONGEST

Fund = Annotated[str, msgspec.Meta(min_length=1, max_length=40, description="Code of one of your funds.")]
Portal = Annotated[str, msgspec.Meta(min_length=1, max_length=255, description="Client id of one of your portals.")]


class ContactRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An address or a number; masked without the scope `contacts:read`."""

    value: str
    proved: bool


class EnrolmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A portal of the person, one of yours."""

    portal: str
    since: datetime


class IdentifierRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A name that one of your portals knows the person by. `kind` is `legacy` or `customer`."""

    portal: str
    kind: str
    value: str


class EmploymentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A company of one of your funds that the person acts or acted for."""

    fund: str
    number: str
    name: str
    membership: str
    state: str
    administrator: bool


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An account as far as it concerns your funds and portals.

    `state` is `active` or `disabled`; `methods` are the second steps that the person can use.
    """

    id: str
    given_name: str
    family_name: str
    language: str
    state: str
    created_at: datetime
    to_be_deleted_at: datetime | None
    email: ContactRecord | None
    phone: ContactRecord | None
    methods: tuple[str, ...]
    portals: tuple[EnrolmentRecord, ...]
    identifiers: tuple[IdentifierRecord, ...]
    companies: tuple[EmploymentRecord, ...]


class PersonList(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[PersonRecord, ...]


class PersonSearch(Section, frozen=True, kw_only=True):
    """One of: `email`; `portal` and `identifier`; `fund` and `number`; `name` and `birth_date`.

    The comparison is exact; of a name, every word must be one of the person's, whatever its case and accents.
    """

    email: Annotated[str, msgspec.Meta(max_length=MAX_TYPED)] | None = None
    portal: Portal | None = None
    identifier: (
        Annotated[str, msgspec.Meta(max_length=MAX_LENGTH, description="Former identifier or customer number.")] | None
    ) = None
    fund: Fund | None = None
    number: (
        Annotated[str, msgspec.Meta(max_length=200, description="Number in the fund's register of insured persons.")]
        | None
    ) = None
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST, pattern=r"\S")] | None = None
    birth_date: date | None = None


def search_persons(call: Call, tx: Transaction) -> PersonList:
    asked = call.body(PersonSearch)
    given = tuple(name for name in PersonSearch.__struct_fields__ if getattr(asked, name) is not None)
    if given == ("name", "birth_date"):
        found = _by_birth_date(call, tx, asked)
        return PersonList(items=tuple(_looked_up(call, tx, each) for each in found))
    ways = {("email",): _by_email, ("portal", "identifier"): _by_identifier, ("fund", "number"): _by_number}
    if given not in ways:
        detail = "email, or portal and identifier, or fund and number, or name and birth_date, is expected"
        raise ApiProblem(INVALID, errors=[RequestFault(pointer="#", detail=detail)])
    call.caller.check_reach(fund=asked.fund, portal=asked.portal)
    one = visibility.find(tx, call.caller, ways[given](tx, asked))
    return PersonList(items=(_looked_up(call, tx, one),) if one is not None else ())


def read_person(call: Call, tx: Transaction) -> PersonRecord:
    return _looked_up(call, tx, _person(call, tx))


def disable_person(call: Call, tx: Transaction) -> PersonRecord:
    found = unchanged(call, tx)
    if disabling.disable(tx, found.id, by=call.caller.actor, reason=call.reason) is None:
        raise ApiProblem(STATE, "The account is not active.")
    return after(call, tx, found)


def enable_person(call: Call, tx: Transaction) -> PersonRecord:
    """A program takes back its own decisions only: another fund or the desk may have closed the account for good."""
    found = unchanged(call, tx)
    if found.is_active:
        raise ApiProblem(STATE, "The account is not disabled.")
    if _author_of_disabling(tx, found.id) != call.caller.actor.text:
        raise ApiProblem(ELSEWHERE, "This program did not disable the account: ask the helpdesk.")
    disabling.enable(tx, found.id, by=call.caller.actor, reason=call.reason)
    return after(call, tx, found)


def unlock_person(call: Call, tx: Transaction) -> PersonRecord:
    found = unchanged(call, tx)
    unlocking.unlock(tx, found.id, by=call.caller.actor, reason=call.reason)
    return after(call, tx, found)


def end_sessions_of_person(call: Call, tx: Transaction) -> PersonRecord:
    found = unchanged(call, tx)
    ending.end_sessions(tx, found.id, by=call.caller.actor, reason=call.reason)
    return after(call, tx, found)


def require_new_password(call: Call, tx: Transaction) -> PersonRecord:
    found = unchanged(call, tx)
    portals = [each.portal for each in enrolments.of_person(tx, found.id)]
    own = next((each for each in portals if each in call.caller.access.portals), next(iter(portals), ""))
    occasion = Occasion(client_id=own, issuer=call.provider.settings.server.issuer)
    by, reason = call.caller.actor, call.reason
    if passwords.require_new_password(tx, found.id, occasion, by=by, reason=reason) is None:
        raise ApiProblem(STATE, "The account has no password that opens anything.")
    return after(call, tx, found)


def _person(call: Call, tx: Transaction) -> Person:
    return visibility.get(tx, call.caller, call.names["person"])


def unchanged(call: Call, tx: Transaction) -> Person:
    """Return the person in the version that the caller named, if it named one."""
    found = _person(call, tx)
    if call.match:
        tx.session.refresh(found, with_for_update=True)  # of two acts on one version, the second sees the first
        call.check_unchanged(_record(call, tx, found))
    return found


def after(call: Call, tx: Transaction, found: Person) -> PersonRecord:
    """Return the person as they are once the act is done."""
    tx.session.refresh(found)
    return _record(call, tx, found)


def _looked_up(call: Call, tx: Transaction, found: Person) -> PersonRecord:
    """Record the look at the person, then describe them."""
    reveal = CONTACTS_READ in call.caller.scopes
    tx.origin = call.origin
    timeline.looked_up(tx, found.id, revealed=reveal)
    return _record(call, tx, found)


def _record(call: Call, tx: Transaction, found: Person) -> PersonRecord:
    reveal = CONTACTS_READ in call.caller.scopes
    email, phone = emails.of_person(tx, found.id), phones.of_person(tx, found.id)
    closure = closures.of_person(tx, found.id)
    return PersonRecord(
        id=found.id,
        given_name=found.given_name,
        family_name=found.family_name,
        language=found.language,
        state=found.state,
        created_at=found.created_at,
        to_be_deleted_at=closure.due_at if closure is not None else None,
        email=_contact(email.address, email.verified_at, reveal, mask_email) if email is not None else None,
        phone=_contact(phone.number, phone.verified_at, reveal, mask_phone) if phone is not None else None,
        methods=_methods(tx, found.id, phone),
        portals=tuple(
            EnrolmentRecord(portal=each.portal, since=each.enrolled_at)
            for each in enrolments.of_person(tx, found.id)
            if each.portal in call.caller.access.portals
        ),
        identifiers=_identifiers(tx, found.id, call.caller.access.portals),
        companies=_employments(tx, found.id, call.caller.access.funds),
    )


def _contact(value: str, proved_at: datetime | None, reveal: bool, mask: Callable[[str], str]) -> ContactRecord:
    return ContactRecord(value=value if reveal else mask(value), proved=proved_at is not None)


def _methods(tx: Transaction, person_id: str, phone: phones.Phone | None) -> tuple[str, ...]:
    held = {
        PASSKEY: bool(passkeys.listed(tx, person_id)),
        TOTP: bool(authenticator_apps.listed(tx, person_id)),
        SMS: phone is not None and phone.verified_at is not None,
        RECOVERY: recovery_codes.listed(tx, person_id) is not None,
    }
    return tuple(name for name, has in held.items() if has)


def _identifiers(tx: Transaction, person_id: str, portals: tuple[str, ...]) -> tuple[IdentifierRecord, ...]:
    theirs = sa.select(PortalIdentifier).where(
        PortalIdentifier.person_id == person_id, PortalIdentifier.portal.in_(portals)
    )
    found = tx.session.scalars(theirs.order_by(PortalIdentifier.id))
    return tuple(IdentifierRecord(portal=each.portal, kind=each.kind, value=each.value) for each in found)


def _employments(tx: Transaction, person_id: str, funds: tuple[str, ...]) -> tuple[EmploymentRecord, ...]:
    held = [(each, organisation.by_id(tx, each.organisation_id)) for each in memberships.of_person(tx, person_id)]
    return tuple(
        EmploymentRecord(
            fund=company.fund,
            number=company.number,
            name=company.name,
            membership=each.id,
            state=each.state,
            administrator=each.is_administrator,
        )
        for each, company in held
        if company is not None and company.fund in funds
    )


def _by_email(tx: Transaction, asked: PersonSearch) -> str:
    key = email_key(asked.email or "")
    return tx.session.scalar(sa.select(emails.EmailAddress.person_id).where(emails.EmailAddress.key == key)) or ""


def _by_identifier(tx: Transaction, asked: PersonSearch) -> str:
    key = identifier_key(asked.identifier or "")
    owner = sa.select(PortalIdentifier.person_id).where(
        PortalIdentifier.portal == asked.portal,
        PortalIdentifier.kind.in_((LEGACY, CUSTOMER)),
        PortalIdentifier.key == key,
    )
    return tx.session.scalar(owner.limit(1)) or ""


def _by_birth_date(call: Call, tx: Transaction, asked: PersonSearch) -> Sequence[Person]:
    if asked.birth_date is None:
        return ()
    exact, _near = finding.born_on(tx, visibility.reach_of(call.caller), asked.name or "", asked.birth_date)
    return exact


def _by_number(tx: Transaction, asked: PersonSearch) -> str:
    number = asked.number or ""
    found = insured.by_numbers(tx, asked.fund or "", [number]).get(number)
    return found.person_id if found is not None else ""


def _author_of_disabling(tx: Transaction, person_id: str) -> str:
    """Return the author of the last event that disabled the account, as the audit trail names them."""
    last = sa.select(AuditEvent.actor).where(
        AuditEvent.person_id == person_id, AuditEvent.name == PersonDisabled.__name__
    )
    return tx.session.scalar(last.order_by(AuditEvent.id.desc()).limit(1)) or ""


def person_act(path: str, act: Callable[[Call, Transaction], PersonRecord], summary: str, more: str = "") -> Operation:
    return Operation(
        method="POST",
        path="/persons/{person}/" + path,
        scope=PERSONS_WRITE,
        summary=summary,
        description=more,
        body=Because,
        answer=PersonRecord,
        act=act,
        match="possible",
        refusals=(NOT_FOUND, STATE, CHANGED, *((ELSEWHERE,) if act is enable_person else ())),
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/persons/search",
        scope=PERSONS_READ,
        summary="Find a person",
        description="By exactly one of the ways that the body names. The look is recorded. Only people of your funds "
        "and portals are found.",
        body=PersonSearch,
        answer=PersonList,
        act=search_persons,
        records=True,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/persons/{person}",
        scope=PERSONS_READ,
        summary="Read a person",
        description="The look is recorded.",
        answer=PersonRecord,
        act=read_person,
        records=True,
        refusals=(NOT_FOUND,),
    ),
    person_act(
        "disable",
        disable_person,
        "Disable an account",
        "Stops every sign-in and ends all access at once, at other portals too. The person is told.",
    ),
    person_act(
        "enable",
        enable_person,
        "Enable an account",
        "Only of an account that this program disabled. Nothing that was ended comes back. The person is told.",
    ),
    person_act("unlock", unlock_person, "Forget failed tries", "The person may try again at once, and is told."),
    person_act(
        "end-sessions",
        end_sessions_of_person,
        "Sign a person out everywhere",
        "At other portals too; offline access ends. The person is told.",
    ),
    person_act(
        "require-new-password",
        require_new_password,
        "Demand a new password",
        "The present one opens nothing any more, and all access that rests on it ends. The person is told.",
    ),
)
