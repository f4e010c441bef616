"""The insured persons of a fund's register: the readers of letters, and the initial data of a registration.

They are not persons of this provider yet, and most never will be: all but their number in the register and their
language is sealed. A registration copies the names; it never writes back to the register (C-20).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.sealing import Sealer

SEAL = "insured-person"


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """A person's data in the register.

    `birth_date_in_part` is ISO 8601 where the day is not known; `address` are the lines under the name, the last ones
    town and country.
    """

    given_name: str
    family_name: str
    honorific: str = ""
    birth_date: date | None = None
    birth_date_in_part: str = ""
    address: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegisterEntry:
    """One line of a register as it is imported."""

    number: str
    language: str
    particulars: Particulars


@dataclass(frozen=True)
class InsuredDetails:
    """An insured person, opened. `person_id` is empty until an account was opened with a letter."""

    id: str
    fund: str
    number: str
    language: str
    person_id: str
    particulars: Particulars


@dataclass(frozen=True)
class BatchCount:
    """The result of importing a batch."""

    created: int
    updated: int


class InsuredPerson(Base):
    __tablename__ = "insured_persons"
    __table_args__ = (
        sa.Index("uq_insured_persons_number", "fund", "number", unique=True),
        sa.Index("ix_insured_persons_person_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str]
    number: Mapped[str]
    language: Mapped[str]
    person_id: Mapped[str]
    sealed_particulars: Mapped[str]
    imported_at: Mapped[datetime]


TABLE = InsuredPerson.__table__
INSERT = sa.insert(TABLE)  # type: ignore[arg-type]
UPDATE = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"))
    .values(
        language=sa.bindparam("new_language"),
        sealed_particulars=sa.bindparam("new_sealed"),
        imported_at=sa.bindparam("at"),
    )
)
IDS = sa.select(TABLE.c.number, TABLE.c.id).where(
    TABLE.c.fund == sa.bindparam("of_fund"), TABLE.c.number.in_(sa.bindparam("numbers", expanding=True))
)
_READ = sa.select(
    TABLE.c.id, TABLE.c.fund, TABLE.c.number, TABLE.c.language, TABLE.c.person_id, TABLE.c.sealed_particulars
)
BY_ID = _READ.where(TABLE.c.id == sa.bindparam("of_id"))
OF_PERSON = _READ.where(TABLE.c.person_id == sa.bindparam("owner"))
BY_NUMBERS = _READ.where(
    TABLE.c.fund == sa.bindparam("of_fund"), TABLE.c.number.in_(sa.bindparam("numbers", expanding=True))
)
WITHOUT_ACCOUNT = sa.select(TABLE.c.number).where(TABLE.c.fund == sa.bindparam("of_fund"), TABLE.c.person_id == "")
ATTACH = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"), TABLE.c.person_id.in_(("", sa.bindparam("owner"))))
    .values(person_id=sa.bindparam("to_person"))
)


def store_many(tx: Transaction, fund: str, entries: Sequence[RegisterEntry]) -> BatchCount:
    """Insert or update the entries of one batch; numbers are distinct within it.

    The rows are written in one order, whatever that of the entries: two writers never wait for each other.
    """
    entries = sorted(entries, key=lambda entry: entry.number)
    found = tx.execute(IDS, {"of_fund": fund, "numbers": [entry.number for entry in entries]})
    known: dict[str, str] = {row.number: row.id for row in found}
    new = [entry for entry in entries if entry.number not in known]
    old = [entry for entry in entries if entry.number in known]
    if new:
        tx.execute(INSERT, [_new_row(tx, fund, entry) for entry in new])
    if old:
        tx.execute(UPDATE, [_changed_row(tx, known, entry) for entry in old])
    return BatchCount(created=len(new), updated=len(old))


def by_id(tx: Transaction, insured_id: str) -> InsuredDetails | None:
    """Return the insured person a registration code was issued for."""
    row = tx.execute(BY_ID, {"of_id": insured_id}).one_or_none()
    return None if row is None else _opened(tx.sealer, row)


def of_person(tx: Transaction, person_id: str) -> list[InsuredDetails]:
    """Return the entries whose account is the person's; none for an empty id."""
    return [_opened(tx.sealer, row) for row in tx.execute(OF_PERSON, {"owner": person_id})] if person_id else []


def by_numbers(tx: Transaction, fund: str, numbers: Iterable[str]) -> dict[str, InsuredDetails]:
    """Return the insured persons with these numbers, by number; unknown numbers are missing from the answer."""
    rows = tx.execute(BY_NUMBERS, {"of_fund": fund, "numbers": list(numbers)})
    return {row.number: _opened(tx.sealer, row) for row in rows}


def without_account(tx: Transaction, fund: str) -> list[str]:
    """Return the numbers of the fund's insured persons who have no account yet."""
    return list(tx.execute(WITHOUT_ACCOUNT.order_by(TABLE.c.number), {"of_fund": fund}).scalars())


def attach(tx: Transaction, insured_id: str, *, person_id: str) -> bool:
    """Note whose account it became, or is. Return False if it is another person's."""
    return tx.execute(ATTACH, {"of_id": insured_id, "to_person": person_id, "owner": person_id}).rowcount == 1


def move(tx: Transaction, from_id: str, to_id: str) -> None:
    """Let the entries of an account belong to another one of the same person."""
    theirs = sa.update(TABLE).where(TABLE.c.person_id == from_id)  # type: ignore[arg-type]
    tx.execute(theirs.values(person_id=to_id))


def detach(tx: Transaction, person_id: str) -> None:
    """Detach an erased account from its insured persons. They stay in the fund's register, and may get a new letter."""
    tx.execute(sa.update(TABLE).where(TABLE.c.person_id == person_id).values(person_id=""))  # type: ignore[arg-type]


def born_on(insured: InsuredDetails, day: date | None) -> bool:
    """Return whether the second knowledge is right (rulings 9); without the whole date nobody gets through."""
    return insured.particulars.birth_date is not None and insured.particulars.birth_date == day


def _new_row(tx: Transaction, fund: str, entry: RegisterEntry) -> dict[str, object]:
    new_id = random_values.new_id(tx.now)
    return {
        "id": new_id,
        "fund": fund,
        "number": entry.number,
        "language": entry.language,
        "person_id": "",
        "sealed_particulars": _sealed(tx.sealer, new_id, entry.particulars),
        "imported_at": tx.now,
    }


def _changed_row(tx: Transaction, known: Mapping[str, str], entry: RegisterEntry) -> dict[str, object]:
    known_id = known[entry.number]
    return {
        "of_id": known_id,
        "new_language": entry.language,
        "new_sealed": _sealed(tx.sealer, known_id, entry.particulars),
        "at": tx.now,
    }


def _sealed(sealer: Sealer, row_id: str, particulars: Particulars) -> str:
    return sealer.seal(SEAL, msgspec.json.encode(particulars), context=row_id)


def _opened(sealer: Sealer, row: sa.Row[tuple[str, str, str, str, str, str]]) -> InsuredDetails:
    plain = sealer.open(SEAL, row.sealed_particulars, context=row.id)
    return InsuredDetails(
        id=row.id,
        fund=row.fund,
        number=row.number,
        language=row.language,
        person_id=row.person_id,
        particulars=msgspec.json.decode(plain, type=Particulars),
    )
