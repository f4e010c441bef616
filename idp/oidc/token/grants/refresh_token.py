"""`refresh_token`: continued access (RFC 6749 §6), with rotation and reuse detection (RFC 9700 §4.14.2).

- Every client's tokens are rotated, except under FAPI 2.0, which asks for the contrary (Security Profile §5.3.2.1).
- Without `offline_access` the access lives with the session: a refresh counts as its activity, and when the session
  is over the refresh token is worth nothing.
- A public client's refresh token is bound to its DPoP key (RFC 9449 §5) or certificate (RFC 8705 §4).
"""

from idp.grants import refresh_families
from idp.grants.refresh_families import ContinuedFamily, PresentedRefreshToken, RefusedRefresh
from idp.oidc import scopes
from idp.oidc.errors import InvalidGrant
from idp.oidc.token import resource_indicators
from idp.oidc.token.request import GrantResult, TokenRequest
from idp.sessions import session as sessions


def refresh_token(request: TokenRequest) -> GrantResult:
    """Everything is checked before the token is rotated, so that a faulty request costs no token."""
    text = request.form.required("refresh_token")
    presented = refresh_families.read(request.tx, text, client_id=request.client.client_id)
    if isinstance(presented, RefusedRefresh):
        raise InvalidGrant("the refresh token is not valid", detail=presented.reason)
    if request.client.public and presented.key_thumbprint != request.confirmation.thumbprint:
        raise InvalidGrant("the refresh token is bound to another key")
    authorized = presented.authorization
    still_allowed = tuple(scope for scope in authorized.scope if scope in request.client.scopes)
    scope = scopes.narrowed(request.scope, still_allowed)
    audience = resource_indicators.audience_of_person(request.resources, authorized, request.client)
    _keep_session(request, presented)
    continued = _continue(request, presented)
    return GrantResult(
        scope=scope,
        authorization=authorized,
        family_id=continued.family_id,
        refresh_token=continued.refresh_token,
        audience=audience,
    )


def _keep_session(request: TokenRequest, presented: PresentedRefreshToken) -> None:
    if presented.authorization.offline:
        return
    session = sessions.by_id(request.tx, presented.authorization.session_id)
    if session is None:
        raise InvalidGrant("the session has ended")
    sessions.touch(request.tx, session, request.provider.settings.sessions)


def _continue(request: TokenRequest, presented: PresentedRefreshToken) -> ContinuedFamily:
    idle = request.lifetimes(offline=presented.authorization.offline).idle
    continued = (
        refresh_families.renew(request.tx, presented, idle=idle)
        if request.client.fapi2
        else refresh_families.rotate(request.tx, presented, key_thumbprint=request.confirmation.thumbprint, idle=idle)
    )
    if isinstance(continued, RefusedRefresh):
        raise InvalidGrant("the refresh token is not valid", detail=continued.reason)
    return continued
