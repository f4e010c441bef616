"""Authorization codes: 256 random bits, 60 seconds, one use (RFC 6749 §4.1.2, RFC 9700 §2.1.1).

- The code is stored as its fingerprint, with everything the tokens will say.
- One conditional UPDATE spends it, so that of any number of parallel uses one wins. It is spent before anything else
  about the request is checked: the holder of a code gets one try.
- The spent row stays for a day: a second use revokes what the first one issued.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit import log
from idp.audit.events.access import CodeReplayed
from idp.database import Base, Transaction
from idp.grants import authorization as authorizations
from idp.grants import refresh_families
from idp.grants.authorization import Authorization
from idp.hot_statements import HotStatement

LIFETIME = timedelta(seconds=60)


class AuthorizationCode(Base):
    __tablename__ = "authorization_codes"
    __table_args__ = (sa.Index("ix_authorization_codes_expires_at", "expires_at"),)

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str]
    dpop_jkt: Mapped[str]
    authorization: Mapped[str]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    family_id: Mapped[str]


@dataclass(frozen=True)
class RedeemedCode:
    """The content of a spent code; its tokens are issued under `family_id`."""

    family_id: str
    authorization: Authorization
    redirect_uri: str
    code_challenge: str
    dpop_jkt: str


INSERT = HotStatement(sa.insert(AuthorizationCode).returning(AuthorizationCode.fingerprint))
SPEND = HotStatement(
    sa.update(AuthorizationCode)
    .where(
        AuthorizationCode.fingerprint == sa.bindparam("code"),
        AuthorizationCode.client_id == sa.bindparam("client"),
        AuthorizationCode.spent_at.is_(None),
        AuthorizationCode.expires_at > sa.bindparam("now"),
    )
    .values(spent_at=sa.bindparam("now"), family_id=sa.bindparam("family"))
    .returning(
        AuthorizationCode.authorization,
        AuthorizationCode.redirect_uri,
        AuthorizationCode.code_challenge,
        AuthorizationCode.dpop_jkt,
    )
)
SPENT = HotStatement(
    sa.select(AuthorizationCode.family_id, AuthorizationCode.authorization).where(
        AuthorizationCode.fingerprint == sa.bindparam("code"),
        AuthorizationCode.client_id == sa.bindparam("client"),
        AuthorizationCode.spent_at.is_not(None),
    )
)


def issue(
    tx: Transaction,
    authorization: Authorization,
    *,
    redirect_uri: str,
    code_challenge: str = "",
    dpop_jkt: str = "",
    insert: HotStatement = INSERT,
    **condition: object,
) -> str:
    """Issue a fresh code for this authorization.

    `insert` may depend on a `condition` (`insert_from`) and returns the fingerprint; unmet, the code is empty.

    `redirect_uri` is the parameter as the client sent it (empty if it sent none), `code_challenge` the S256 challenge
    (empty only where the client may go without), `dpop_jkt` the thumbprint the code is bound to (RFC 9449 §10).
    """
    code = random_values.token()
    row = {
        "fingerprint": random_values.fingerprint(code),
        "client_id": authorization.client_id,
        "redirect_uri": redirect_uri,
        "code_challenge": code_challenge,
        "dpop_jkt": dpop_jkt,
        "authorization": authorizations.to_json(authorization),
        "expires_at": tx.now + LIFETIME,
        "spent_at": None,
        "family_id": "",
    }
    return code if tx.run(insert, {**row, **condition}).first() is not None else ""


def redeem(tx: Transaction, code: str, *, client_id: str) -> RedeemedCode | None:
    """Spend the code. None: it is unknown, too old, another client's, or was spent before.

    In the last case everything issued from it is revoked (RFC 6749 §4.1.2, RFC 9700 §4.5).
    """
    family_id = random_values.new_id(tx.now)
    key = {"code": random_values.fingerprint(code), "client": client_id}
    row = tx.run(SPEND, {**key, "now": tx.now, "family": family_id}).first()
    if row is None:
        _revoke_if_spent(tx, key)
        return None
    authorization = authorizations.from_json(row.authorization)
    return RedeemedCode(family_id, authorization, row.redirect_uri, row.code_challenge, row.dpop_jkt)


def _revoke_if_spent(tx: Transaction, key: dict[str, str]) -> None:
    row = tx.run(SPENT, key).first()
    if row is None or not refresh_families.revoke(tx, row.family_id, "code-replayed"):
        return
    authorization = authorizations.from_json(row.authorization)
    log.record(
        tx,
        CodeReplayed(person_id=authorization.person_id, client_id=authorization.client_id, family_id=row.family_id),
    )
