"""`/userinfo` (OIDC Core §5.3): the claims about a person that an access token's scopes allow.

Rights are read with every request: a change shows immediately (B-42, B-52).
"""

from flask import Blueprint, Response

from idp.clients.client import Client
from idp.database import Transaction
from idp.oidc import claims, cross_origin, protected_response
from idp.oidc.access_token import LiveToken
from idp.oidc.bearer import admit, read_presented_token, refuse
from idp.oidc.errors import InsufficientScope, InvalidToken, OAuthError
from idp.oidc.missing_client import raise_if_expected_back
from idp.oidc.responses import NOT_CACHED, json_response
from idp.oidc.scopes import OPENID
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/userinfo"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("userinfo", __name__)
    cross_origin.allow(routes)

    routes.register_error_handler(OAuthError, refuse)

    @routes.route(ADDRESS, methods=["GET", "POST"])
    def userinfo() -> Response:
        request = current_request()
        shown = read_presented_token(provider, request)
        with provider.database.reading(origin_of(request)) as tx:
            found = admit(provider, tx, shown)
            client = _client(provider, tx, found)
            if found.authorization is None or found.person is None or OPENID not in found.token.scope:
                raise InsufficientScope("the scope openid is needed")
            known = claims.for_userinfo(tx, client, found.authorization, found.person, found.token.scope)
        shown.spend(provider.database)
        return _answer(provider, client, known)

    return routes


def _client(provider: Provider, tx: Transaction, found: LiveToken) -> Client:
    client = provider.registry.current().client(found.token.client_id)
    if client is None:
        raise_if_expected_back(provider, tx, found.token.client_id)
        raise InvalidToken("the client of this access token is gone")
    return client


def _answer(provider: Provider, client: Client, known: dict[str, object]) -> Response:
    """JSON, or a JWT, signed, encrypted or both, where the client is registered for it (§5.3.2)."""
    asked = protected_response.of_userinfo(client)
    if not asked:
        return json_response(known)
    content = {**known, "iss": provider.settings.server.issuer, "aud": client.client_id}
    body = protected_response.sealed(provider, client, content, asked)
    return Response(body, headers=NOT_CACHED, mimetype="application/jwt")
