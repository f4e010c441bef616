"""What an authorization request says: first as received, then as typed values.

`Received` holds texts as they came, from the address, a form, a pushed request or a request object.
`AuthorizationRequest` is what the checks, the requirements and the issued code read; `read` makes it and refuses
what cannot be read at all.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from idp.clients.client import Client
from idp.interaction import PendingAuthorization
from idp.oidc.errors import InvalidRequest

REPEATABLE = "resource"  # RFC 8707 §2: the one parameter that may be sent several times

Claims = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class HandedOver:
    """A request on its way through journeys, and the sealed value or handle that its address carries."""

    pending: PendingAuthorization
    sealed: str


@dataclass(frozen=True, kw_only=True)
class Received:
    """The parameters as sent: empty ones are as good as absent (RFC 6749 §3.1).

    `repeated` names those sent more than once. `pushed` is the id of the pushed request they come from, `signed` says
    that they come from a request object whose signature is the client's. `device` is the id of the device
    authorization that waits for the answer. `offered` are the requirements that the person was already sent to meet.
    `before` is what was handed over last, where the request comes back from a journey.
    """

    parameters: dict[str, str]
    resources: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()
    pushed: str = ""
    signed: bool = False
    device: str = ""
    offered: tuple[str, ...] = ()
    before: HandedOver | None = None

    @property
    def id(self) -> str:
        """What sign-ins and consents note that were given for this very request; empty before the first hand-over."""
        return self.before.pending.id if self.before is not None else ""

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


@dataclass(frozen=True, kw_only=True)
class ClaimsRequest:
    """The `claims` parameter (OIDC Core §5.5): claim name → `{essential, value, values}`, or an empty dict."""

    userinfo: Claims = field(default_factory=dict)
    id_token: Claims = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A request that could be read. `scopes` are those the client may have; `max_age` is seconds.

    Tuples keep the client's order. `asked_at` is when the person arrived with it (UTC).
    """

    client_id: str
    redirect_uri: str
    response_type: str
    response_mode: str
    scopes: tuple[str, ...]
    state: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    prompt: frozenset[str]
    max_age: int | None
    acr_values: tuple[str, ...]
    claims: ClaimsRequest
    login_hint: str
    id_token_hint: str
    ui_locales: tuple[str, ...]
    display: str
    resources: tuple[str, ...]
    dpop_jkt: str
    pushed: str
    asked_at: datetime


def receive(pairs: Iterable[tuple[str, str]]) -> Received:
    """The request in these decoded name and value pairs."""
    sent = [(name, value) for name, value in pairs if value]
    counts = Counter(name for name, _ in sent if name != REPEATABLE)
    return Received(
        parameters={name: value for name, value in sent if name != REPEATABLE},
        resources=tuple(value for name, value in sent if name == REPEATABLE),
        repeated=frozenset(name for name, count in counts.items() if count > 1),
    )


def read(received: Received, client: Client, asked_at: datetime) -> AuthorizationRequest:
    """The typed request. Raises `InvalidRequest` for a value that is not of its parameter's type."""
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=received.get("redirect_uri"),
        response_type=received.get("response_type"),
        response_mode=received.get("response_mode"),
        scopes=_scopes(received.get("scope"), client),
        state=received.get("state"),
        nonce=received.get("nonce"),
        code_challenge=received.get("code_challenge"),
        code_challenge_method=received.get("code_challenge_method"),
        prompt=frozenset(received.get("prompt").split()),
        max_age=_max_age(received.get("max_age"), client),
        acr_values=tuple(received.get("acr_values").split()) or client.default_acr_values,
        claims=_claims(received.get("claims")),
        login_hint=received.get("login_hint"),
        id_token_hint=received.get("id_token_hint"),
        ui_locales=tuple(received.get("ui_locales").split()),
        display=received.get("display"),
        resources=received.resources,
        dpop_jkt=received.get("dpop_jkt"),
        pushed=received.pushed,
        asked_at=asked_at,
    )


def _scopes(text: str, client: Client) -> tuple[str, ...]:
    """What is asked and allowed; what is not understood is ignored (OIDC Core §3.1.2.1)."""
    allowed = client.scopes if "refresh_token" in client.grant_types else client.scopes - {"offline_access"}
    return tuple(dict.fromkeys(scope for scope in text.split() if scope in allowed))


def _max_age(text: str, client: Client) -> int | None:
    if not text:
        return client.default_max_age
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise InvalidRequest("max_age must be a number of seconds")
    return int(text)


def _claims(text: str) -> ClaimsRequest:
    if not text:
        return ClaimsRequest()
    try:
        asked = msgspec.json.decode(text, type=dict[str, Any])
        return ClaimsRequest(userinfo=_members(asked, "userinfo"), id_token=_members(asked, "id_token"))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRequest("claims must be a JSON object as in OpenID Connect Core 5.5") from error


def _members(asked: dict[str, Any], place: str) -> Claims:
    members = msgspec.convert(asked.get(place) or {}, dict[str, dict[str, Any] | None])
    return {name: wish or {} for name, wish in members.items()}
