"""The passkeys of staff: the only way in. Two are recommended, so that a lost device locks nobody out."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.staff import StaffPasskeyAdded, StaffPasskeyRemoved
from idp.audit.log import record
from idp.credentials.passkeys import LONGEST_NAME, MOST
from idp.credentials.stored_passkey import NewPasskey, StoredPasskey, columns_of
from idp.database import Base, Transaction


class StaffPasskey(StoredPasskey, Base):
    """One credential of a member of staff."""

    __tablename__ = "staff_passkeys"
    __table_args__ = (sa.Index(None, "staff_id"),)

    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))


def by_credential(tx: Transaction, credential_id: str) -> StaffPasskey | None:
    """Return the passkey with this id of its authenticator."""
    return tx.session.scalar(sa.select(StaffPasskey).where(StaffPasskey.credential_id == credential_id))


def of_staff(tx: Transaction, staff_id: str) -> Sequence[StaffPasskey]:
    """Return the passkeys of one member of staff, the oldest first."""
    theirs = sa.select(StaffPasskey).where(StaffPasskey.staff_id == staff_id)
    return tx.session.scalars(theirs.order_by(StaffPasskey.id)).all()


def add(tx: Transaction, staff_id: str, new: NewPasskey, *, name: str, instead: bool) -> StaffPasskey | None:
    """Store a passkey; `instead` of all earlier ones after an invitation.

    None: they have `MOST` already, or someone has this very credential.
    """
    replaced = forget(tx, staff_id) if instead else 0
    if len(of_staff(tx, staff_id)) >= MOST or by_credential(tx, new.credential_id) is not None:
        return None
    row = StaffPasskey(staff_id=staff_id, **columns_of(new, tx.now, name=name[:LONGEST_NAME]))
    tx.add(row)
    record(tx, StaffPasskeyAdded(staff_id=staff_id, passkey_id=row.id, aaguid=new.aaguid, replaced=replaced))
    return row


def held(tx: Transaction, passkey_id: str) -> StaffPasskey | None:
    """Return the passkey for a use that was verified; None: it was removed meanwhile."""
    return tx.session.scalar(sa.select(StaffPasskey).where(StaffPasskey.id == passkey_id).with_for_update())


def remove(tx: Transaction, staff_id: str, passkey_id: str) -> str:
    """Delete one of several passkeys of this member of staff; the last one stays.

    All of them are locked, so that of two that go at the same moment one stays. Returns the name; empty: nothing was
    deleted.
    """
    locked = sa.select(StaffPasskey.id, StaffPasskey.name).where(StaffPasskey.staff_id == staff_id).with_for_update()
    names = {row.id: row.name for row in tx.session.execute(locked.order_by(StaffPasskey.id))}
    if passkey_id not in names or len(names) < 2:
        return ""
    tx.execute(sa.delete(StaffPasskey).where(StaffPasskey.id == passkey_id))
    record(tx, StaffPasskeyRemoved(staff_id=staff_id, passkey_id=passkey_id))
    return names[passkey_id] or passkey_id


def forget(tx: Transaction, staff_id: str) -> int:
    """Delete all of them; returns how many there were."""
    return tx.execute(sa.delete(StaffPasskey).where(StaffPasskey.staff_id == staff_id)).rowcount
