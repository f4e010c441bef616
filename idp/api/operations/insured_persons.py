"""Insured persons: put into a fund's register, or brought up to date, so that they can get letters."""

from collections import Counter
from typing import Annotated

import msgspec
from sqlalchemy.exc import IntegrityError

from idp.actions.actor import acting
from idp.api.letters import letters_of
from idp.api.operation import Call, Operation, Reason
from idp.api.problem import INVALID, NOT_FOUND, STATE, ApiProblem, RequestFault
from idp.api.rights import INSURED_WRITE
from idp.audit import log
from idp.audit.events.imports import ImportFinished
from idp.database import Transaction
from idp.imports.insured_persons import ADDRESS, LONGEST_NUMBER, InsuredPersons
from idp.imports.lines import ImportLine
from idp.imports.run import Tally
from idp.imports.values import LONGEST_LINE, BadValue, settings_of_portal
from idp.people.insured import RegisterEntry
from idp.settings import Section

LARGEST = 500
"""Rows of one request; a body has at most `server.max_body_bytes`."""
MEANWHILE = "Somebody registered one of these persons at the same moment: send the request again."
TWICE = "number: on an earlier row already"
NO_TOWN = "locality: missing, and an address without a town is none"

Line = Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)]
Required = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_LINE)]


class InsuredData(Section, frozen=True, kw_only=True):
    """All that the fund says of an insured person. What is left out is emptied."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NUMBER, description="In the fund's register.")]
    given_name: Required
    family_name: Required
    honorific: Line = ""
    birth_date: Annotated[Line, msgspec.Meta(description="1957-03-24; 1957-03 or 1957 where no more is known.")] = ""
    language: Annotated[str, msgspec.Meta(max_length=20, description="Of letters and mails; else the portal's.")] = ""
    address: Annotated[
        tuple[Line, ...], msgspec.Meta(max_length=len(ADDRESS), description="Street or box. Needs the town as well.")
    ] = ()
    postal_code: Line = ""
    locality: Line = ""
    country: Annotated[str, msgspec.Meta(max_length=2)] = ""


class RegisteredPersons(Section, frozen=True, kw_only=True):
    persons: Annotated[tuple[InsuredData, ...], msgspec.Meta(min_length=1, max_length=LARGEST)]
    reason: Reason


class RegisterCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many persons are new in the register, and how many were there already."""

    created: int
    updated: int


def register_insured(call: Call, tx: Transaction) -> RegisterCounts:
    asked, press, tally = call.body(RegisteredPersons), letters_of(call), Tally()
    provider, fund = call.provider, press.fund.code
    settings = settings_of_portal(provider.settings, provider.registry.current(), press.client, provider.clock)
    importer = InsuredPersons(settings, fund=fund, home=press.letterhead.brand.country)
    entries = _understood(importer, asked.persons, tally)
    try:
        with tx.savepoint():
            importer.store(tx, list(enumerate(entries)), tally)
    except IntegrityError as error:
        raise ApiProblem(STATE, MEANWHILE) from error
    event = ImportFinished(
        kind="insured-persons",
        client_id=press.client.client_id,
        fund=fund,
        created=tally.created,
        updated=tally.updated,
        unchanged=0,
        refused=0,
        reason=asked.reason,
    )
    with acting(tx, call.caller.actor, reason=asked.reason):
        log.record(tx, event)
    return RegisterCounts(created=tally.created, updated=tally.updated)


def _understood(importer: InsuredPersons, persons: tuple[InsuredData, ...], tally: Tally) -> list[RegisterEntry]:
    """Return the entries as the fund's import reads them. Raises `ApiProblem`.

    Both accept the same, but for an address without a town: an import counts it in its report, and a program has none.
    """
    entries, faults, seen = [], [], Counter[str]()
    for row, person in enumerate(persons):
        try:
            entry = importer.understand(ImportLine(row, _columns(person)), tally)
            seen[entry.number] += 1
            if not entry.number or seen[entry.number] > 1:
                raise BadValue(TWICE if entry.number else "number: nothing but blanks")
            if any(map(str.strip, person.address)) and not entry.particulars.address:
                raise BadValue(NO_TOWN)
        except BadValue as error:
            faults.append(_fault(row, str(error)))
        else:
            entries.append(entry)
    if faults:
        raise ApiProblem(INVALID, errors=faults)
    return entries


def _columns(person: InsuredData) -> dict[str, str]:
    """Return the columns of the line that this person would be in a file."""
    values = {name: value for name, value in msgspec.structs.asdict(person).items() if isinstance(value, str)}
    lines = dict(zip(ADDRESS, person.address, strict=False))
    return {name: value.strip() for name, value in (values | lines).items()}


def _fault(row: int, said: str) -> RequestFault:
    column, _, detail = said.partition(": ")
    place = f"address/{ADDRESS.index(column)}" if column in ADDRESS else column
    return RequestFault(pointer=f"#/persons/{row}/{place}", detail=detail)


OPERATIONS = (
    Operation(
        method="POST",
        path="/funds/{fund}/insured-persons",
        scope=INSURED_WRITE,
        summary="Register or change insured persons",
        description="They are afterwards as the body says. Where a row is faulty, none is stored. Nobody gets a letter "
        "by this.",
        body=RegisteredPersons,
        answer=RegisterCounts,
        act=register_insured,
        refusals=(NOT_FOUND, STATE),
    ),
)
