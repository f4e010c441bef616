"""`urn:ietf:params:oauth:grant-type:device_code`: a device asks whether its owner has let it in (RFC 8628 §3.4)."""

from idp import opaque
from idp.audit import log
from idp.audit.events.access import CodeRedeemed
from idp.grants import client_sessions, refresh_families
from idp.oidc import device_codes
from idp.oidc.errors import AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, OAuthError, SlowDown
from idp.oidc.token import targets
from idp.oidc.token.request import Granted, TokenRequest


def device_code(request: TokenRequest) -> Granted:
    """Tokens once the person has said yes; until then, the error that tells the device what to do (§3.5)."""
    polled = device_codes.poll(request.tx, request.required("device_code"), client_id=request.client.client_id)
    if isinstance(polled, str):
        raise _refusal(polled)
    if client_sessions.find(request.tx, polled.sid) is None:
        raise InvalidGrant("the session has ended")
    started = refresh_families.start(
        request.tx,
        polled,
        family_id=opaque.new_id(request.now),
        lifetimes=request.lifetimes,
        refreshable="refresh_token" in request.client.grant_types,
        key_thumbprint=request.confirmation.jkt,
    )
    event = CodeRedeemed(
        person_id=polled.person_id,
        client_id=polled.client_id,
        family_id=started.family_id,
        scopes=list(polled.scope),
    )
    log.record(request.tx, event)
    return Granted(
        scope=polled.scope,
        authorization=polled,
        family_id=started.family_id,
        refresh_token=started.refresh_token,
        audience=targets.of_person(request.resources, polled, request.client),
    )


def _refusal(state: device_codes.Waiting) -> OAuthError:
    match state:
        case "pending":
            return AuthorizationPending("nobody has decided yet")
        case "slow_down":
            return SlowDown("wait five seconds longer")
        case "denied":
            return AccessDenied("the person said no")
        case "expired":
            return ExpiredToken("the device code has expired")
        case "unknown":
            return InvalidGrant("the device code is not valid")
