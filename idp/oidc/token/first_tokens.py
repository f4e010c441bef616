"""The first tokens of an authorization, whichever grant proved it: a family, its refresh token, an audit event."""

from idp.audit import log
from idp.audit.events.access import AccessBegan
from idp.grants import refresh_families
from idp.grants.authorization import Authorization
from idp.oidc.errors import InvalidGrant
from idp.oidc.token import resource_indicators
from idp.oidc.token.request import GrantResult, TokenRequest
from idp.organisations import entry


def first_tokens(request: TokenRequest, authorized: Authorization, *, family_id: str) -> GrantResult:
    """Return the first tokens of an authorization.

    Raises `InvalidGrant` if the person's session at the client has ended.
    """
    audience = resource_indicators.audience_of_person(request.resources, authorized, request.client)
    started = refresh_families.start(
        request.tx,
        authorized,
        family_id=family_id,
        lifetimes=request.lifetimes(offline=authorized.offline),
        knows_organisations=entry.rests_on_organisations(request.client, authorized.scope),
        refreshable="refresh_token" in request.client.grant_types,
        key_thumbprint=request.confirmation.thumbprint,
    )
    if started is None:
        raise InvalidGrant("the session has ended")
    event = AccessBegan(
        person_id=authorized.person_id,
        client_id=authorized.client_id,
        family_id=family_id,
        scopes=list(authorized.scope),
    )
    log.record(request.tx, event)
    return GrantResult(
        scope=authorized.scope,
        authorization=authorized,
        family_id=family_id,
        refresh_token=started.refresh_token,
        audience=audience,
        nonce=authorized.nonce,
    )
