"""`python -m examples.demonstration`: people with known passwords, for the sample portals and for conformance runs."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec
from passlib.registry import get_crypt_handler

from examples.demonstration import codes
from idp import random_values
from idp.commands import printing
from idp.commands.context import Context, pass_context, reports_errors, table
from idp.credentials import authenticator_apps, imported_hashes, passwords, recovery_codes, waiting_hashes
from idp.database import Transaction
from idp.invitations import mail_invitation, validity
from idp.invitations.issuing import RegistrationCodeRequest
from idp.invitations.letters import fund_letters
from idp.invitations.mail_invitation import Invitation
from idp.invitations.registration_code import Channel, RegistrationCodeKind
from idp.organisations import memberships, organisation
from idp.organisations.memberships import AlreadyInvited, Rights
from idp.organisations.organisation import Organisation
from idp.people import accounts, emails, enrolments, legacy, lookup, portal_identifiers, terms
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, email_key, normalise_email
from idp.people.emails import EmailTaken
from idp.people.legacy import LegacyAccount
from idp.people.portal_identifiers import identifier_key
from idp.provider import Provider
from idp.staff import accounts as staff_accounts
from idp.staff import employing
from idp.staff.appointments import Appointment, Role
from idp.staff.employing import StaffInvitee

FOLDER = Path(__file__).resolve().parent
PEOPLE = FOLDER / "development.toml"
CASTS = {"development": PEOPLE, "conformance": FOLDER / "conformance.toml"}
"""By environment: nowhere else may people with known passwords exist."""

REASON = "demonstration"


class Company(msgspec.Struct, forbid_unknown_fields=True):
    fund: str
    number: str
    name: str
    topics: tuple[str, ...] = ()
    address: dict[str, Any] = {}


class Seat(msgspec.Struct, forbid_unknown_fields=True):
    """A person's place in a company."""

    number: str
    administrator: bool = False
    deactivated: bool = False
    topics: tuple[str, ...] = ()


class CustomerNumber(msgspec.Struct, forbid_unknown_fields=True):
    portal: str
    value: str


