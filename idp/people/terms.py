"""Which version of a portal's terms a person accepted, and when. Kept for the life of the account (A-24)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import TermsAccepted
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.statements import insert_if_absent


class TermsAcceptance(Base):
    __tablename__ = "terms_acceptances"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    accepted_at: Mapped[datetime]


ACCEPT = insert_if_absent(TermsAcceptance).returning(TermsAcceptance.version)


def accept(tx: Transaction, person_id: str, portal: str, version: str, *, language: str) -> None:
    """Store the acceptance; repeating it keeps the first moment."""
    row = {"person_id": person_id, "portal": portal, "version": version}
    if tx.execute(ACCEPT, row | {"language": language, "accepted_at": tx.now}).first() is not None:
        record(tx, TermsAccepted(person_id=person_id, client_id=portal, version=version))


def move(tx: Transaction, from_id: str, to_id: str) -> None:
    """Let what a person accepted with another account of theirs count, at its moment. The evidence there stays."""
    for each in tx.session.scalars(sa.select(TermsAcceptance).where(TermsAcceptance.person_id == from_id)).all():
        row = {"person_id": to_id, "portal": each.portal, "version": each.version}
        tx.execute(ACCEPT, row | {"language": each.language, "accepted_at": each.accepted_at})


def has_accepted(tx: Transaction, person_id: str, portal: str, version: str) -> bool:
    """Return whether this very version was accepted; true for a portal without terms (`version` empty)."""
    return not version or tx.session.get(TermsAcceptance, (person_id, portal, version)) is not None
