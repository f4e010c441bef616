"""What an authorization request says: first as received, then as typed values.

`Received` holds texts as they came, from the address, a form, a pushed request or a request object.
`AuthorizationRequest` is what the checks, the requirements and the code that is issued read.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.clients.client import Client


@dataclass(frozen=True, kw_only=True)
class Received:
    """The parameters as sent: empty ones are as good as absent (RFC 6749 §3.1).

    `repeated` names those that were sent twice although only `resource` may be (RFC 6749 §3.1, RFC 8707 §2).
    `client` is who the request says it comes from, if it is known. `pushed` is the id of the pushed request.
    """

    parameters: dict[str, str]
    resources: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()
    client: Client | None = None
    pushed: str = ""
    signed: bool = False


@dataclass(frozen=True, kw_only=True)
class ClaimsRequest:
    """The `claims` parameter (OIDC Core §5.5): claim name → `{essential, value, values}` or an empty dict."""

    userinfo: dict[str, dict[str, Any]] = field(default_factory=dict)
    id_token: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A request that could be read. Times are UTC, `max_age` is seconds, tuples keep the order of the client."""

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
