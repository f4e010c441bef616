"""Security events of the provider (RFC 8417, RFC 8935): what ended there ends here at once.

A portal with back-channel logout hears of ended sessions by that as well. Events also say that an account was disabled
or erased, whatever sessions there are.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from examples.portals.relying_party import RelyingParty, UntrustedToken
from examples.portals.store import Store

TYPE = "secevent+jwt"
OF_ACCOUNTS = frozenset({"account-disabled", "account-purged"})


class InvalidEvent(Exception):
    """A token that is no event for this portal; the text is an error code of RFC 8935 §2.4."""


@dataclass(frozen=True)
class SecurityEvent:
    """The last part of the event type, and whom it is about; `sid` where it is one session."""

    name: str
    sub: str
    sid: str
    jti: str


def blueprint(party: RelyingParty, store: Store) -> Blueprint:
    """`/events`."""
    pages = Blueprint("events", __name__)

    @pages.post("/events")
    def receive() -> Response:
        """Answer 202 for an event that is understood or not needed, 400 for a token that is no event for us."""
        try:
            event = read(party, request.get_data(as_text=True))
        except InvalidEvent as error:
            return Response(f'{{"err": "{error}"}}', 400, {"Cache-Control": "no-store"}, mimetype="application/json")
        if store.spend(event.jti):
            act(store, event)
        return Response(status=202, headers={"Cache-Control": "no-store"})

    return pages


def read(party: RelyingParty, token: str) -> SecurityEvent:
    """Return the event in this token. Raises `InvalidEvent`."""
    try:
        claims = party.verified(token, typ=TYPE)
    except UntrustedToken as error:
        raise InvalidEvent("invalid_request") from error
    if claims.get("iss") != party.issuer:
        raise InvalidEvent("invalid_issuer")
    if claims.get("aud") != party.client_id:
        raise InvalidEvent("invalid_audience")
    names = [uri.rpartition("/")[2] for uri in claims.get("events", {})]
    if len(names) != 1 or not claims.get("jti"):
        raise InvalidEvent("invalid_request")
    subject: dict[str, Any] = claims.get("sub_id", {})
    user = subject.get("user", subject)
    return SecurityEvent(names[0], user.get("sub", ""), subject.get("session", {}).get("id", ""), claims["jti"])


def act(store: Store, event: SecurityEvent) -> None:
    """End the visits that the event is about."""
    if event.name == "session-revoked" and event.sid:
        store.end_of(sid=event.sid, sub="")
    elif event.name in OF_ACCOUNTS and event.sub:
        store.end_of(sid="", sub=event.sub)
