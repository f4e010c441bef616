"""The factors that may accompany the mailed link that replaces a password: passkey, app, recovery code.

A factor that was added after the account serves only after a waiting time, as a new phone number does: who takes an
account over adds one first. Of several of a kind the newest counts, because any of them answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from idp import methods
from idp.credentials.authenticator_apps import Authenticator
from idp.credentials.passkeys import Passkey
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Transaction
from idp.people.person import Person


@dataclass(frozen=True)
class RecoveryFactors:
    """`ready` are rows of `idp.methods`, strongest first. `until` is when the first of the others will be; None: there
    are no others."""

    ready: tuple[str, ...] = ()
    until: datetime | None = None


def _newest(
    person_id: InstrumentedAttribute[str],
    added_at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    *which: sa.ColumnElement[bool],
) -> sa.Select[datetime | None, datetime]:
    came, opened = sa.func.max(added_at).label("added_at"), sa.func.max(Person.created_at).label("opened_at")
    return (
        sa.select(came, opened).join(Person, Person.id == person_id).where(Person.id == sa.bindparam("person"), *which)
    )


NEWEST: Mapping[str, sa.Select[datetime | None, datetime]] = {
    methods.PASSKEY: _newest(Passkey.person_id, Passkey.added_at),
    methods.TOTP: _newest(Authenticator.person_id, Authenticator.confirmed_at),
    methods.RECOVERY: _newest(RecoveryCode.person_id, RecoveryCode.issued_at, RecoveryCode.used_at.is_(None)),
}


def of_person(tx: Transaction, person_id: str, *, cooling: timedelta) -> RecoveryFactors:
    """Return the factors that the person may recover with; the statements are the same for everybody."""
    ready, waiting = [], []
    for name, statement in NEWEST.items():
        row = tx.execute(statement, {"person": person_id}).one()
        if row.added_at is None:
            continue
        if row.added_at <= row.opened_at or tx.now - row.added_at >= cooling:
            ready.append(name)
        else:
            waiting.append(row.added_at + cooling)
    return RecoveryFactors(tuple(ready), min(waiting, default=None))
