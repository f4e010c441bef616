"""From what was received to a request that passed every check. The pushed request endpoint goes the same way."""

from dataclasses import replace
from datetime import datetime

from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.oidc.authorize.checks import CHECKS, PAGE_CHECKS, Asked
from idp.oidc.authorize.request import Received, read
from idp.oidc.errors import InvalidRequest
from idp.oidc.id_token_hint import read_hint
from idp.provider import Provider


def identify(received: Received, registry: Registry) -> Client:
    """The client whose registered address the answer may go to. Raises what must be shown, never sent."""
    for check in PAGE_CHECKS:
        check(received, registry)
    client = registry.client(received.get("client_id"))
    if client is None:
        raise InvalidRequest("client_id is unknown")
    return client


def examine(provider: Provider, received: Received, client: Client, asked_at: datetime) -> Asked:
    """The request, read and checked. Raises what may be sent to the client."""
    request = read(received, client, asked_at)
    asked = Asked(received=received, request=request, client=client, now=provider.clock.now())
    for check in CHECKS:
        check(asked)
    return replace(asked, expected_subject=_expected_subject(provider, asked))


def _expected_subject(provider: Provider, asked: Asked) -> str:
    if asked.request.id_token_hint:
        hint = read_hint(provider, asked.request.id_token_hint)
        if asked.client.client_id not in hint.audience:
            raise InvalidRequest("id_token_hint was issued to another client")
        return hint.subject
    wanted = asked.request.claims.id_token.get("sub", {}).get("value")
    return wanted if isinstance(wanted, str) else ""
