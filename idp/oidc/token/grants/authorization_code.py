"""`authorization_code`: a code from the authorization endpoint becomes tokens (RFC 6749 §4.1.3)."""

from idp.grants import authorization_codes
from idp.grants.authorization_codes import RedeemedCode
from idp.oidc.errors import InvalidGrant
from idp.oidc.token import pkce
from idp.oidc.token.first_tokens import first_tokens
from idp.oidc.token.request import GrantResult, TokenRequest


def authorization_code(request: TokenRequest) -> GrantResult:
    """Spend the code first, then check everything that it is bound to."""
    code, verifier = request.form.required("code"), request.form.get("code_verifier")
    redeemed = authorization_codes.redeem(request.tx, code, client_id=request.client.client_id)
    if redeemed is None:
        raise InvalidGrant("the code is not valid")
    _check(request, redeemed, verifier)
    return first_tokens(request, redeemed.authorization, family_id=redeemed.family_id)


def _check(request: TokenRequest, redeemed: RedeemedCode, verifier: str) -> None:
    if request.form.get("redirect_uri") != redeemed.redirect_uri:  # RFC 6749 §4.1.3
        raise InvalidGrant("redirect_uri is not the one of the authorization request")
    if not pkce.verifies(verifier, redeemed.code_challenge):
        raise InvalidGrant("code_verifier does not fit")
    if redeemed.dpop_jkt and redeemed.dpop_jkt != request.confirmation.jkt:  # RFC 9449 §10
        raise InvalidGrant("the code is bound to another key")
