"""The portals that a person uses. Enrolment opens a portal whose policy asks for it; ending one keeps the person."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import Enrolled, EnrolmentEnded
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.statements import upsert

HAS_ENDED = sa.text("ended_at IS NOT NULL")


class Enrolment(Base):
    """A person at a portal (its client id). `ended_at` set: over, until enrolled again."""

    __tablename__ = "enrolments"
    __table_args__ = (
        sa.Index("ix_enrolments_ended_at", "ended_at", sqlite_where=HAS_ENDED, postgresql_where=HAS_ENDED),
    )

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


ENROL = upsert(
    Enrolment, ["person_id", "portal"], ["enrolled_at"], also={"ended_at": None}, where=Enrolment.ended_at.is_not(None)
).returning(Enrolment.portal)
IS_ENROLLED = sa.select(Enrolment.portal).where(
    Enrolment.person_id == sa.bindparam("person"), Enrolment.portal == sa.bindparam("at"), Enrolment.ended_at.is_(None)
)


def enrol(tx: Transaction, person_id: str, portal: str, *, reason: str) -> bool:
    """Make the portal one of the person's; false when it was already."""
    row = {"person_id": person_id, "portal": portal, "enrolled_at": tx.now, "ended_at": None}
    if tx.execute(ENROL, row).first() is None:
        return False
    record(tx, Enrolled(person_id=person_id, client_id=portal, reason=reason))
    return True


def end(tx: Transaction, person_id: str, portal: str, *, reason: str) -> bool:
    """End the person's enrolment. False: there was none. `idp.actions.migrations` also ends their access."""
    live = sa.update(Enrolment).where(
        Enrolment.person_id == person_id, Enrolment.portal == portal, Enrolment.ended_at.is_(None)
    )
    if tx.session.scalar(live.values(ended_at=tx.now).returning(Enrolment.portal)) is None:
        return False
    record(tx, EnrolmentEnded(person_id=person_id, client_id=portal, reason=reason))
    return True


def move(tx: Transaction, from_id: str, to_id: str) -> None:
    """Enrol a person wherever another account of theirs is enrolled, since whichever came first."""
    for theirs in of_person(tx, from_id):
        enrol(tx, to_id, theirs.portal, reason="merged")
        earlier = sa.update(Enrolment).where(
            Enrolment.person_id == to_id, Enrolment.portal == theirs.portal, Enrolment.enrolled_at > theirs.enrolled_at
        )
        tx.session.execute(earlier.values(enrolled_at=theirs.enrolled_at))


def is_enrolled(tx: Transaction, person_id: str, portal: str) -> bool:
    return tx.execute(IS_ENROLLED, {"person": person_id, "at": portal}).first() is not None


def portals(tx: Transaction, person_id: str) -> list[str]:
    """Return the portals the person is enrolled at, oldest first."""
    return [enrolment.portal for enrolment in of_person(tx, person_id)]


def of_person(tx: Transaction, person_id: str) -> Sequence[Enrolment]:
    """Return the person's live enrolments, oldest first."""
    found = sa.select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.ended_at.is_(None))
    return tx.session.scalars(found.order_by(Enrolment.enrolled_at, Enrolment.portal)).all()


def of_portal(tx: Transaction, portal: str, *, after: str = "", limit: int) -> Sequence[Enrolment]:
    """Return live enrolments of the portal in the order of the persons' ids, those behind the id `after`."""
    theirs = sa.select(Enrolment).where(
        Enrolment.portal == portal, Enrolment.ended_at.is_(None), Enrolment.person_id > after
    )
    return tx.session.scalars(theirs.order_by(Enrolment.person_id).limit(limit)).all()
