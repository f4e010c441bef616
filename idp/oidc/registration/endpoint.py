"""`/registration` (RFC 7591 §3) and `/registration/<client id>` (RFC 7592 §2).

A registration access token is shown once, at the registration; it manages one client and nothing else.
"""

import msgspec
from flask import Blueprint, Request, Response

from idp import random_values
from idp.clients import registered
from idp.clients.client import SECRET_METHODS, Client
from idp.clients.registered import RegisteredClient
from idp.database import Transaction
from idp.grants.end_access import PortalAccess, end_access
from idp.oidc import throttling
from idp.oidc.errors import InvalidClientMetadata, InvalidToken, OAuthError
from idp.oidc.registration import metadata
from idp.oidc.responses import NOT_CACHED, error_response, json_response
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of

ADDRESS = "/registration"
CREATED, NO_CONTENT = 201, 204
CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
LIMIT = "registration"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("registration", __name__)
    routes.register_error_handler(OAuthError, error_response)

    @routes.post(ADDRESS)
    def register() -> Response:
        throttling.count(provider, current_request(), LIMIT, told="too many registrations")
        _check_initial_access_token(provider, _bearer(current_request()))
        return json_response(_registered(provider, _sent(current_request())), CREATED)

    @routes.get(f"{ADDRESS}/<client_id>")
    def read(client_id: str) -> Response:
        with provider.database.reading() as tx:
            row = _managed(tx, client_id)
            return json_response({**_identity(provider, row), **row.described})

    @routes.put(f"{ADDRESS}/<client_id>")
    def replace(client_id: str) -> Response:
        with provider.database.reading() as tx:
            _managed(tx, client_id)
        return json_response(_replaced(provider, client_id, _sent(current_request())))

    @routes.delete(f"{ADDRESS}/<client_id>")
    def remove(client_id: str) -> Response:
        with provider.database.transaction(origin_of(current_request(), client_id=client_id)) as tx:
            registered.remove(tx, _managed(tx, client_id))
            end_access(tx, person_id=None, scope=PortalAccess(client_id), reason="client-removed")
        return Response(status=NO_CONTENT, headers=NOT_CACHED)

    return routes


def _registered(provider: Provider, sent: dict[str, object]) -> dict[str, object]:
    client_id, access_token = random_values.token(16), random_values.token()
    client = metadata.understand(provider, client_id, sent)
    secret = _new_secret(client)
    described = metadata.of_client(client)
    with provider.database.transaction(origin_of(current_request(), client_id=client_id)) as tx:
        registered.add(tx, client_id, {**described, "client_id": client_id}, secret=secret, access_token=access_token)
        return {
            **described,
            "client_id": client_id,
            "client_id_issued_at": int(tx.now.timestamp()),
            **_secret_of(secret),
            "registration_access_token": access_token,
            "registration_client_uri": _address(provider, client_id),
        }


def _replaced(provider: Provider, client_id: str, sent: dict[str, object]) -> dict[str, object]:
    """RFC 7592 §2.2. The secret stays unless there was none and one is needed now."""
    if sent.get("client_id") != client_id:
        raise InvalidClientMetadata("client_id must be the client's own")
    _check_secret(provider, client_id, sent.get("client_secret", ""))
    client = metadata.understand(provider, client_id, sent)
    described = {**metadata.of_client(client), "client_id": client_id}
    with provider.database.transaction(origin_of(current_request(), client_id=client_id)) as tx:
        row = _managed(tx, client_id)
        needs_secret = client.token_endpoint_auth_method in SECRET_METHODS
        secret = _new_secret(client) if needs_secret and not row.secret_digest else ""
        digest = random_values.fingerprint(secret) if secret else row.secret_digest if needs_secret else ""
        registered.change(tx, row, described, secret_digest=digest)
        return {**_identity(provider, row), **described, **_secret_of(secret)}


def _check_secret(provider: Provider, client_id: str, sent: object) -> None:
    """RFC 7592 §2.2: a client may repeat its secret, and not choose one."""
    client = provider.registry.current().client(client_id)
    if sent and (client is None or not isinstance(sent, str) or not client.accepts_secret(sent)):
        raise InvalidClientMetadata("client_secret is not the one that was issued")


def _new_secret(client: Client) -> str:
    """OIDC Registration §3.2: only for clients that authenticate with one."""
    return random_values.token() if client.token_endpoint_auth_method in SECRET_METHODS else ""


def _secret_of(secret: str) -> dict[str, object]:
    return {"client_secret": secret, "client_secret_expires_at": 0} if secret else {}


def _identity(provider: Provider, row: RegisteredClient) -> dict[str, object]:
    """RFC 7592 §3. The secret is not repeated: only its digest is known here. The token is the one just shown."""
    return {
        "registration_access_token": _bearer(current_request()),
        "client_id_issued_at": int(row.registered_at.timestamp()),
        "registration_client_uri": _address(provider, row.client_id),
    }


def _address(provider: Provider, client_id: str) -> str:
    return f"{provider.settings.server.issuer}{ADDRESS}/{client_id}"


def _managed(tx: Transaction, client_id: str) -> RegisteredClient:
    """RFC 7592 §2.1: a client that is gone and a wrong token are answered alike."""
    row = registered.managed(tx, client_id, _bearer(current_request()))
    if row is None:
        raise InvalidToken("the registration access token is not valid", headers=CHALLENGE)
    return row


def _check_initial_access_token(provider: Provider, shown: str) -> None:
    if provider.settings.registration.open:
        return
    digest = random_values.fingerprint(shown)
    if not any(random_values.same(digest, known) for known in provider.settings.registration.initial_access_tokens):
        raise InvalidToken("an initial access token is needed", headers=CHALLENGE)


def _bearer(http: Request) -> str:
    scheme, _, token = http.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _sent(http: Request) -> dict[str, object]:
    if http.mimetype != "application/json":
        raise InvalidClientMetadata("the content type must be application/json")
    try:
        return msgspec.json.decode(http.get_data(), type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidClientMetadata("a JSON object is expected") from error
