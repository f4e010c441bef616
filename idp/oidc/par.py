"""`/par`: pushed authorization requests (RFC 9126), checked as at the authorization endpoint and answered at once."""

from dataclasses import replace

from flask import Blueprint, Response

from idp.clients.client import Client
from idp.grants import pushed_requests
from idp.grants.raw_parameters import REPEATABLE, RawParameters
from idp.oidc import cross_origin, dpop, throttling
from idp.oidc.authorize.checks import Endpoint
from idp.oidc.authorize.validation import check_for_page, validate
from idp.oidc.client_authentication import AuthenticatedClient, authenticate
from idp.oidc.dpop import DpopProof
from idp.oidc.errors import InvalidRequest, OAuthError
from idp.oidc.form import FormBody, read_form
from idp.oidc.request_object import read_object
from idp.oidc.responses import error_response, json_response
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/par"
ENDPOINT: Endpoint = "par"
CREATED = 201
CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
CHECKED_AS_PUSHED = "pushed"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("par", __name__)
    cross_origin.allow(routes)
    routes.register_error_handler(OAuthError, error_response)

    @routes.post(ADDRESS)
    def push() -> Response:
        request = current_request()
        form = read_form(request)
        authenticated = authenticate(provider, request, form)
        proof = dpop.read_proof(provider, request)
        raw = _bound(_raw_parameters(provider, authenticated.client, form), proof)
        check_for_page(ENDPOINT, raw, authenticated.client)
        validate(provider, ENDPOINT, raw, authenticated.client)
        throttling.count_if_public(provider, request, authenticated.client)
        request_uri = _store(provider, authenticated, proof, raw)
        seconds = int(pushed_requests.LIFETIME.total_seconds())
        content = {"request_uri": request_uri, "expires_in": seconds}
        return json_response(content, CREATED, dpop.nonce_header(provider))

    return routes


def _raw_parameters(provider: Provider, client: Client, form: FormBody) -> RawParameters:
    """Return the form without its credentials, or the request object in it and nothing else (§3)."""
    if form.get("request_uri"):
        raise InvalidRequest("request_uri cannot be pushed")  # §2.1
    if form.get("request"):
        return replace(read_object(provider, client, form.get("request")), pushed=CHECKED_AS_PUSHED)
    sent = {name: value for name, value in form.values.items() if name not in CREDENTIALS}
    return RawParameters(
        parameters={**sent, "client_id": client.client_id}, resources=form.all(REPEATABLE), pushed=CHECKED_AS_PUSHED
    )


def _bound(raw: RawParameters, proof: DpopProof | None) -> RawParameters:
    """Bind the code to the key of the proof, like `dpop_jkt`; if both are sent they must agree (RFC 9449 §10.1)."""
    if proof is None:
        return raw
    if raw.get("dpop_jkt") not in ("", proof.jkt):
        raise InvalidRequest("dpop_jkt is not the key of the DPoP proof")
    return raw.with_parameter("dpop_jkt", proof.jkt)


def _store(provider: Provider, authenticated: AuthenticatedClient, proof: DpopProof | None, raw: RawParameters) -> str:
    with provider.database.transaction(origin_of(current_request(), client_id=raw.client_id)) as tx:
        authenticated.spend(tx)
        if proof is not None:
            proof.spend(tx)
        return pushed_requests.store(tx, raw)
