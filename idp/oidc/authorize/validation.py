"""From raw parameters to an authorization context that passed every check of its endpoint."""

from dataclasses import replace

from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.grants.raw_parameters import RawParameters
from idp.interaction import SuspendedRequest
from idp.oidc.authorize.checks import CHECKS_AT, PAGE_CHECKS_AT, Endpoint
from idp.oidc.authorize.context import AuthorizationContext, read
from idp.oidc.errors import InvalidRequest
from idp.oidc.id_token_hint import read_hint
from idp.provider import Provider


def find_client(raw: RawParameters, registry: Registry) -> Client:
    """Return the client that sent the request, looked up once. Raises errors that are only shown (RFC 6749 §4.1.1).

    A request object or a pushed request that these parameters refer to belongs to the same client.
    """
    if "client_id" in raw.repeated or not raw.client_id:
        raise InvalidRequest("client_id must be sent once")
    client = registry.client(raw.client_id)
    if client is None:
        raise InvalidRequest("client_id is unknown")
    return client


def check_for_page(endpoint: Endpoint, raw: RawParameters, client: Client) -> None:
    """Find out whether errors may be sent to the client at all. Raises those that must be shown instead."""
    for check in PAGE_CHECKS_AT[endpoint]:
        check(raw, client)


def validate(
    provider: Provider,
    endpoint: Endpoint,
    raw: RawParameters,
    client: Client,
    suspended: SuspendedRequest | None = None,
) -> AuthorizationContext:
    """Make the context of a request: the only maker. Raises errors that may be sent to the client."""
    context = read(raw, client, provider.clock.now(), suspended)
    for check in CHECKS_AT[endpoint]:
        check(context)
    return replace(context, expected_subject=_expected_subject(provider, context))


def _expected_subject(provider: Provider, context: AuthorizationContext) -> str:
    id_token_hint = context.raw.get("id_token_hint")
    if id_token_hint:
        hint = read_hint(provider, id_token_hint)
        if context.client.client_id not in hint.audience:
            raise InvalidRequest("id_token_hint was issued to another client")
        return hint.subject
    subject = context.claims.id_token.get("sub", {}).get("value")
    return subject if isinstance(subject, str) else ""
