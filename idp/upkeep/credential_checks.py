"""Checks of `idp doctor` for methods and stored secrets that are of no use any more."""

from collections.abc import Iterator

import sqlalchemy as sa

from idp import methods
from idp.credentials.authenticator_apps import Authenticator
from idp.credentials.passkeys import Passkey
from idp.credentials.passwords import Password
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Transaction
from idp.provider import Provider
from idp.upkeep.resealing import DIGESTS, SEALED

HELD = {
    methods.PASSKEY: Passkey.person_id,
    methods.TOTP: Authenticator.person_id,
    methods.RECOVERY: RecoveryCode.person_id,
}
PEPPERED = ("peppered:", "wrapped:")


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
    known = provider.sealer.key_ids
    columns = {**{kind: sealed.column for kind, sealed in SEALED.items()}, **DIGESTS}
    with provider.database.reading() as tx:
        for kind, column in columns.items():
            if lost := _without(tx, column, [f"{kid}." for kid in known], sa.true()):
                yield f"{lost} of {kind} need a key that IDP_SECRETS lists no more"
        own = sa.or_(*(Password.hash.startswith(prefix) for prefix in PEPPERED))
        prefixes = [f"{form}{kid}:" for form in PEPPERED for kid in known]
        if lost := _without(tx, Password.hash, prefixes, own):
            yield f"{lost} of passwords need a key that IDP_SECRETS lists no more"


def _people(tx: Transaction, column: sa.orm.InstrumentedAttribute[str]) -> int:
    return int(tx.execute(sa.select(sa.func.count(sa.distinct(column)))).scalar_one())


def _without(
    tx: Transaction,
    column: sa.orm.InstrumentedAttribute[str] | sa.orm.InstrumentedAttribute[str | None],
    prefixes: list[str],
    concerned: sa.ColumnElement[bool],
) -> int:
    known = sa.or_(*(column.startswith(prefix, autoescape=True) for prefix in prefixes))
    lost = sa.select(sa.func.count()).where(column != "", concerned, sa.not_(known))
    return int(tx.execute(lost).scalar_one())
