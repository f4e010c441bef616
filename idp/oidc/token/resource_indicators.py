"""Resource indicators at the token endpoint (RFC 8707 §2.2)."""

from collections.abc import Iterable

from idp.clients.client import Client
from idp.grants.authorization import Authorization
from idp.oidc.errors import InvalidTarget


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
