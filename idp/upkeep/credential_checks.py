"""Checks of `idp doctor` for methods and stored secrets that are of no use any more."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from idp import methods
from idp.credentials.authenticator_apps import Authenticator
from idp.credentials.passkeys import Passkey
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Transaction
from idp.provider import Provider
from idp.sealing import Sealer
from idp.upkeep.resealing import NOT_RESEALED, PEPPERED, SEALED, Stored, is_peppered, is_peppered_under

HELD = {
    methods.PASSKEY: Passkey.person_id,
    methods.TOTP: Authenticator.person_id,
    methods.RECOVERY: RecoveryCode.person_id,
}


def unaccepted(provider: Provider) -> Iterator[str]:
    """Name the methods that people hold and no portal accepts."""
    clients = provider.registry.current().clients
    accepted = {method for client in clients for method in client.policy.served_methods}
    with provider.database.reading() as tx:
        for method, column in HELD.items():
            if method not in accepted and (people := _people(tx, column)):
                yield f"no portal lists {method} in policy.methods, and people hold it ({people})"


def unreadable(provider: Provider) -> Iterator[str]:
    """Name what is stored under a key that `IDP_SECRETS` lists no more."""
    with provider.database.reading() as tx:
        for kind, lost in under_no_key(tx, provider.sealer).items():
            yield f"{lost} of {kind} need a key that IDP_SECRETS lists no more"


def under_no_key(tx: Transaction, sealer: Sealer) -> Mapping[str, int]:
    """Return how many values of each kind no listed key opens or checks; nothing of a kind without one."""
    columns = {**{kind: sealed.column for kind, sealed in SEALED.items()}, **NOT_RESEALED}
    conditions = {kind: without_known_key(sealer, column) for kind, column in columns.items()}
    conditions |= {kind: peppered_under_no_key(sealer, column) for kind, column in PEPPERED.items()}
    counts = {kind: _count(tx, condition) for kind, condition in conditions.items()}
    return {kind: count for kind, count in counts.items() if count}


def without_known_key(sealer: Sealer, column: Stored) -> sa.ColumnElement[bool]:
    """Return the condition that a sealed value or a digest was made under no listed key."""
    known = [column.startswith(f"{kid}.", autoescape=True) for kid in sealer.key_ids]
    return sa.and_(column != "", sa.not_(sa.or_(*known)))


def peppered_under_no_key(sealer: Sealer, column: Stored) -> sa.ColumnElement[bool]:
    """Return the condition that the stored form of a password was peppered under no listed key."""
    return sa.and_(is_peppered(column), sa.not_(is_peppered_under(column, sealer.key_ids)))


def _people(tx: Transaction, column: sa.orm.InstrumentedAttribute[str]) -> int:
    return int(tx.execute(sa.select(sa.func.count(sa.distinct(column)))).scalar_one())


def _count(tx: Transaction, condition: sa.ColumnElement[bool]) -> int:
    return int(tx.execute(sa.select(sa.func.count()).where(condition)).scalar_one())
