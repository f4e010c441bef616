"""`/introspect` (RFC 7662 §2): whether a token is active, and its meaning.

A client learns about its own tokens and about those made for a resource it serves (`audiences`); anything else is
`{"active": false}`, whatever the reason. Rights are read again (B-42, B-52).
"""

from dataclasses import replace

from flask import Blueprint, Request, Response

from idp.clients.client import Client
from idp.database import Transaction
from idp.grants import refresh_families
from idp.grants.refresh_families import RefusedRefresh
from idp.oidc import access_token, claims, protected_response
from idp.oidc.access_token import LiveToken
from idp.oidc.client_authentication import admit
from idp.oidc.errors import InvalidClient, OAuthError
from idp.oidc.form import read_form
from idp.oidc.responses import NOT_CACHED, error_response, json_response
from idp.oidc.scopes import ORGANISATIONS
from idp.provider import Provider
from idp.web.application import current_request

ADDRESS = "/introspect"
MEDIA_TYPE = "application/token-introspection+jwt"
INACTIVE: dict[str, object] = {"active": False}


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("introspection", __name__)
    routes.register_error_handler(OAuthError, error_response)

    @routes.post(ADDRESS)
    def introspect() -> Response:
        request = current_request()
        form = read_form(request)
        client = admit(provider, request, form)
        if client.public:
            raise InvalidClient("a public client cannot introspect tokens")
        text = form.required("token")
        with provider.database.reading() as tx:
            state = _state(provider, tx, client, text)
        return _answer(provider, request, client, state)

    return routes


def _answer(provider: Provider, request: Request, client: Client, state: dict[str, object]) -> Response:
    """JSON, or a JWT if this request or the client's registration asks for one (RFC 9701 §4, §6)."""
    asked = protected_response.of_introspection(client)
    if not asked and MEDIA_TYPE not in request.accept_mimetypes.values():
        return json_response(state)
    content = {
        "iss": provider.settings.server.issuer,
        "aud": client.client_id,
        "iat": int(provider.clock.now().timestamp()),
        "token_introspection": state,
    }
    algorithm = asked.signed or protected_response.usual_algorithm(client, provider.signing_keys.algorithms)
    body = protected_response.sealed(provider, client, content, replace(asked, signed=algorithm))
    return Response(body, headers=NOT_CACHED, mimetype=MEDIA_TYPE)


def _state(provider: Provider, tx: Transaction, client: Client, text: str) -> dict[str, object]:
    token = access_token.read(tx, provider.signing_keys, provider.settings.server.issuer, text)
    if token is None:
        return _of_refresh_token(provider, tx, client, text)
    found = access_token.find_live(tx, token)
    if found is None or not _may_know(client, found):
        return INACTIVE
    return {"active": True, "token_type": token.confirmation.token_type, **token.claims, **_rights(tx, client, found)}


def _may_know(client: Client, found: LiveToken) -> bool:
    mine = found.token.client_id == client.client_id
    return mine or bool({client.client_id, *client.audiences} & set(found.token.audience))


def _rights(tx: Transaction, client: Client, found: LiveToken) -> dict[str, object]:
    if found.authorization is None or ORGANISATIONS not in found.token.scope:
        return {}
    return claims.organisations_for_token(tx, client, found.authorization)


def _of_refresh_token(provider: Provider, tx: Transaction, client: Client, text: str) -> dict[str, object]:
    presented = refresh_families.read(tx, text, client_id=client.client_id)
    if isinstance(presented, RefusedRefresh) or not refresh_families.is_current(presented):
        return INACTIVE
    authorized = presented.authorization
    return {
        "active": True,
        "iss": provider.settings.server.issuer,
        "sub": authorized.subject,
        "client_id": client.client_id,
        "scope": " ".join(authorized.scope),
        "exp": int(presented.ends_at.timestamp()),
    }
