"""`/device_authorization` (RFC 8628 §3.1): a device without a keyboard asks to be let in."""

from flask import Blueprint, Response

from idp.grants import device_codes
from idp.grants.device_codes import IssuedDeviceCode
from idp.grants.raw_parameters import REPEATABLE, RawParameters
from idp.oidc import throttling
from idp.oidc.authorize.checks import Endpoint
from idp.oidc.authorize.validation import validate
from idp.oidc.client_authentication import authenticate
from idp.oidc.errors import OAuthError
from idp.oidc.form import read_form
from idp.oidc.responses import error_response, json_response
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/device_authorization"
VERIFICATION = "/device"
ENDPOINT: Endpoint = "device"
UNDERSTOOD = frozenset(
    {"scope", "acr_values", "max_age", "claims", "ui_locales", "login_hint", "authorization_details"}
)


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("device_authorization", __name__)
    routes.register_error_handler(OAuthError, error_response)

    @routes.post(ADDRESS)
    def ask() -> Response:
        request = current_request()
        form = read_form(request)
        authenticated = authenticate(provider, request, form)
        client = authenticated.client
        sent = {name: value for name, value in form.values.items() if name in UNDERSTOOD}
        raw = RawParameters(parameters={**sent, "client_id": client.client_id}, resources=form.all(REPEATABLE))
        validate(provider, ENDPOINT, raw, client)
        throttling.count_if_public(provider, request, client)
        with provider.database.transaction(origin_of(request, client_id=client.client_id)) as tx:
            authenticated.spend(tx)
            issued = device_codes.issue(tx, raw)
        return json_response(_answer(provider, issued))

    return routes


def _answer(provider: Provider, issued: IssuedDeviceCode) -> dict[str, object]:
    address = provider.settings.server.issuer + VERIFICATION
    return {
        "device_code": issued.device_code,
        "user_code": issued.user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={issued.user_code}",
        "expires_in": int(device_codes.LIFETIME.total_seconds()),
        "interval": int(device_codes.INTERVAL.total_seconds()),
    }
