"""Moving stored values to the active key of `IDP_SECRETS` and to the format of today (rulings 22).

Sealed values are opened and sealed again. Digests cannot be: they are counted, and their key must stay listed until
they have expired (codes: a day, letters: 30 days) or were replaced (recovery codes). The files of jobs are counted too:
a worker may be at them, and none stays long. Nothing live is ever lost by a rotation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from idp import signing_keys
from idp.api import idempotency
from idp.credentials import authenticator_apps, recoveries
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Base, Origin, Transaction
from idp.events import kept_events
from idp.invitations.registration_code import RegistrationCode
from idp.jobs.job_files import JobPiece
from idp.people import insured, legacy
from idp.provider import Provider
from idp.signing_keys import SigningKeyRow

BATCH = 500


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values; `context` is the column whose value they are bound to."""

    column: sa.orm.InstrumentedAttribute[str]
    purpose: str
    context: sa.orm.InstrumentedAttribute[str]


@dataclass(frozen=True)
class ResealingReport:
    resealed: int = 0
    waiting: int = 0


SEALED = {
    "signing keys": SealedColumn(SigningKeyRow.private_key, signing_keys.PURPOSE, SigningKeyRow.kid),
    "legacy passwords": SealedColumn(legacy.LegacyAccount.hash, legacy.HASH, legacy.LegacyAccount.id),
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
}


def reseal(provider: Provider) -> Mapping[str, ResealingReport]:
    """Reseal everything that can be, in batches; says what still needs an older key."""
    report = {kind: ResealingReport(resealed=_all(provider, sealed)) for kind, sealed in SEALED.items()}
    with provider.database.reading() as tx:
        return report | {kind: ResealingReport(waiting=_waiting(tx, column)) for kind, column in NOT_RESEALED.items()}


def _all(provider: Provider, sealed: SealedColumn) -> int:
    total = 0
    while True:
        with provider.database.transaction(Origin(actor="cli:reseal")) as tx:
            done = _batch(tx, sealed)
        total += done
        if done < BATCH:
            return total


def _batch(tx: Transaction, sealed: SealedColumn) -> int:
    stale = sa.select(sealed.context, sealed.column).where(_lacks(tx.sealer.sealed_prefix, sealed.column)).limit(BATCH)
    table = Base.metadata.tables[sealed.column.class_.__tablename__]
    rows: list[tuple[str, str]] = [tuple(row) for row in tx.execute(stale)]
    for context, value in rows:
        plain = tx.sealer.open(sealed.purpose, value, context=context)
        fresh = tx.sealer.seal(sealed.purpose, plain, context=context)
        tx.execute(
            sa.update(table).where(sealed.context == context, sealed.column == value).values({sealed.column.key: fresh})
        )
    return len(rows)


def _waiting(tx: Transaction, column: sa.orm.InstrumentedAttribute[Any]) -> int:
    return int(tx.execute(sa.select(sa.func.count()).where(_lacks(f"{tx.sealer.active}.", column))).scalar_one())


def _lacks(prefix: str, column: sa.orm.InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(column != "", sa.not_(column.startswith(prefix, autoescape=True)))
