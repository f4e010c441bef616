"""Moving stored values to the active key of `IDP_SECRETS` and to the format of today (rulings 22).

Sealed values are opened and sealed again. Digests cannot be: they are counted, and their key must stay listed until
they have expired (letters: 30 days) or were replaced (recovery codes). Neither can passwords, which only their owner
knows: each takes the active key when it is typed next. Messages and the files of jobs are counted too: a worker may be
at them, and none stays long. Nothing live is ever lost by a rotation.

`tests/rules/test_keyed_values.py` keeps these lists complete.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from idp import signing_keys
from idp.api import idempotency
from idp.credentials import authenticator_apps, hasher, recoveries
from idp.credentials.passwords import Password
from idp.credentials.pending import PendingPassword
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Base, Origin, Transaction
from idp.events import kept_events
from idp.invitations.registration_code import RegistrationCode
from idp.jobs.job_files import JobPiece
from idp.messages.outbox import OutboxRow
from idp.people import insured, legacy
from idp.provider import Provider
from idp.signing_keys import SigningKeyRow

BATCH = 500
Stored = sa.orm.InstrumentedAttribute[str] | sa.orm.InstrumentedAttribute[str | None]


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values; `context` is the column whose value they are bound to."""

    column: sa.orm.InstrumentedAttribute[str]
    purpose: str
    context: sa.orm.InstrumentedAttribute[str]
    holds_password: bool = False
    """The value is the stored form of a password. As long as its pepper is of an older key, it stays sealed under that:
    otherwise nothing would tell that the key is needed."""


@dataclass(frozen=True)
class ResealingReport:
    resealed: int = 0
    waiting: int = 0


SEALED = {
    "signing keys": SealedColumn(SigningKeyRow.private_key, signing_keys.PURPOSE, SigningKeyRow.kid),
    "legacy passwords": SealedColumn(
        legacy.LegacyAccount.hash, legacy.HASH, legacy.LegacyAccount.id, holds_password=True
    ),
    "register of insured persons": SealedColumn(
        insured.InsuredPerson.sealed_particulars, insured.SEAL, insured.InsuredPerson.id
    ),
    "answers of the API": SealedColumn(
        idempotency.IdempotentRequest.answer, idempotency.SEAL, idempotency.IdempotentRequest.id
    ),
    "links of recoveries": SealedColumn(recoveries.Recovery.sealed_tokens, recoveries.SEAL, recoveries.Recovery.id),
    "authenticator apps": SealedColumn(
        authenticator_apps.Authenticator.sealed_secret, authenticator_apps.SEAL, authenticator_apps.Authenticator.id
    ),
    "kept events": SealedColumn(kept_events.KeptEvent.content, kept_events.SEAL, kept_events.KeptEvent.id),
}
NOT_RESEALED = {
    "registration codes": RegistrationCode.code_digest,
    "recovery codes": RecoveryCode.digest,
    "files of jobs": JobPiece.sealed,
    "messages that wait": OutboxRow.payload,
}
PEPPERED = {"passwords": Password.hash, "passwords of journeys": PendingPassword.hash}
"""Stored forms, which name the key of their pepper behind their kind."""


def is_peppered(column: Stored) -> sa.ColumnElement[bool]:
    """Return the condition that a stored form has a pepper."""
    return sa.or_(*(column.startswith(f"{kind}:") for kind in hasher.WITH_PEPPER))


def is_peppered_under(column: Stored, kids: Iterable[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a stored form has its pepper from one of these keys."""
    prefixes = [f"{kind}:{kid}:" for kind in hasher.WITH_PEPPER for kid in kids]
    return sa.or_(*(column.startswith(prefix, autoescape=True) for prefix in prefixes))


def reseal(provider: Provider) -> Mapping[str, ResealingReport]:
    """Reseal everything that can be, in batches; says what still needs an older key."""
    resealed = {kind: _all(provider, sealed) for kind, sealed in SEALED.items()}
    with provider.database.reading() as tx:
        active = tx.sealer.active
        conditions = {kind: _lacks(f"{active}.", sealed.column) for kind, sealed in SEALED.items()}
        conditions |= {kind: _lacks(f"{active}.", column) for kind, column in NOT_RESEALED.items()}
        for kind, column in PEPPERED.items():
            conditions[kind] = sa.and_(is_peppered(column), sa.not_(is_peppered_under(column, [active])))
        return {
            kind: ResealingReport(resealed.get(kind, 0), waiting=_count(tx, condition))
            for kind, condition in conditions.items()
        }


def _all(provider: Provider, sealed: SealedColumn) -> int:
    total, after = 0, ""
    while True:
        with provider.database.transaction(Origin(actor="cli:reseal")) as tx:
            batch = _stale(tx, sealed, after)
            total += sum(_resealed(tx, sealed, *row) for row in batch)
        if len(batch) < BATCH:
            return total
        after = batch[-1][0]


def _stale(tx: Transaction, sealed: SealedColumn, after: str) -> list[tuple[str, str]]:
    """Return the next values that are not of the active key and of today's format, with what they are bound to."""
    stale = sa.select(sealed.context, sealed.column).where(
        _lacks(tx.sealer.sealed_prefix, sealed.column), sealed.context > after
    )
    return [tuple(row) for row in tx.execute(stale.order_by(sealed.context).limit(BATCH))]


def _resealed(tx: Transaction, sealed: SealedColumn, context: str, value: str) -> bool:
    """Seal a value again, unless it changed meanwhile; one that an older pepper is in stays as it is."""
    plain = tx.sealer.open(sealed.purpose, value, context=context)
    if sealed.holds_password and hasher.pepper_of(plain.decode()) not in {"", tx.sealer.active}:
        return False
    fresh = tx.sealer.seal(sealed.purpose, plain, context=context)
    table = Base.metadata.tables[sealed.column.class_.__tablename__]
    return bool(
        tx.execute(
            sa.update(table).where(sealed.context == context, sealed.column == value).values({sealed.column.key: fresh})
        ).rowcount
    )


def _count(tx: Transaction, condition: sa.ColumnElement[bool]) -> int:
    return int(tx.execute(sa.select(sa.func.count()).where(condition)).scalar_one())


def _lacks(prefix: str, column: Stored) -> sa.ColumnElement[bool]:
    return sa.and_(column != "", sa.not_(column.startswith(prefix, autoescape=True)))
