"""`idp demo`: people to try the sample portals with, in the development environment only."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec

from idp.commands.context import Context, pass_context, reports_errors, table
from idp.credentials import passwords
from idp.database import Transaction
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import accounts, emails, enrolments, portal_identifiers, terms
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.emails import EmailTaken
from idp.provider import Provider
from idp.settings import ROOT

PEOPLE = ROOT / "examples" / "demonstration.toml"
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


class Cast(msgspec.Struct, forbid_unknown_fields=True):
    """The file of the demonstration."""

    organisations: tuple[Company, ...]
    people: tuple[Demonstrator, ...]


@click.group("demo")
def group() -> None:
    """Demonstration people for the sample portals."""


@group.command()
@pass_context
@reports_errors
def load(context: Context) -> None:
    """Create the demonstration people that are not there yet.

    Example: `IDP_ENVIRONMENT=development idp demo load`
    """
    if not context.settings.development:
        raise click.ClickException("demonstration people have known passwords: they exist in development only")
    cast = _cast(PEOPLE)
    created = [person.email for person in cast.people if _create(context, cast, person)]
    click.echo(f"{len(created)} created, {len(cast.people) - len(created)} were there")


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def show(as_json: bool) -> None:
    """Show the demonstration people with their passwords.

    Example: `idp demo show --json`
    """
    rows = [
        {
            "portal": portal,
            "identifier": person.email,
            "password": person.password,
            "second_step": person.second_step,
            "note": person.note,
        }
        for person in _cast(PEOPLE).people
        for portal in person.portals
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        headings = ("portal", "identifier", "password", "second_step", "note")
        click.echo(table(headings, [tuple(row[name] for name in headings) for row in rows]))


def _cast(path: Path) -> Cast:
    return msgspec.toml.decode(path.read_bytes(), type=Cast)


def _create(context: Context, cast: Cast, person: Demonstrator) -> bool:
    provider = context.provider
    email = normalise_email(person.email)
    if not isinstance(email, Email):
        raise click.ClickException(f"{PEOPLE.name}: {person.email} is no e-mail address")
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
    companies = {company.number: company for company in cast.organisations}
    for seat in person.memberships:
        company = companies[seat.number]
        row = organisation.register(
            tx,
            fund=company.fund,
            number=company.number,
            name=company.name,
            address=company.address,
            topics=company.topics,
        )
        memberships.join(tx, row.id, person_id, Rights(is_administrator=seat.administrator, topics=seat.topics))
