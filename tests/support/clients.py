"""The clients of `tests/portals/clients`: the four portals with their shipped policies, and clients to be bent.

Every secret is `secret_of(client_id)`, every web redirect address `https://<client id>.example.ch/callback`.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.provider import Provider

SECRET_VARIABLE = "TEST_CLIENT_SECRET"
SHARED_SECRET = "test-secret-of-secret-jwt-0123456789abcdef"


def secret_of(client_id: str) -> str:
    """The clear secret of a client that authenticates by basic or post."""
    return f"test-secret-of-{client_id}"


def redirect_uri_of(client_id: str) -> str:
    return f"https://{client_id}.example.ch/callback"


def with_clients(registry: Registry, *clients: Client) -> Registry:
    """The same registry with these clients added or replaced."""
    known = {**registry._clients, **{client.client_id: client for client in clients}}
    return Registry(
        known.values(),
        registry.brands,
        version=registry.version,
        read_at=registry.read_at,
        disabled=registry.disabled,
        registered=registry._registered,
    )


def bend(provider: Provider, client_id: str, /, **changes: Any) -> Client:
    """Change fields of a registered client until the end of the test: `bend(provider, "basic", require_pkce=True)`.

    Fields of the policy are given as `policy={"phone": "required"}`; what is not named stays. Nothing is checked.
    """
    registry = provider.registry.current()
    client = registry.client(client_id)
    assert client is not None, f"there is no test client {client_id!r}"
    policy = msgspec.structs.replace(client.policy, **changes.pop("policy", {}))
    bent = msgspec.structs.replace(client, policy=policy, **changes)
    provider.registry.adopt(with_clients(registry, bent))
    return bent


@pytest.fixture(autouse=True, scope="session")
def _client_secrets() -> Iterator[None]:
    """The environment that `secret_env` of the test clients names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, SHARED_SECRET)
        yield
