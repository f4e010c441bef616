"""Accounts of a portal's former directory that wait for their owner to migrate.

`hash` is the sealed (`sealer`, purpose `HASH`, context the row id) stored form that `Hasher.verify` takes: the importer
makes it from what the directory wrote with `idp.credentials.imported_hashes.adopt`, the one place that knows schemes
and their cost caps, and `scheme` is the name found there. A fast hash is `wrapped` in Argon2id by the importer's
worker or at the first try, so that none lies bare. Migration is one statement: it drops the hash and names the person,
so that exactly one of the two logins exists (A-29, A-32).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.people import LegacyAccountMigrated, LegacyAccountReopened, MigrationContested
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.people import portal_identifiers
from idp.people.birth_date import BirthDate, PartialDate
from idp.people.email_address import Email, normalise_email

OPEN = "open"
CLOSED = "closed"
LOCKED = "locked"
MIGRATED = "migrated"
CONTESTED = "contested"
SETTLED = (MIGRATED, CONTESTED)
"""States that neither an import nor the directory changes any more."""

HASH = "legacy-hash"
NO_KEY = "-"  # of no account


class LegacyAccount(Base):
    """`portal` is the client id whose directory it was; `key` is `portal_identifiers.identifier_key(identifier)`.

    `known` prefills the profile form (given_name, family_name, honorific, birth_date as ISO 8601 or
    birth_date_in_part where the day is not known, language).
    `hash` and `known` are emptied at migration. `line_digest` recognises an unchanged line of a repeated
    import. CONTESTED: the owner of the known address denied the migration; the desk decides.
    """

    __tablename__ = "legacy_accounts"
    __table_args__ = (sa.UniqueConstraint("portal", "key"), sa.Index(None, "person_id"), sa.Index(None, "email_key"))

    id: Mapped[str] = mapped_column(primary_key=True)
    portal: Mapped[str]
    identifier: Mapped[str]
    key: Mapped[str]
    scheme: Mapped[str] = mapped_column(default="")
    effort: Mapped[str] = mapped_column(default="", server_default="")
    """How much work a check of the hash is, as `idp.credentials.waiting_hashes` writes it."""
    hash: Mapped[str] = mapped_column(default="")
    wrapped: Mapped[bool] = mapped_column(default=False)
    known: Mapped[dict[str, object]] = mapped_column(default=dict)
    email: Mapped[str] = mapped_column(default="")
    email_key: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=OPEN)
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("people.id"), default=None)
    line_digest: Mapped[str] = mapped_column(default="")
    imported_at: Mapped[datetime]
    migrated_at: Mapped[datetime | None] = mapped_column(default=None)
    times_contested: Mapped[int] = mapped_column(default=0, server_default="0")
    """The number of earlier contested migrations: a link that stops a migration names it, and so ends with it."""


def by_id(tx: Transaction, legacy_account_id: str) -> LegacyAccount | None:
    return tx.session.get(LegacyAccount, legacy_account_id)


def find(tx: Transaction, portal: str, identifier: str) -> LegacyAccount | None:
    """Return the account of the portal's former directory that has this identifier."""
    key = portal_identifiers.identifier_key(identifier)
    return tx.session.scalar(sa.select(LegacyAccount).filter_by(portal=portal, key=key))


def of_portal(tx: Transaction, portal: str, *, state: str = "", after: str = "", limit: int) -> list[LegacyAccount]:
    """Return the portal's accounts in the order of their keys, those behind the key `after`; in one state, if named."""
    theirs = sa.select(LegacyAccount).where(LegacyAccount.portal == portal, LegacyAccount.key > after)
    wanted = theirs.where(LegacyAccount.state == state) if state else theirs
    return list(tx.session.scalars(wanted.order_by(LegacyAccount.key).limit(limit)))


def seal_hash(tx: Transaction, legacy_account_id: str, stored: str) -> str:
    """Return a stored form (`imported_hashes.adopt`, `Hasher.wrap`) as the `hash` column holds it."""
    return tx.sealer.seal(HASH, stored.encode(), context=legacy_account_id)


def open_hash(tx: Transaction, account: LegacyAccount) -> str:
    """Return the hash in the form `Hasher.verify` takes; empty where there is none (any more)."""
    return tx.sealer.open(HASH, account.hash, context=account.id).decode() if account.hash else ""


def by_email(tx: Transaction, portal: str, email: Email) -> list[LegacyAccount]:
    """Open accounts of the portal that know this address: their owner is helped to migrate, by mail (A-40)."""
    found = sa.select(LegacyAccount).filter_by(portal=portal, email_key=email.key, state=OPEN)
    return list(tx.session.scalars(found.order_by(LegacyAccount.id)))


def wrap(tx: Transaction, legacy_account_id: str, *, old: str, wrapped: str) -> bool:
    """Replace the sealed hash `old` (the column's value) by this wrapped one; false if it changed meanwhile."""
    changed = (
        sa.update(LegacyAccount)
        .where(LegacyAccount.id == legacy_account_id, LegacyAccount.hash == old)
        .values(hash=seal_hash(tx, legacy_account_id, wrapped), wrapped=True)
        .returning(LegacyAccount.id)
    )
    return tx.session.scalar(changed) is not None


