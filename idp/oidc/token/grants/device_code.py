"""`device_code`: a device asks whether its owner has allowed it meanwhile (RFC 8628 §3.4)."""

from collections.abc import Mapping

from idp import random_values
from idp.grants import device_codes
from idp.grants.authorization import Authorization
from idp.oidc.errors import AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, OAuthError, SlowDown
from idp.oidc.token.first_tokens import first_tokens
from idp.oidc.token.request import GrantResult, TokenRequest

REFUSALS: Mapping[device_codes.Waiting, type[OAuthError]] = {
    "pending": AuthorizationPending,
    "slow_down": SlowDown,
    "denied": AccessDenied,
    "expired": ExpiredToken,
    "unknown": InvalidGrant,
}


def device_code(request: TokenRequest) -> GrantResult:
    """§3.5: until the person has decided, the answer says how to continue asking."""
    found = device_codes.poll(request.tx, request.form.required("device_code"), client_id=request.client.client_id)
    if not isinstance(found, Authorization):
        raise REFUSALS[found]()
    return first_tokens(request, found, family_id=random_values.new_id(request.now))
