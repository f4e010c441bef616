"""The names portals know a person by: legacy identifiers and customer numbers, all attached to one `sub`."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import IdentifierAttached
from idp.audit.log import record
from idp.database import Base, Transaction

LEGACY = "legacy"
CUSTOMER = "customer"

MAX_LENGTH = 200


class PortalIdentifier(Base):
    """`kind` LEGACY: of the migrated directory (a claim, no longer a login); CUSTOMER: a number people sign in with."""

    __tablename__ = "portal_identifiers"
    __table_args__ = (sa.UniqueConstraint("portal", "kind", "key"), sa.Index(None, "person_id"))

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    portal: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]
    key: Mapped[str]
    attached_at: Mapped[datetime]


@dataclass(frozen=True)
class IdentifierTaken:
    """The identifier belongs to another person already."""


def identifier_key(typed: str) -> str:
    """What identifiers are compared by: NFKC, without case, blanks and invisible characters. Empty: not usable."""
    folded = unicodedata.normalize("NFKC", typed[: MAX_LENGTH + 1]).casefold()
    key = "".join(character for character in folded if unicodedata.category(character)[0] not in "ZC")
    return key if len(key) <= MAX_LENGTH else ""


def attach(tx: Transaction, person_id: str, *, portal: str, kind: str, value: str) -> IdentifierTaken | None:
    """Attach an identifier; attaching one's own again changes nothing."""
    raise NotImplementedError


def of_person(tx: Transaction, person_id: str, portal: str, kind: str) -> list[str]:
    """The values a portal knows this person by (the `legacy` scope's claim), oldest first."""
    raise NotImplementedError