class Demonstrator(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    password: str
    given_name: str
    family_name: str
    language: str
    portals: tuple[str, ...]
    second_step: str
    note: str
    phone: str = ""
    birth_date: date | None = None
    memberships: tuple[Seat, ...] = ()
    customer_numbers: tuple[CustomerNumber, ...] = ()
    claims: dict[str, Any] = {}
    app_secret: str = ""
    """Base32; `second_step` tells it, so that it can be typed into an app."""
    recovery_codes: tuple[str, ...] = ()


class Guest(msgspec.Struct, forbid_unknown_fields=True):
    """A user whom a company's administrator has invited, and who has not come yet."""

    number: str
    email: str
    given_name: str
    family_name: str
    language: str
    inviter: str
    topics: tuple[str, ...] = ()


class Former(msgspec.Struct, forbid_unknown_fields=True):
    """An account of a former directory that waits for its migration; `scheme` is how that directory hashed."""

    portal: str
    identifier: str
    password: str
    scheme: str
    note: str
    known: dict[str, str] = {}
    email: str = ""


class Employee(msgspec.Struct, forbid_unknown_fields=True):
    """A member of staff of the desk. Nobody can have a passkey beforehand: the invitation is in the inbox."""

    email: str
    name: str
    language: str
    supervises: tuple[str, ...] = ()
    """Client ids of portals."""
    operates: bool = False


class Cast(msgspec.Struct, forbid_unknown_fields=True):
    """One file of people."""

    people: tuple[Demonstrator, ...]
    organisations: tuple[Company, ...] = ()
    guests: tuple[Guest, ...] = ()
    legacy: tuple[Former, ...] = ()
    letters: tuple[codes.Insured, ...] = ()
    invitations: tuple[codes.Administrator, ...] = ()
    staff: tuple[Employee, ...] = ()


@click.group("demo")
def group() -> None:
    """Demonstration people for the sample portals."""


@group.command()
@pass_context
@reports_errors
def load(context: Context) -> None:
    """Create the demonstration people that are not there yet.

    Example: `IDP_ENVIRONMENT=development python -m examples.demonstration load`
    """
    path = CASTS.get(context.settings.environment)
    if path is None:
        raise click.ClickException("demonstration people have known passwords: they exist in development only")
    cast = _cast(path)
    created = [person.email for person in cast.people if _create(context, cast, person)]
    created += [former.identifier for former in cast.legacy if _wait(context, former)]
    created += [guest.email for guest in cast.guests if _invite(context, cast, guest)]
    created += [employee.email for employee in cast.staff if _employ(context, employee)]
    everybody = len(cast.staff) + len(cast.people) + len(cast.legacy) + len(cast.guests)
    click.echo(f"{len(created)} created, {everybody - len(created)} were there")
    click.echo(f"{codes.draw(context, cast.letters, cast.invitations)} registration codes drawn")


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@pass_context
@reports_errors
def show(context: Context, as_json: bool) -> None:
    """Show the demonstration people with their passwords, and the registration codes that were drawn.

    Example: `python -m examples.demonstration show --json`
    """
    rows = [*_rows(_cast(PEOPLE)), *codes.shown(context)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        headings = ("portal", "identifier", "password", "second_step", "note")
        click.echo(table(headings, [tuple(row[name] for name in headings) for row in rows]))


def _cast(path: Path) -> Cast:
    return msgspec.toml.decode(path.read_bytes(), type=Cast)


def _rows(cast: Cast) -> list[dict[str, str]]:
    """Return the identifiers to type at each portal, for people and former accounts alike."""
    people = [(portal, p.email, p.password, p.second_step, p.note) for p in cast.people for portal in p.portals]
    former = [(f.portal, f.identifier, f.password, "migration", f.note) for f in cast.legacy]
    names = ("portal", "identifier", "password", "second_step", "note")
    return [dict(zip(names, row, strict=True)) for row in [*people, *former]]


def _wait(context: Context, former: Former) -> bool:
    """Put a former account where an import would have put it."""
    stored = imported_hashes.adopt(get_crypt_handler(former.scheme).hash(former.password), former.scheme)
    if not isinstance(stored, str):
        raise click.ClickException(f"{PEOPLE.name}: {former.identifier}: {stored.reason}")
    with context.provider.database.transaction(context.origin) as tx:
        if lookup.by_identifier(tx, former.identifier, portal=former.portal).legacy is not None:
            return False
        row_id = random_values.new_id(tx.now)
        row = LegacyAccount(
            id=row_id,
            portal=former.portal,
            identifier=former.identifier,
            key=identifier_key(former.identifier),
            scheme=former.scheme,
            hash=legacy.seal_hash(tx, row_id, stored),
            effort=waiting_hashes.written(imported_hashes.effort_of(stored)),
            wrapped=not imported_hashes.is_cheap(stored),
            known=former.known,
            email=former.email,
            email_key=email_key(former.email),
            imported_at=tx.now,
        )
        tx.add(row)
        waiting_hashes.note(tx, [row.effort])
    return True


def _create(context: Context, cast: Cast, person: Demonstrator) -> bool:
    provider = context.provider
    email = normalise_email(person.email)
    if not isinstance(email, Email):
        raise click.ClickException(f"{person.email} is no e-mail address")
    with provider.database.reading() as tx:
        if emails.owner(tx, email):
            return False
    hashed = provider.hasher.hash(person.password)
    with provider.database.transaction(context.origin) as tx:
        created = accounts.create(tx, _new(person, email), reason=REASON)
        if isinstance(created, EmailTaken):
            return False
        passwords.replace(tx, created.id, hashed, floor=len(person.password), reason=REASON)
        _enrol(tx, provider, created.id, person)
        _seat(tx, created.id, cast, person)
        if person.app_secret:
            authenticator_apps.install(tx, created.id, name="Demonstration", secret=person.app_secret)
        if person.recovery_codes:
            recovery_codes.keep(tx, created.id, person.recovery_codes)
    return True


def _new(person: Demonstrator, email: Email) -> NewPerson:
    return NewPerson(
        email=email,
        given_name=person.given_name,
        family_name=person.family_name,
        language=person.language,
        honorific="none",
        birth_date=person.birth_date,
        phone=person.phone,
        claims=person.claims,
    )


def _enrol(tx: Transaction, provider: Provider, person_id: str, person: Demonstrator) -> None:
    registry = provider.registry.current()
    for portal in person.portals:
        enrolments.enrol(tx, person_id, portal, reason=REASON)
        client = registry.client(portal)
        if client is not None and client.policy.terms_version:
            terms.accept(tx, person_id, portal, client.policy.terms_version, language=person.language)
    for number in person.customer_numbers:
        portal_identifiers.attach(
            tx, person_id, portal=number.portal, kind=portal_identifiers.CUSTOMER, value=number.value
        )


def _seat(tx: Transaction, person_id: str, cast: Cast, person: Demonstrator) -> None:
    for seat in person.memberships:
        row = _company(tx, cast, seat.number)
        rights = Rights(is_administrator=seat.administrator, topics=seat.topics)
        joined = memberships.join(tx, row.id, person_id, rights)
        if seat.deactivated:
            memberships.deactivate(tx, joined.id, reason=REASON)


def _company(tx: Transaction, cast: Cast, number: str) -> Organisation:
    company = next(company for company in cast.organisations if company.number == number)
    return organisation.register(
        tx,
        fund=company.fund,
        number=company.number,
        name=company.name,
        address=company.address,
        topics=company.topics,
    )


def _employ(context: Context, employee: Employee) -> bool:
    """Mail the invitation to the inbox; not again to somebody who has an account."""
    provider, email = context.provider, normalise_email(employee.email)
    if not isinstance(email, Email):
        raise click.ClickException(f"{employee.email} is no e-mail address")
    roles = [Appointment(Role.SUPERVISOR, portal=portal) for portal in employee.supervises]
    roles += [Appointment(Role.OPERATOR)] if employee.operates else []
    invitee = StaffInvitee(email, employee.name, employee.language, tuple(roles))
    with provider.database.transaction(context.origin) as tx:
        if staff_accounts.by_email(tx, email) is not None:
            return False
        employing.invite(tx, provider.limiter, provider.settings, invitee, by=context.actor, reason=REASON)
    return True


def _invite(context: Context, cast: Cast, guest: Guest) -> bool:
    """Mail the invitation to the inbox; not again while the address is in the company's list."""
    with context.provider.database.transaction(context.origin) as tx:
        company = _company(tx, cast, guest.number)
        if any(member.email == guest.email for member in memberships.of_organisation(tx, company.id)):
            return False
        seat = memberships.invite(
            tx,
            company.id,
            email=guest.email,
            given_name=guest.given_name,
            family_name=guest.family_name,
            rights=Rights(topics=guest.topics),
        )
        if isinstance(seat, AlreadyInvited):
            return False
        press = printing.printer(context, company.fund)
        request = RegistrationCodeRequest(
            kind=RegistrationCodeKind.MEMBER,
            channel=Channel.EMAIL,
            client_id=press.client.client_id,
            subject_id=seat.id,
            expires_at=validity.after_days(tx.now, press.client.policy.invitations.lifetime_days, press.zone),
            language=guest.language,
            fund=company.fund,
            organisation_id=company.id,
        )
        link = fund_letters.register_url(context.settings, press.fund)
        invitation = Invitation(to=guest.email, company=company.name, link=link, inviter=guest.inviter)
        mail_invitation.send(tx, request, invitation)
    return True
