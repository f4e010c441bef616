"""`/resource`: something to show an access token to, for programs that test OAuth 2.0 without OpenID Connect.

It returns the token's content to a client that shows it as it is bound (RFC 6750, RFC 9449 §7.1, RFC 8705 §3). The
userinfo endpoint cannot serve them, since it wants the scope `openid`. It exists in the conformance environment only.
"""

from flask import Blueprint, Response

from idp.oidc.bearer import admit, read_presented_token, refuse
from idp.oidc.errors import OAuthError
from idp.oidc.responses import json_response
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/resource"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("protected_resource", __name__)
    routes.register_error_handler(OAuthError, refuse)

    @routes.route(ADDRESS, methods=["GET", "POST"])
    def show() -> Response:
        request = current_request()
        shown = read_presented_token(provider, request)
        with provider.database.reading(origin_of(request)) as tx:
            token = admit(provider, tx, shown).token
        shown.spend(provider.database)
        return json_response({"client_id": token.client_id, "scope": " ".join(token.scope)})

    return routes
