"""`token-exchange`: a service that received a person's token calls another one on that person's behalf (RFC 8693).

Off unless a client's file lists the grant. The service shows an access token that is live and was made for it, and
gets one for a resource it may call, with no more scope and no longer life, in which it is named as the actor. The new
token belongs to the same family: it dies with the person's session, and no refresh token comes with it. The new
token has the binding of the shown one (`cnf`): the client that exchanges it proves to hold the same key.
"""

import msgspec

from idp.grants import subjects
from idp.grants.authorization import Authorization
from idp.oidc import access_token, scopes
from idp.oidc.access_token import LiveToken
from idp.oidc.errors import InvalidRequest, UnauthorizedClient
from idp.oidc.token import resource_indicators
from idp.oidc.token.request import GrantResult, TokenRequest

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
JWT = "urn:ietf:params:oauth:token-type:jwt"
NOT_SERVED = ("actor_token", "actor_token_type")


def token_exchange(request: TokenRequest) -> GrantResult:
    """§2.1; `audience` and `resource` are the same to us (§2.1.1)."""
    if request.client.public:
        raise UnauthorizedClient("a public client has no name of its own to act in")
    _refuse_unserved(request)
    shown, authorized = _subject(request)
    asked = tuple(dict.fromkeys((*request.resources, *request.form.all("audience"))))
    audiences = request.client.audiences
    allowed = tuple(scope for scope in shown.token.scope if scope in request.client.scopes)
    return GrantResult(
        scope=scopes.narrowed(request.scope, allowed),
        authorization=authorized,
        family_id=shown.token.family_id,
        audience=resource_indicators.audience(asked, allowed=audiences, default=audiences),
        identifies=False,
        actor=_actor(request, shown),
        ends_at=shown.token.expires_at.timestamp(),
        issued_token_type=ACCESS_TOKEN,
    )


def _actor(request: TokenRequest, shown: LiveToken) -> dict[str, object]:
    """Return the client, and inside it the earlier actor (RFC 8693 §4.1)."""
    before = shown.token.claims.get("act")
    return {"sub": request.client.client_id, **({"act": before} if before else {})}


def _refuse_unserved(request: TokenRequest) -> None:
    if request.form.get("requested_token_type") not in ("", ACCESS_TOKEN, JWT):
        raise InvalidRequest("only access tokens are issued")
    if any(request.form.get(name) for name in NOT_SERVED):
        raise InvalidRequest("the actor is always the client itself")


def _subject(request: TokenRequest) -> tuple[LiveToken, Authorization]:
    """Return the token shown, and its person under the name this client knows. Raises `InvalidRequest` (§2.2.2)."""
    if request.form.required("subject_token_type") not in (ACCESS_TOKEN, JWT):
        raise InvalidRequest("subject_token must be an access token")
    issuer, text = request.provider.settings.server.issuer, request.form.required("subject_token")
    token = access_token.read(request.tx, request.provider.signing_keys, issuer, text)
    shown = access_token.find_live(request.tx, token) if token is not None else None
    if shown is None or shown.authorization is None:
        raise InvalidRequest("subject_token is not a live access token of a person")
    ours = {request.client.client_id, *request.client.audiences}
    if shown.token.client_id not in ours and not ours & set(shown.token.audience):
        raise InvalidRequest("subject_token was not made for this client")
    bound = shown.token.confirmation
    if bound.thumbprint and bound != request.confirmation:  # else the new token would be worth more than the old one
        raise InvalidRequest("subject_token is bound to a key or certificate that was not shown")
    subject = subjects.subject_of(request.tx, shown.authorization.person_id, request.client)
    return shown, msgspec.structs.replace(shown.authorization, subject=subject)
