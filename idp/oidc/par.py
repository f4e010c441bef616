"""`/par`: pushed authorization requests (RFC 9126), checked as at the authorization endpoint and answered at once."""

from dataclasses import replace

from flask import Blueprint, Response

from idp.clients.client import Client
from idp.oidc import cross_origin, dpop, pushed_requests, throttling
from idp.oidc.answers import error_answer, json_answer
from idp.oidc.authorize.evaluation import examine, identify
from idp.oidc.authorize.request import Received
from idp.oidc.client_authentication import Authenticated, authenticate
from idp.oidc.dpop import Proof
from idp.oidc.errors import InvalidClient, InvalidRequest, OAuthError
from idp.oidc.form import Form, read_form
from idp.oidc.request_object import read_object
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/par"
CREATED = 201
CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
CHECKED_AS_PUSHED = "pushed"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("par", __name__)
    cross_origin.allow(routes)
    routes.register_error_handler(OAuthError, error_answer)

    @routes.post(ADDRESS)
    def push() -> Response:
        request = current_request()
        form = read_form(request)
        authenticated = authenticate(provider, request, form)
        proof = dpop.read_proof(provider, request)
        received = _bound(_received(provider, authenticated.client, form), proof)
        _check(provider, received, authenticated.client)
        throttling.count_if_public(provider, request, authenticated.client)
        request_uri = _store(provider, authenticated, proof, received)
        seconds = int(pushed_requests.LIFETIME.total_seconds())
        content = {"request_uri": request_uri, "expires_in": seconds}
        return json_answer(content, CREATED, dpop.nonce_header(provider))

    return routes


def _received(provider: Provider, client: Client, form: Form) -> Received:
    """What is pushed: the form without its credentials, or the request object in it and nothing else (§3)."""
    if form.get("request_uri"):
        raise InvalidRequest("request_uri cannot be pushed")  # §2.1
    if form.get("request"):
        received = read_object(provider, client, form.get("request"))
    else:
        sent = {name: value for name, value in form.values.items() if name not in CREDENTIALS}
        received = Received(parameters={**sent, "client_id": client.client_id}, resources=form.all("resource"))
    return Received(
        parameters=received.parameters,
        resources=received.resources,
        signed=received.signed,
        pushed=CHECKED_AS_PUSHED,
    )


def _bound(received: Received, proof: Proof | None) -> Received:
    """A proof binds the code to its key as `dpop_jkt` would; where both are sent they must agree (RFC 9449 §10.1)."""
    if proof is None:
        return received
    if received.get("dpop_jkt") not in ("", proof.jkt):
        raise InvalidRequest("dpop_jkt is not the key of the DPoP proof")
    return replace(received, parameters={**received.parameters, "dpop_jkt": proof.jkt})


def _check(provider: Provider, received: Received, client: Client) -> None:
    if identify(received, provider.registry.current()) != client:
        raise InvalidClient("client_id is not the client that authenticated")
    examine(provider, received, client, provider.clock.now())


def _store(provider: Provider, authenticated: Authenticated, proof: Proof | None, received: Received) -> str:
    client_id = authenticated.client.client_id
    with provider.database.transaction(origin_of(current_request(), client_id=client_id)) as tx:
        authenticated.spend(tx)
        if proof is not None:
            proof.spend(tx)
        return pushed_requests.store(tx, received, client_id=client_id)
