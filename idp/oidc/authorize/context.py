"""The authorization context: an authorization request as typed values, the client that sent it, and the time.

`idp.oidc.authorize.validation` makes it, and nothing else does. Checks, requirements and the issued code read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from idp.clients.client import Client
from idp.grants.raw_parameters import RawParameters
from idp.interaction import SuspendedRequest
from idp.oidc.errors import InvalidRequest

Claims = dict[str, dict[str, object]]


@dataclass(frozen=True, kw_only=True)
class ClaimsRequest:
    """The `claims` parameter (OIDC Core §5.5): claim name → `{essential, value, values}`, or an empty dict."""

    userinfo: Claims = field(default_factory=dict)
    id_token: Claims = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AuthorizationContext:
    """A request that could be read. Tuples keep the client's order; times are UTC.

    - `raw`: the parameters as sent; the fields from `redirect_uri` on are their typed values.
    - `asked_at`: when the person arrived with the request; `now`: when it was read this time.
    - `suspended`: the form in which a journey handed it back; None when it has just arrived.
    - `scopes`: the requested scopes that the client may have; `max_age`: seconds.
    - `expected_subject`: the `sub` that the client expects (`id_token_hint`, `claims`), as this client knows it.
    """

    raw: RawParameters
    client: Client
    asked_at: datetime
    now: datetime
    suspended: SuspendedRequest | None = None
    redirect_uri: str
    response_type: str
    response_mode: str
    scopes: tuple[str, ...]
    nonce: str
    code_challenge: str
    code_challenge_method: str
    prompt: frozenset[str]
    max_age: int | None
    acr_values: tuple[str, ...]
    claims: ClaimsRequest
    dpop_jkt: str
    expected_subject: str = ""

    @property
    def resources(self) -> tuple[str, ...]:
        return self.raw.resources

    @property
    def request_id(self) -> str:
        """The id that sign-ins and consents for this very request carry; empty before it is suspended once."""
        return self.suspended.pending.id if self.suspended is not None else ""

    @property
    def offered(self) -> tuple[str, ...]:
        """The requirements that the person was already sent to meet."""
        return self.suspended.pending.offered if self.suspended is not None else ()

    @property
    def needs_new_sign_in(self) -> bool:
        """Return whether only a sign-in newer than the request will do."""
        return "login" in self.prompt or "select_account" in self.prompt or self.client.policy.sso == "never"


def read(raw: RawParameters, client: Client, now: datetime, suspended: SuspendedRequest | None) -> AuthorizationContext:
    """Read the parameters as typed values. Raises `InvalidRequest` for a value that is not of its parameter's type."""
    return AuthorizationContext(
        raw=raw,
        client=client,
        asked_at=suspended.pending.asked_at if suspended is not None else now,
        now=now,
        suspended=suspended,
        redirect_uri=raw.get("redirect_uri"),
        response_type=raw.get("response_type"),
        response_mode=raw.get("response_mode"),
        scopes=_scopes(raw.get("scope"), client),
        nonce=raw.get("nonce"),
        code_challenge=raw.get("code_challenge"),
        code_challenge_method=raw.get("code_challenge_method"),
        prompt=frozenset(raw.get("prompt").split()),
        max_age=_max_age(raw.get("max_age"), client),
        acr_values=tuple(raw.get("acr_values").split()) or client.default_acr_values,
        claims=_claims(raw.get("claims")),
        dpop_jkt=raw.get("dpop_jkt"),
    )


def _scopes(text: str, client: Client) -> tuple[str, ...]:
    """Return the requested scopes that the client may have; unknown ones are ignored (OIDC Core §3.1.2.1)."""
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
        members = msgspec.json.decode(text, type=dict[str, object])
        return ClaimsRequest(userinfo=_requested(members, "userinfo"), id_token=_requested(members, "id_token"))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRequest("claims must be a JSON object as in OpenID Connect Core 5.5") from error


def _requested(members: Mapping[str, object], place: str) -> Claims:
    requested = msgspec.convert(members.get(place) or {}, dict[str, dict[str, object] | None])
    return {name: details or {} for name, details in requested.items()}
