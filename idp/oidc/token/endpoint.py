"""`/token` (RFC 6749 §3.2): strict form → client → grant → tokens → answer that nobody caches."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from flask import Blueprint, Request, Response

from idp.clients.client import DEVICE_GRANT, TOKEN_EXCHANGE, Client
from idp.oidc import cross_origin, dpop, possession
from idp.oidc.client_authentication import authenticate
from idp.oidc.dpop import DpopProof
from idp.oidc.errors import InvalidAuthorizationDetails, OAuthError, UnauthorizedClient, UnsupportedGrantType
from idp.oidc.form import FormBody, read_form
from idp.oidc.responses import error_response, json_response
from idp.oidc.token import issuing
from idp.oidc.token.address import ADDRESS
from idp.oidc.token.grants.authorization_code import authorization_code
from idp.oidc.token.grants.client_credentials import client_credentials
from idp.oidc.token.grants.device_code import device_code
from idp.oidc.token.grants.refresh_token import refresh_token
from idp.oidc.token.grants.token_exchange import token_exchange
from idp.oidc.token.request import GrantResult, TokenRequest
from idp.provider import Provider
from idp.web import logging
from idp.web.application import current_request
from idp.web.origin import origin_of

Grant = Callable[[TokenRequest], GrantResult]

GRANTS: Mapping[str, Grant] = {
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
    "client_credentials": client_credentials,
    DEVICE_GRANT: device_code,
    TOKEN_EXCHANGE: token_exchange,
}
"""Every grant that is served; discovery publishes the names, and client files may give them."""


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("token", __name__)
    cross_origin.allow(routes)
    routes.register_error_handler(OAuthError, error_response)

    @routes.post(ADDRESS)
    def token() -> Response:
        return json_response(_tokens(provider, current_request()), headers=dpop.nonce_header(provider))

    return routes


def _tokens(provider: Provider, http: Request) -> dict[str, object]:
    form = read_form(http)
    authenticated = authenticate(provider, http, form)
    grant = _find_grant(form, authenticated.client)
    logging.note(client=authenticated.client.client_id, grant=form.get("grant_type"))
    origin = origin_of(http, client_id=authenticated.client.client_id)
    proof, confirmation = possession.read_possession(provider, http, authenticated.client)
    with ExitStack() as until_committed:
        request = TokenRequest(
            provider,
            authenticated.client,
            form,
            confirmation,
            lambda: until_committed.enter_context(provider.database.transaction(origin)),
        )
        if authenticated.assertion_id is not None:
            authenticated.spend(request.tx)
        prepared = issuing.prepare(request, _call_grant(request, grant, proof))
    return issuing.answer(request, prepared)


def _call_grant(request: TokenRequest, grant: Grant, proof: DpopProof | None) -> GrantResult:
    """Spend the proof first, so that only one of several simultaneous uses is served."""
    if proof is None:
        return grant(request)
    proof.spend(request.tx)
    try:
        return grant(request)
    except OAuthError:
        proof.give_back(request.tx)
        raise


def _find_grant(form: FormBody, client: Client) -> Grant:
    """RFC 6749 §5.2: a grant that exists, and that this client is registered for."""
    if form.get("authorization_details"):  # RFC 9396 §5, §6: no type is known here
        raise InvalidAuthorizationDetails("authorization_details are not supported")
    name = form.required("grant_type")
    if name not in GRANTS:
        raise UnsupportedGrantType("grant_type is not supported")
    if name not in client.grant_types:
        raise UnauthorizedClient("this client may not use this grant")
    return GRANTS[name]
