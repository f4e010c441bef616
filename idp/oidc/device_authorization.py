"""`/device_authorization` (RFC 8628 §3.1): a device without a keyboard asks to be let in."""

from flask import Blueprint, Response, request

from idp.clients.client import Client
from idp.grants import device_codes
from idp.oidc import throttling
from idp.oidc.answers import error_answer, json_answer
from idp.oidc.authorize.checks import DEVICE_CHECKS, Asked
from idp.oidc.authorize.request import Received, read
from idp.oidc.client_authentication import authenticate
from idp.oidc.errors import OAuthError, UnauthorizedClient
from idp.oidc.form import read_form
from idp.provider import Provider
from idp.web.origin import origin_of

ADDRESS = "/device_authorization"
VERIFICATION = "/device"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
UNDERSTOOD = frozenset(
    {"scope", "acr_values", "max_age", "claims", "ui_locales", "login_hint", "authorization_details"}
)


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("device_authorization", __name__)
    routes.register_error_handler(OAuthError, error_answer)

    @routes.post(ADDRESS)
    def ask() -> Response:
        form = read_form(request)
        authenticated = authenticate(provider, request, form)
        client = authenticated.client
        sent = {name: value for name, value in form.values.items() if name in UNDERSTOOD}
        received = Received(parameters={**sent, "client_id": client.client_id}, resources=form.all("resource"))
        _check(provider, received, client)
        throttling.count_if_public(provider, request, client)
        with provider.database.transaction(origin_of(request, client_id=client.client_id)) as tx:
            authenticated.spend(tx)
            issued = device_codes.issue(
                tx, client_id=client.client_id, parameters=received.parameters, resources=received.resources
            )
        return json_answer(_answer(provider, issued))

    return routes


def _check(provider: Provider, received: Received, client: Client) -> None:
    if GRANT not in client.grant_types:
        raise UnauthorizedClient("this client may not use the device grant")
    now = provider.clock.now()
    asked = Asked(received=received, request=read(received, client, now), client=client, now=now)
    for check in DEVICE_CHECKS:
        check(asked)


def _answer(provider: Provider, issued: device_codes.Issued) -> dict[str, object]:
    address = provider.settings.server.issuer + VERIFICATION
    return {
        "device_code": issued.device_code,
        "user_code": issued.user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={issued.user_code}",
        "expires_in": int(device_codes.LIFETIME.total_seconds()),
        "interval": int(device_codes.INTERVAL.total_seconds()),
    }
