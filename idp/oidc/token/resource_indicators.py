"""Resource indicators at the token endpoint (RFC 8707 §2.2)."""

from collections.abc import Iterable

from idp.clients.client import Client
from idp.grants.authorization import Authorization
from idp.oidc.errors import InvalidTarget

API = "/api/v1"
STREAMS = "/ssf"


def of_api(issuer: str) -> str:
    """Return the resource indicator of this provider's own API."""
    return issuer + API


def of_streams(issuer: str) -> str:
    """Return the resource indicator of the management of event streams."""
    return issuer + STREAMS


def of_program(client: Client, issuer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the resources that a program may ask for, and those it gets unasked: its services before ours."""
    own = (
        *((of_api(issuer),) if client.api is not None else ()),
        *((of_streams(issuer),) if client.events is not None else ()),
    )
    return (*client.audiences, *own), client.audiences or own


def audience(asked: tuple[str, ...], *, allowed: Iterable[str], default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the resources that the token is for: those asked, otherwise `default`.

    Raises `InvalidTarget` for another one.
    """
    if not set(asked) <= set(allowed):
        raise InvalidTarget("the resource is not one that was allowed")
    return tuple(dict.fromkeys(asked)) or default


def audience_of_person(asked: tuple[str, ...], authorized: Authorization, client: Client) -> tuple[str, ...]:
    """Limit the audience to the resources the person allowed; without any, the token is for this provider."""
    allowed = authorized.resources or client.audiences
    return audience(asked, allowed=allowed, default=authorized.resources)
