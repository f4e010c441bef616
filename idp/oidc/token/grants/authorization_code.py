"""`authorization_code`: a code from the authorization endpoint becomes tokens (RFC 6749 §4.1.3)."""

from idp.audit import log
from idp.audit.events.access import CodeRedeemed
from idp.grants import client_sessions, refresh_families
from idp.grants.authorization import Authorization
from idp.oidc.errors import InvalidGrant
from idp.oidc.token import authorization_codes, pkce, targets
from idp.oidc.token.authorization_codes import Redeemed
from idp.oidc.token.request import Granted, TokenRequest


def authorization_code(request: TokenRequest) -> Granted:
    """The code is spent first, then everything about it must hold."""
    code, verifier = request.required("code"), request.text("code_verifier")
    redeemed = authorization_codes.redeem(request.tx, code, client_id=request.client.client_id)
    if redeemed is None:
        raise InvalidGrant("the code is not valid")
    _check(request, redeemed, verifier)
    authorized = redeemed.authorization
    audience = targets.of_person(request.resources, authorized, request.client)
    started = refresh_families.start(
        request.tx,
        authorized,
        family_id=redeemed.family_id,
        lifetimes=request.lifetimes,
        refreshable="refresh_token" in request.client.grant_types,
        key_thumbprint=request.confirmation.jkt,
    )
    _record(request, authorized, started.family_id)
    return Granted(
        scope=authorized.scope,
        authorization=authorized,
        family_id=started.family_id,
        refresh_token=started.refresh_token,
        audience=audience,
        nonce=authorized.nonce,
    )


def _check(request: TokenRequest, redeemed: Redeemed, verifier: str) -> None:
    if request.text("redirect_uri") != redeemed.redirect_uri:  # RFC 6749 §4.1.3
        raise InvalidGrant("redirect_uri is not the one of the authorization request")
    if not pkce.verifies(verifier, redeemed.code_challenge):
        raise InvalidGrant("code_verifier does not fit")
    if redeemed.dpop_jkt and redeemed.dpop_jkt != request.confirmation.jkt:  # RFC 9449 §10
        raise InvalidGrant("the code is bound to another key")
    if client_sessions.find(request.tx, redeemed.authorization.sid) is None:
        raise InvalidGrant("the session has ended")


def _record(request: TokenRequest, authorized: Authorization, family_id: str) -> None:
    log.record(
        request.tx,
        CodeRedeemed(
            person_id=authorized.person_id,
            client_id=authorized.client_id,
            family_id=family_id,
            scopes=list(authorized.scope),
        ),
    )
