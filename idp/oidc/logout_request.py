"""A logout request: the client, person and address it names (RP-Initiated Logout §2, §3)."""

from dataclasses import dataclass

import msgspec

from idp.clients import address
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.grants import client_sessions
from idp.grants.raw_parameters import RawParameters
from idp.oidc.authorize.checks import is_too_long
from idp.oidc.errors import InvalidRequest
from idp.oidc.id_token_hint import IdTokenHint, read_hint
from idp.provider import Provider
from idp.sealing import CannotOpen, Sealer
from idp.sessions.session import Session

PURPOSE = "logout-request"
NOBODY = IdTokenHint("", (), "")


@dataclass(frozen=True, kw_only=True)
class LogoutRequest:
    """A verified logout request. `back` is the address the person returns to, `state` included, or empty.

    `subject` and `sid` are those of a valid hint. `ended` are the clients whose sessions the logout has ended.
    `fault` says what was wrong with the request: it then names nobody and leads nowhere, and the person can still log
    out.
    """

    client_id: str = ""
    back: str = ""
    subject: str = ""
    sid: str = ""
    ui_locales: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    fault: str = ""


def read_logout_request(provider: Provider, raw: RawParameters) -> LogoutRequest:
    """Read a logout request and verify everything in it."""
    if is_too_long(raw):
        return LogoutRequest(fault="a parameter is too long")
    ui_locales = tuple(raw.get("ui_locales").split())
    try:
        if raw.repeated:
            raise InvalidRequest("a parameter is sent more than once")
        hint = read_hint(provider, raw.get("id_token_hint")) if raw.get("id_token_hint") else NOBODY
        client = _client(provider.registry.current(), raw.get("client_id"), hint)
        return LogoutRequest(
            client_id=client.client_id if client is not None else "",
            back=_way_back(raw, client),
            subject=hint.subject,
            sid=hint.sid,
            ui_locales=ui_locales,
        )
    except InvalidRequest as error:
        return LogoutRequest(ui_locales=ui_locales, fault=error.description)


def is_about(tx: Transaction, logout: LogoutRequest, session: Session) -> bool:
    """Return whether the hint is an ID token of this very session: then nobody needs to be asked."""
    known = client_sessions.find(tx, logout.sid) if logout.sid else None
    return known is not None and known.session_id == session.id and known.subject == logout.subject


def seal(sealer: Sealer, logout: LogoutRequest) -> str:
    """Return the request for the way through our own addresses and forms."""
    return sealer.seal(PURPOSE, msgspec.json.encode(logout))


def open_sealed(sealer: Sealer, sealed: str) -> LogoutRequest:
    """Return the sealed request; one that says nothing for anything we did not make."""
    try:
        return msgspec.json.decode(sealer.open(PURPOSE, sealed), type=LogoutRequest)
    except (CannotOpen, msgspec.DecodeError):
        return LogoutRequest()


def _client(registry: Registry, named: str, hint: IdTokenHint) -> Client | None:
    """Return the client that sent the person, if the request names one; its parameters must agree (§2)."""
    client_id = named or next(iter(hint.audience), "")
    if not client_id:
        return None
    client = registry.client(client_id)
    if client is None or (hint.audience and client_id not in hint.audience):
        raise InvalidRequest("client_id is unknown, or not whom the id_token_hint was issued to")
    return client


def _way_back(raw: RawParameters, client: Client | None) -> str:
    """§3: only to an address registered by the client that asks, with the state it sent."""
    wanted, state = raw.get("post_logout_redirect_uri"), raw.get("state")
    if not wanted:
        return ""
    found = address.read(wanted)
    if client is None or found is None or wanted not in client.post_logout_redirect_uris:
        raise InvalidRequest("post_logout_redirect_uri is not registered for the client that asks")
    return found.with_parameters({"state": state} if state else {})
