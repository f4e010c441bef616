"""A code's status for the desk: everything except the code itself."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idp.database import Transaction
from idp.invitations.registration_code import (
    LIVE,
    RegistrationCode,
    RegistrationCodeDetails,
    RegistrationCodeKind,
    RegistrationCodeState,
    read_code,
    select_codes,
)
from idp.organisations.membership import INVITED, Membership
from idp.organisations.organisation import Organisation
from idp.people.insured import InsuredPerson

TABLE = RegistrationCode.__table__

OF_SUBJECT = select_codes().where(TABLE.c.subject_id == sa.bindparam("of_subject")).order_by(TABLE.c.id.desc())
BY_REFERENCE = select_codes().where(TABLE.c.reference == sa.bindparam("of_reference"))
OPEN_INVITATIONS = (
    sa.select(TABLE.c.subject_id, TABLE.c.expires_at)
    .join(Membership, Membership.id == TABLE.c.subject_id)
    .where(
        Membership.organisation_id == sa.bindparam("of_organisation"),
        Membership.state == INVITED,
        TABLE.c.kind == RegistrationCodeKind.MEMBER,
        TABLE.c.state.in_(LIVE),
        TABLE.c.expires_at > sa.bindparam("now"),
    )
)
COMPANY_OF = sa.func.coalesce(Membership.organisation_id, TABLE.c.subject_id)
INVITATIONS = (
    select_codes()
    .add_columns(Organisation.number.label("company"))
    .outerjoin_from(TABLE, Membership, Membership.id == TABLE.c.subject_id)
    .outerjoin(Organisation, Organisation.id == COMPANY_OF)
    .where(
        TABLE.c.fund == sa.bindparam("of_fund"),
        TABLE.c.kind.in_((RegistrationCodeKind.ADMINISTRATOR, RegistrationCodeKind.MEMBER)),
    )
    .order_by(TABLE.c.id.desc())
)


LETTERS = (
    select_codes()
    .add_columns(InsuredPerson.number.label("number"))
    .join_from(TABLE, InsuredPerson, InsuredPerson.id == TABLE.c.subject_id)
    .where(TABLE.c.fund == sa.bindparam("of_fund"), TABLE.c.kind == RegistrationCodeKind.INSURED)
    .order_by(TABLE.c.id.desc())
)
OF_INSURED = (
    select_codes()
    .join_from(TABLE, InsuredPerson, InsuredPerson.id == TABLE.c.subject_id)
    .where(
        InsuredPerson.person_id == sa.bindparam("of_person"),
        InsuredPerson.fund.in_(sa.bindparam("of_funds", expanding=True)),
    )
    .order_by(TABLE.c.id.desc())
)


@dataclass(frozen=True, kw_only=True)
class CodeFilter:
    """The codes that are wanted: in this `state` now, with this `reference`, older than the code `before`."""

    state: str = ""
    reference: str = ""
    before: str = ""


@dataclass(frozen=True)
class InsuredLetter:
    """A letter to an insured person. `number` is theirs in the fund's register."""

    code: RegistrationCodeDetails
    number: str


@dataclass(frozen=True)
class CompanyInvitation:
    """An administrator's or user's invitation. `company` is its number; empty once accepted elsewhere or cancelled."""

    code: RegistrationCodeDetails
    company: str


def of_subject(tx: Transaction, subject_id: str) -> list[RegistrationCodeDetails]:
    """Return every code of an insured person, company or membership, the newest first."""
    return [read_code(row) for row in tx.execute(OF_SUBJECT, {"of_subject": subject_id})]


def of_insured(tx: Transaction, person_id: str, funds: Collection[str]) -> list[RegistrationCodeDetails]:
    """Return the letters of a person who has an account, in the registers of these funds, the newest first."""
    asked = {"of_person": person_id, "of_funds": sorted(funds)}
    return [read_code(row) for row in tx.execute(OF_INSURED, asked)]


def open_invitations(tx: Transaction, organisation_id: str) -> dict[str, datetime]:
    """Until when the invitations of a company's users are valid, by membership id; expired ones are missing (B-48)."""
    rows = tx.execute(OPEN_INVITATIONS, {"of_organisation": organisation_id, "now": tx.now})
    return {row.subject_id: row.expires_at for row in rows}


def by_reference(tx: Transaction, reference: str) -> RegistrationCodeDetails | None:
    """Return the code of this reference, however it is typed: blanks, small letters, without hyphen."""
    row = tx.execute(BY_REFERENCE, {"of_reference": _written(reference)}).one_or_none()
    return None if row is None else read_code(row)


def letters(
    tx: Transaction, fund: str, only: CodeFilter, *, limit: int, number: str = "", campaign: str = ""
) -> list[InsuredLetter]:
    """Return the newest letters to insured persons of the fund: one person's, or those of one campaign, if named."""
    wanted = LETTERS.where(*_conditions(tx, only)).limit(limit)
    wanted = wanted.where(InsuredPerson.number == number) if number else wanted
    wanted = wanted.where(TABLE.c.campaign_id == campaign) if campaign else wanted
    found = [row._asdict() for row in tx.execute(wanted, {"of_fund": fund})]
    return [InsuredLetter(number=values.pop("number"), code=RegistrationCodeDetails(**values)) for values in found]


def invitations(
    tx: Transaction, fund: str, *, company: str = "", only: CodeFilter = CodeFilter(), limit: int | None = None
) -> Iterator[CompanyInvitation]:
    """Yield the invitations to companies of the fund, the newest first; of one company, by number, if named."""
    wanted = INVITATIONS.where(*_conditions(tx, only)).limit(limit)
    wanted = wanted.where(Organisation.number == company) if company else wanted
    for row in tx.execute(wanted, {"of_fund": fund}):
        values = row._asdict()
        number = values.pop("company")
        yield CompanyInvitation(RegistrationCodeDetails(**values), number or "")


def _conditions(tx: Transaction, only: CodeFilter) -> Iterator[sa.ColumnElement[bool]]:
    if only.before:
        yield TABLE.c.id < only.before
    if only.reference:
        yield TABLE.c.reference == _written(only.reference)
    if only.state == RegistrationCodeState.EXPIRED:
        yield sa.and_(TABLE.c.state.in_(LIVE), TABLE.c.expires_at <= tx.now)
    elif only.state:
        yield sa.and_(TABLE.c.state == only.state, sa.or_(TABLE.c.state.not_in(LIVE), TABLE.c.expires_at > tx.now))


def _written(reference: str) -> str:
    bare = "".join(symbol for symbol in reference[:40].upper() if symbol.isalnum())
    return f"{bare[:4]}-{bare[4:]}"
