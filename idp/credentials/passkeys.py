"""Passkeys: the public keys of a person's authenticators (WebAuthn Level 3).

- A person is known to authenticators by a random handle, which says nothing about them and never changes.
- `use` keeps the highest count of uses that was seen. A count that goes back is reported, and locks nobody out: some
  authenticators count badly, and locking the owner out would not stop a copy of the key.
- Synchronised passkeys report 0 indefinitely; that is no count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.passkeys import (
    PasskeyAdded,
    PasskeyCountWentBack,
    PasskeyRemoved,
    PasskeyRenamed,
    PasskeyUsed,
)
from idp.audit.log import record
from idp.credentials.stored_passkey import NewPasskey, StoredPasskey, columns_of
from idp.database import Base, Transaction
from idp.readings import until_written
from idp.statements import insert_if_absent

MOST = 20
"""Passkeys of one person."""
LONGEST_NAME = 60
HANDLE_BYTES = 32


class PasskeyOwner(Base):
    """A person as authenticators know them: `handle` is random, base64url."""

    __tablename__ = "passkey_owners"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)


class Passkey(StoredPasskey, Base):
    """One credential of a person."""

    __tablename__ = "passkeys"
    __table_args__ = (sa.Index(None, "person_id"),)

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))


@dataclass(frozen=True)
class PasskeySummary:
    """A passkey as its owner and the desk see it."""

    id: str
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class PasskeyUse:
    """`went_back`: reference of the event that says so; empty if the count is as it should be."""

    passkey: Passkey
    went_back: str


OF_PERSON = Passkey.person_id == sa.bindparam("person")
THE_ONE = sa.and_(OF_PERSON, Passkey.id == sa.bindparam("passkey"))
HANDLE = sa.select(PasskeyOwner.handle).where(PasskeyOwner.person_id == sa.bindparam("person"))
KEEP_HANDLE = insert_if_absent(PasskeyOwner)
LIST = sa.select(Passkey.id, Passkey.name, Passkey.added_at, Passkey.last_used_at).where(OF_PERSON).order_by(Passkey.id)
EXISTS = sa.select(Passkey.id).where(THE_ONE)
ANY = sa.select(Passkey.id).where(OF_PERSON).limit(1)
RENAME = sa.update(Passkey).where(THE_ONE).values(name=sa.bindparam("new_name"))
REMOVE = sa.delete(Passkey).where(THE_ONE)
FORGET = sa.delete(Passkey).where(OF_PERSON)
FORGET_HANDLE = sa.delete(PasskeyOwner).where(PasskeyOwner.person_id == sa.bindparam("person"))


def handle_of(tx: Transaction, person_id: str) -> str:
    """Return how authenticators know the person; empty: no passkey was ever added."""
    return tx.execute(HANDLE, {"person": person_id}).scalar() or ""


def by_credential(tx: Transaction, credential_id: str) -> Passkey | None:
    """Return the passkey with this id of its authenticator."""
    return tx.session.scalar(sa.select(Passkey).where(Passkey.credential_id == credential_id))


def of_person(tx: Transaction, person_id: str) -> Sequence[Passkey]:
    """Return the person's passkeys, the oldest first."""
    return tx.session.scalars(sa.select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)).all()


def listed(tx: Transaction, person_id: str) -> list[PasskeySummary]:
    """Return what may be shown of the person's passkeys, the oldest first."""
    return [PasskeySummary(**row._mapping) for row in tx.execute(LIST, {"person": person_id})]


@until_written
def has_any(tx: Transaction, person_id: str) -> bool:
    return tx.execute(ANY, {"person": person_id}).first() is not None


def exists(tx: Transaction, person_id: str, passkey_id: str) -> bool:
    """Return whether this passkey is still the person's."""
    return tx.execute(EXISTS, {"person": person_id, "passkey": passkey_id}).first() is not None


def add(tx: Transaction, person_id: str, new: NewPasskey, *, handle: str, name: str) -> tuple[Passkey, str] | None:
    """Store a passkey; returns it with the reference of the event.

    None: the person is known under another handle by now, has `MOST` already, or someone has this very credential.
    """
    tx.execute(KEEP_HANDLE, {"person_id": person_id, "handle": handle})
    full = len(listed(tx, person_id)) >= MOST
    if full or handle_of(tx, person_id) != handle or by_credential(tx, new.credential_id) is not None:
        return None
    row = Passkey(person_id=person_id, **columns_of(new, tx.now, name=name[:LONGEST_NAME]))
    tx.add(row)
    event = PasskeyAdded(person_id=person_id, passkey_id=row.id, aaguid=new.aaguid, backed_up=new.backed_up)
    return row, record(tx, event)


def use(tx: Transaction, passkey_id: str, *, sign_count: int, backed_up: bool) -> PasskeyUse | None:
    """Note a use that was verified; None: the passkey was removed meanwhile."""
    row = tx.session.scalar(sa.select(Passkey).where(Passkey.id == passkey_id).with_for_update())
    if row is None:
        return None
    stored, reference = row.sign_count, ""
    if row.note_use(tx.now, sign_count=sign_count, backed_up=backed_up):
        event = PasskeyCountWentBack(person_id=row.person_id, passkey_id=row.id, stored=stored, received=sign_count)
        reference = record(tx, event)
    record(tx, PasskeyUsed(person_id=row.person_id, passkey_id=row.id))
    return PasskeyUse(row, reference)


def rename(tx: Transaction, person_id: str, passkey_id: str, name: str) -> bool:
    """Give one of the person's passkeys another name; false: they have no such passkey."""
    row = {"person": person_id, "passkey": passkey_id, "new_name": name[:LONGEST_NAME]}
    if tx.execute(RENAME, row).rowcount == 0:
        return False
    record(tx, PasskeyRenamed(person_id=person_id, passkey_id=passkey_id))
    return True


def remove(tx: Transaction, person_id: str, passkey_id: str, *, reason: str) -> str:
    """Delete one of the person's passkeys; returns the reference of the event, empty: they have no such passkey.

    `idp.actions.remove_method` first asks whether a portal demands it; it also notifies the person and ends sessions.
    """
    if tx.execute(REMOVE, {"person": person_id, "passkey": passkey_id}).rowcount == 0:
        return ""
    return record(tx, PasskeyRemoved(person_id=person_id, passkey_id=passkey_id, reason=reason))


def forget(tx: Transaction, person_id: str) -> None:
    """Delete everything of an erased person."""
    tx.execute(FORGET, {"person": person_id})
    tx.execute(FORGET_HANDLE, {"person": person_id})
