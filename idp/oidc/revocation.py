"""`/revoke` (RFC 7009): a client gives a token back.

A refresh token ends its whole family, an access token ends alone. A token that is unknown or over is answered like one
that was just revoked (§2.2).
"""

from flask import Blueprint, Response

from idp.audit import log
from idp.audit.events.access import TokensRevoked
from idp.clients.client import Client
from idp.database import Transaction
from idp.grants import refresh_families
from idp.grants.refresh_families import PresentedRefreshToken
from idp.oidc import access_token, cross_origin
from idp.oidc.client_authentication import authenticate
from idp.oidc.errors import InvalidGrant, OAuthError
from idp.oidc.form import read_form
from idp.oidc.responses import NOT_CACHED, error_response
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/revoke"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("revocation", __name__)
    cross_origin.allow(routes)
    routes.register_error_handler(OAuthError, error_response)

    @routes.post(ADDRESS)
    def revoke() -> Response:
        request = current_request()
        form = read_form(request)
        authenticated = authenticate(provider, request, form)
        text = form.required("token")
        with provider.database.transaction(origin_of(request, client_id=authenticated.client.client_id)) as tx:
            authenticated.spend(tx)
            _revoke(provider, tx, authenticated.client, text)
        return Response(status=200, headers=NOT_CACHED)

    return routes


def _revoke(provider: Provider, tx: Transaction, client: Client, text: str) -> None:
    presented = refresh_families.read(tx, text, client_id=client.client_id)
    if isinstance(presented, PresentedRefreshToken):
        _revoke_family(tx, presented)
        return
    token = access_token.read(tx, provider.signing_keys, provider.settings.server.issuer, text)
    if presented.reason == "other-client" or (token is not None and token.client_id != client.client_id):
        raise InvalidGrant("the token was issued to another client")
    if token is not None:
        access_token.revoke(tx, token)


def _revoke_family(tx: Transaction, presented: PresentedRefreshToken) -> None:
    """Any token that was once issued will do; an invented one ends nothing."""
    if not refresh_families.is_genuine(tx, presented):
        return
    family_id, authorized = presented.token.family_id, presented.authorization
    if refresh_families.revoke(tx, family_id, "revoked-by-client"):
        event = TokensRevoked(person_id=authorized.person_id, client_id=authorized.client_id, family_id=family_id)
        log.record(tx, event)