def unwrapped(tx: Transaction, limit: int) -> list[LegacyAccount]:
    """Accounts whose hash still waits to be wrapped, for the worker."""
    found = sa.select(LegacyAccount).where(LegacyAccount.wrapped.is_(False), LegacyAccount.hash != "")
    return list(tx.session.scalars(found.order_by(LegacyAccount.id).limit(limit)))


def waiting_efforts(tx: Transaction) -> frozenset[str]:
    """Return how much work the checks of the accounts are that are open still."""
    found = sa.select(LegacyAccount.effort).where(LegacyAccount.state == OPEN, LegacyAccount.effort != "").distinct()
    return frozenset(tx.session.scalars(found))


def without_effort(tx: Transaction, limit: int) -> list[LegacyAccount]:
    """Open accounts with a hash whose effort is not known: an older version imported them."""
    found = sa.select(LegacyAccount).where(
        LegacyAccount.state == OPEN, LegacyAccount.effort == "", LegacyAccount.hash != ""
    )
    return list(tx.session.scalars(found.order_by(LegacyAccount.id).limit(limit)))


def migrate(tx: Transaction, legacy_account_id: str, person_id: str) -> bool:
    """Turn the account into an identifier of this person and drop its hash. False: it was not open any more (A-32)."""
    migrate_open = (
        sa.update(LegacyAccount)
        .where(LegacyAccount.id == legacy_account_id, LegacyAccount.state == OPEN)
        .values(state=MIGRATED, person_id=person_id, migrated_at=tx.now, hash="", known={})
        .returning(LegacyAccount.portal, LegacyAccount.identifier)
    )
    migrated = tx.session.execute(migrate_open).first()
    if migrated is None:
        return False
    kind = portal_identifiers.LEGACY
    if portal_identifiers.attach(tx, person_id, portal=migrated.portal, kind=kind, value=migrated.identifier):
        raise ValueError("the identifier of an open legacy account belongs to somebody")
    event = LegacyAccountMigrated(person_id=person_id, client_id=migrated.portal, legacy_account_id=legacy_account_id)
    record(tx, event)
    return True


def contest(tx: Transaction, legacy_account_id: str) -> str | None:
    """Stop the migration of an open account, or take the identifier back from the person who migrated it (A-38).

    Returns the id of the person who had it, an empty text if nobody had it yet; None: there is nothing to stop (any
    more). `idp.actions.migrations` also ends that person's access to the portal.
    """
    account = tx.session.get(LegacyAccount, legacy_account_id, with_for_update=True)
    if account is None or account.state not in {OPEN, MIGRATED}:
        return None
    owner = account.person_id or ""
    if owner:
        kind = portal_identifiers.LEGACY
        portal_identifiers.detach(tx, owner, portal=account.portal, kind=kind, key=account.key)
    account.state, account.person_id = CONTESTED, None
    account.times_contested += 1
    tx.flush()
    event = MigrationContested(person_id=owner, client_id=account.portal, legacy_account_id=legacy_account_id)
    record(tx, event)
    return owner


def move(tx: Transaction, from_id: str, to_id: str) -> None:
    """Name another account of the same person as the owner of what was migrated."""
    theirs = sa.update(LegacyAccount).where(LegacyAccount.person_id == from_id)
    tx.session.execute(theirs.values(person_id=to_id))


def reopen(tx: Transaction, portal: str, identifier: str, *, reason: str) -> bool:
    """Let a contested account migrate again, once the desk knows its owner. Return False if there is none.

    The old password works again if the account had not been migrated; else an import or the directory brings it back.
    """
    key = portal_identifiers.identifier_key(identifier)
    contested = sa.select(LegacyAccount).filter_by(portal=portal, key=key, state=CONTESTED).with_for_update()
    account = tx.session.scalar(contested)
    if account is None:
        return False
    account.state, account.migrated_at, account.line_digest = OPEN, None, ""
    tx.flush()
    record(tx, LegacyAccountReopened(client_id=portal, legacy_account_id=account.id, reason=reason))
    return True


def to_help(tx: Transaction, typed: str, portal: str) -> LegacyAccount | None:
    """Return the open account whose password was forgotten: by its identifier, or by its known address.

    Only one with a known address can be helped by mail; for all others the desk is the way (A-40). Always the same
    two lookups.
    """
    key, email = portal_identifiers.identifier_key(typed), normalise_email(typed)
    open_ones = sa.select(LegacyAccount).where(LegacyAccount.portal == portal, LegacyAccount.state == OPEN)
    named = tx.session.scalar(open_ones.where(LegacyAccount.key == key, LegacyAccount.email_key != ""))
    known = by_email(tx, portal, email if isinstance(email, Email) else Email("", NO_KEY))
    return named or next(iter(known), None)


def known_birth_date(born: BirthDate | None) -> dict[str, str]:
    """Return a birth date as `known` holds it; a partly known one has a name of its own."""
    if born is None:
        return {}
    return {"birth_date_in_part" if isinstance(born, PartialDate) else "birth_date": born.isoformat()}


def masked(identifier: str) -> str:
    """`CVCI••••••34`: recognisable for its owner, no use to others."""
    kept = max(0, len(identifier) - 6)
    return identifier[: min(4, kept)] + "•" * (len(identifier) - min(4, kept) - 2) + identifier[-2:]
