"""Authentication of the client: exactly one method per request, and only the one the client is registered with.

`CLIENT_AUTHENTICATION` is the whole list; discovery publishes its names. A method verifies outside of any transaction
(it may fetch the client's keys); `AuthenticatedClient.spend` spends its one-time values inside one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from flask import Request

from idp.clients.client import SECRET_METHODS, TLS_METHODS, Client
from idp.database import Transaction
from idp.grants import spent_identifiers
from idp.oidc import throttling
from idp.oidc.authentication_methods.assertion import AssertionId, client_secret_jwt, private_key_jwt
from idp.oidc.authentication_methods.mutual_tls import self_signed_tls_client_auth, tls_client_auth
from idp.oidc.authentication_methods.presented import CHALLENGE, PresentedCredentials, Way, read_presented
from idp.oidc.authentication_methods.shared_secret import client_secret
from idp.oidc.errors import InvalidClient
from idp.oidc.form import FormBody
from idp.oidc.missing_client import raise_if_expected_back
from idp.provider import Provider
from idp.settings import Settings
from idp.web.origin import origin_of

LIMIT = "client_authentication"
TOO_MANY = "too many failed attempts"

log = structlog.get_logger()

Verify = Callable[[Provider, Client, PresentedCredentials], AssertionId | None]


@dataclass(frozen=True)
class ClientAuthenticationMethod:
    """How the proof has to come, and the function that verifies it; none for a public client, which has no proof."""

    way: Way
    verify: Verify | None = None


CLIENT_AUTHENTICATION: Mapping[str, ClientAuthenticationMethod] = {
    "client_secret_basic": ClientAuthenticationMethod("header", client_secret),
    "client_secret_post": ClientAuthenticationMethod("body", client_secret),
    "client_secret_jwt": ClientAuthenticationMethod("assertion", client_secret_jwt),
    "private_key_jwt": ClientAuthenticationMethod("assertion", private_key_jwt),
    "tls_client_auth": ClientAuthenticationMethod("nothing", tls_client_auth),
    "self_signed_tls_client_auth": ClientAuthenticationMethod("nothing", self_signed_tls_client_auth),
    "none": ClientAuthenticationMethod("nothing"),
}


def served_methods(settings: Settings) -> list[str]:
    """Return the methods that can be used here: certificates need a proxy that hands them on."""
    certificates = bool(settings.server.client_certificate_header)
    return [name for name in CLIENT_AUTHENTICATION if certificates or name not in TLS_METHODS]


@dataclass(frozen=True)
class AuthenticatedClient:
    """A client that proved itself. `assertion_id` has to be spent before anything is done for it."""

    client: Client
    assertion_id: AssertionId | None = None

    def spend(self, tx: Transaction) -> None:
        """Spend what may be used once. Raises `InvalidClient` for a replay."""
        if self.assertion_id is None:
            return
        if not spent_identifiers.spend(tx, self.client.client_id, self.assertion_id.jti, until=self.assertion_id.until):
            raise InvalidClient("client assertion: jti was used before")


def authenticate(provider: Provider, request: Request, form: FormBody) -> AuthenticatedClient:
    """Return the client of this request. Raises `InvalidClient` (401), or `InvalidRequest` for two methods at once.

    Guesses are counted per client and network; too many are refused for a time (429). The right secret then waits too,
    or the limit would not stop the guess that hits. Successes write nothing.
    """
    presented = read_presented(request, form)
    try:
        authenticated = _verify(provider, presented)
    except InvalidClient as error:
        log.warning("client_authentication_failed", client=presented.client_id[:255], reason=str(error))
        if _may_be_a_guess(provider, presented):
            _count_failure(provider, request, presented.client_id)
        raise
    _stop_guessing(provider, request, authenticated.client)
    return authenticated


def admit(provider: Provider, request: Request, form: FormBody) -> Client:
    """`authenticate` and `spend` in one, for endpoints that only read."""
    authenticated = authenticate(provider, request, form)
    if authenticated.assertion_id is not None:
        with provider.database.transaction(origin_of(request)) as tx:
            authenticated.spend(tx)
    return authenticated.client


def _verify(provider: Provider, presented: PresentedCredentials) -> AuthenticatedClient:
    client = provider.registry.current().client(presented.client_id)
    headers = CHALLENGE if presented.way == "header" else {}
    if client is None:
        with provider.database.reading() as tx:
            raise_if_expected_back(provider, tx, presented.client_id)
        raise InvalidClient("client authentication failed", detail="unknown client", headers=headers)
    method = CLIENT_AUTHENTICATION.get(client.token_endpoint_auth_method)
    if method is None or method.way != presented.way:
        raise InvalidClient(f"this client must authenticate with {client.token_endpoint_auth_method}", headers=headers)
    try:
        return AuthenticatedClient(client, method.verify(provider, client, presented) if method.verify else None)
    except InvalidClient as error:
        error.headers.update(headers)
        raise


def _may_be_a_guess(provider: Provider, presented: PresentedCredentials) -> bool:
    """Return whether something was compared. With another method than the client's, nothing was.

    x/oauth2 and what is built on it tries the other method after any error, a wrong code included, which strangers
    can send: counted, their visits would end in the portal's own secret having to wait.
    """
    client = provider.registry.current().client(presented.client_id)
    if client is None:
        return True
    method = CLIENT_AUTHENTICATION.get(client.token_endpoint_auth_method)
    return method is not None and presented.way == method.way


def _count_failure(provider: Provider, request: Request, client_id: str) -> None:
    """Count a failure. All unknown clients share one name, so that invented ones cannot fill the table."""
    known = client_id if provider.registry.current().client(client_id) else ""
    provider.failures_of_clients.remember(known, provider.clock.now() + provider.limiter.window(LIMIT))
    throttling.count(provider, request, LIMIT, known, told=TOO_MANY)


def _stop_guessing(provider: Provider, request: Request, client: Client) -> None:
    """Refuse after too many guesses. A client that signs or shows a certificate never waits: it cannot be guessed."""
    guessable = client.token_endpoint_auth_method in SECRET_METHODS
    if guessable and provider.failures_of_clients.seen(client.client_id, provider.clock.now()):
        throttling.refuse_if_used_up(provider, request, LIMIT, client.client_id, told=TOO_MANY)
