"""The scopes that this provider defines, and their narrowing. A client's file may name further ones."""

from collections.abc import Iterable

from idp.oidc.errors import InvalidScope

OPENID = "openid"
OFFLINE_ACCESS = "offline_access"
ORGANISATIONS = "organisations"
LEGACY = "legacy"

# In the order of the discovery document (OIDC Core §5.4, §11); the last two are this provider's own.
SCOPES = (OPENID, "profile", "email", "phone", "address", OFFLINE_ACCESS, ORGANISATIONS, LEGACY)


def narrowed(asked: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requested scopes, or all granted ones if none is requested (RFC 6749 §6).

    Raises `InvalidScope` for more.
    """
    if not set(asked) <= set(granted):
        raise InvalidScope("more is asked than was granted")
    return asked or granted


def of_machines(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return those that mean something without a person."""
    return tuple(sorted(set(scopes) - set(SCOPES)))
