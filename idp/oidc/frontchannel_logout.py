"""Front-channel logout: notifying portals through the browser (OpenID Connect Front-Channel Logout 1.0)."""

from idp.clients import address
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.grants import client_sessions


def addresses(tx: Transaction, registry: Registry, session_id: str, *, issuer: str) -> list[str]:
    """Return the addresses to load in frames when this session ends, with `iss` and `sid` (§2).

    Ask before it is ended.
    """
    found = []
    for known in client_sessions.of_session(tx, session_id):
        client = registry.client(known.client_id)
        told = address.read(client.frontchannel_logout_uri) if client is not None else None
        if told is not None:
            found.append(told.with_parameters({"iss": issuer, "sid": known.sid}))
    return found
