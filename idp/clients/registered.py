"""Clients that registered themselves: rows instead of files, found by the registry like any other client.

A row keeps what the registrant said, checked; what the provider adds (policy, funds) is taken from another client at
each lookup, so that a stricter policy holds for them immediately. Nobody answers for such a client (rulings 34): people
are asked for their consent, its sign-ins are its own, and it wears the neutral brand.
"""

from datetime import datetime
from typing import ClassVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.clients import ClientChanged, ClientRegistered, ClientRemoved
from idp.audit.log import record
from idp.clients.client import Client
from idp.clients.conversion import FileFault, convert
from idp.database import Base, Database, Transaction
from idp.settings import Registration


class SelfRegistered(Client, frozen=True, kw_only=True):
    """A client that nobody vetted."""

    vetted: ClassVar[bool] = False


class RegisteredClient(Base):
    """`described` is the metadata; `secret_digest` is empty where there is no secret; `manager` is the fingerprint of
    the registration access token."""

    __tablename__ = "registered_clients"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    described: Mapped[dict[str, object]]
    secret_digest: Mapped[str]
    manager: Mapped[str]
    registered_at: Mapped[datetime]
    changed_at: Mapped[datetime]


FIND = sa.select(RegisteredClient.described, RegisteredClient.secret_digest).where(
    RegisteredClient.client_id == sa.bindparam("client_id")
)


def read(described: dict[str, object]) -> SelfRegistered | list[FileFault]:
    """Return the client of this metadata as far as it says itself; or every fault of its types."""
    return convert(described, SelfRegistered)


def completed(client: SelfRegistered, secret_digest: str, like: Client, settings: Registration) -> SelfRegistered:
    """Return the client with what it gets here: the policy and funds of `like`, and none of the trust in it."""
    consent = "ask" if like.policy.consent == "skip" else like.policy.consent
    return msgspec.structs.replace(
        client,
        secret_digests=(secret_digest,) if secret_digest else (),
        policy=msgspec.structs.replace(like.policy, consent=consent, sso_group=""),
        brand="",
        funds=like.funds,
        require_pkce=settings.require_pkce or client.public,
        allow_private_addresses=settings.allow_private_addresses,
        token_endpoint_audience=settings.token_endpoint_audience,
        api=None,
        events=None,
        webhook=None,
    )


def find(database: Database, client_id: str, like: Client | None, settings: Registration) -> Client | None:
    """Return the registered client of this id, whatever text it is; none without a client to be `like`."""
    if like is None or "\0" in client_id:
        return None
    with database.reading() as tx:
        row = tx.execute(FIND, {"client_id": client_id}).first()
    if row is None:
        return None
    client = read(row.described)
    return completed(client, row.secret_digest, like, settings) if isinstance(client, SelfRegistered) else None


def add(tx: Transaction, client_id: str, described: dict[str, object], *, secret: str, access_token: str) -> None:
    """Store a new client."""
    tx.add(
        RegisteredClient(
            client_id=client_id,
            described=described,
            secret_digest=random_values.fingerprint(secret) if secret else "",
            manager=random_values.fingerprint(access_token),
            registered_at=tx.now,
            changed_at=tx.now,
        )
    )
    record(tx, ClientRegistered(client_id=client_id, client_name=str(described.get("client_name", ""))))


def managed(tx: Transaction, client_id: str, access_token: str) -> RegisteredClient | None:
    """Return the row, for the holder of its registration access token."""
    row = tx.session.get(RegisteredClient, client_id)
    return row if row is not None and random_values.same(row.manager, random_values.fingerprint(access_token)) else None


def change(tx: Transaction, row: RegisteredClient, described: dict[str, object], *, secret_digest: str) -> None:
    """Replace what the client says about itself (RFC 7592 §2.2)."""
    row.described = described
    row.secret_digest = secret_digest
    row.changed_at = tx.now
    record(tx, ClientChanged(client_id=row.client_id))


def remove(tx: Transaction, row: RegisteredClient) -> None:
    """Forget the client (RFC 7592 §2.3). The registration endpoint also ends the access it was given."""
    tx.session.delete(row)
    record(tx, ClientRemoved(client_id=row.client_id))
