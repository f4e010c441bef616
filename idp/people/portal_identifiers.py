"""The names portals know a person by: legacy identifiers and customer numbers, all attached to one `sub`."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.people import IdentifierAttached, IdentifierDetached
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.statements import insert_if_absent

LEGACY = "legacy"
CUSTOMER = "customer"

MAX_LENGTH = 200
MAX_TYPED = 2 * MAX_LENGTH

SEPARATORS = frozenset("-‐‒–—―−.·")
"""Dashes and dots, as NFKC leaves them: people write a number with other ones than its card, or without."""


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
    """Return the key for comparing identifiers, or an empty one.

    NFKC, without case, blanks, dashes, dots and invisible characters: « CMP 204817 » is CMP-204817.
    """
    return _folded(typed, without=SEPARATORS)


def are_spelt_alike(one: str, other: str) -> bool:
    """Return whether two identifiers of one key differ by case and blanks at most.

    A source that tells two people apart by a dash alone gives both the same key.
    """
    return _folded(one) == _folded(other)


def are_the_same(one: str, other: str) -> bool:
    """Return whether two identifiers are written in the same way, but for the form of their characters."""
    return unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)


def without_separators(typed: str) -> str:
    """Return the text without blanks, dashes and dots."""
    return "".join(character for character in typed if character not in SEPARATORS and not character.isspace())


def _folded(typed: str, without: frozenset[str] = frozenset()) -> str:
    if len(typed) > MAX_TYPED:
        return ""
    plain = [character for character in unicodedata.normalize("NFKC", typed) if character not in without]
    visible = "".join(character for character in plain if unicodedata.category(character)[0] not in "ZC")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return folded if len(folded) <= MAX_LENGTH else ""


ATTACH = insert_if_absent(PortalIdentifier, ["portal", "kind", "key"]).returning(PortalIdentifier.id)


OF_PERSON = (
    sa.select(PortalIdentifier.value)
    .where(
        PortalIdentifier.person_id == sa.bindparam("person"),
        PortalIdentifier.portal == sa.bindparam("at"),
        PortalIdentifier.kind == sa.bindparam("of_kind"),
    )
    .order_by(PortalIdentifier.id)
)


def attach(tx: Transaction, person_id: str, *, portal: str, kind: str, value: str) -> IdentifierTaken | None:
    """Attach an identifier; attaching one's own again changes nothing. Raises `ValueError` for an unusable one."""
    key = identifier_key(value)
    if not key:
        raise ValueError("an identifier needs visible characters, at most 200")
    row = {"portal": portal, "kind": kind, "key": key}
    fresh = {"id": random_values.new_id(tx.now), "person_id": person_id, "value": value.strip(), "attached_at": tx.now}
    if tx.execute(ATTACH, row | fresh).first() is None:
        return None if owner(tx, **row) == person_id else IdentifierTaken()
    record(tx, IdentifierAttached(person_id=person_id, client_id=portal, kind=kind))
    return None


def detach(tx: Transaction, person_id: str, *, portal: str, kind: str, key: str) -> bool:
    """Take an identifier away from this person; false when it was not theirs."""
    theirs = sa.delete(PortalIdentifier).filter_by(person_id=person_id, portal=portal, kind=kind, key=key)
    if tx.session.scalar(theirs.returning(PortalIdentifier.id)) is None:
        return False
    record(tx, IdentifierDetached(person_id=person_id, client_id=portal, kind=kind))
    return True


def move(tx: Transaction, from_id: str, to_id: str) -> None:
    """Let a person have every identifier of another account of theirs."""
    theirs = sa.update(PortalIdentifier).where(PortalIdentifier.person_id == from_id).values(person_id=to_id)
    for moved in tx.session.execute(theirs.returning(PortalIdentifier.portal, PortalIdentifier.kind)).all():
        record(tx, IdentifierAttached(person_id=to_id, client_id=moved.portal, kind=moved.kind))


def everything_of(tx: Transaction, person_id: str) -> Sequence[PortalIdentifier]:
    """Return everything that portals know this person by, oldest first."""
    theirs = sa.select(PortalIdentifier).where(PortalIdentifier.person_id == person_id)
    return tx.session.scalars(theirs.order_by(PortalIdentifier.id)).all()


def spelling(tx: Transaction, *, portal: str, kind: str, key: str) -> str:
    """Return the identifier with this key as its portal writes it, or an empty text."""
    found = sa.select(PortalIdentifier.value).filter_by(portal=portal, kind=kind, key=key)
    return tx.session.scalar(found) or ""


def owner(tx: Transaction, *, portal: str, kind: str, key: str) -> str:
    """Return the id of the person a portal knows by this key, or an empty text."""
    found = sa.select(PortalIdentifier.person_id).filter_by(portal=portal, kind=kind, key=key)
    return tx.session.scalar(found) or ""


def of_person(tx: Transaction, person_id: str, portal: str, kind: str) -> list[str]:
    """Return the values a portal knows this person by (the `legacy` scope's claim), oldest first."""
    return [row.value for row in tx.execute(OF_PERSON, {"person": person_id, "at": portal, "of_kind": kind})]


def keys_of_person(tx: Transaction, person_id: str) -> frozenset[str]:
    """Return the keys of everything portals know this person by."""
    return frozenset(tx.session.scalars(sa.select(PortalIdentifier.key).filter_by(person_id=person_id)))
