"""Where the desk is: its address, and the relying party that the passkeys of staff belong to."""

from urllib.parse import urlsplit

from idp.credentials import ceremonies
from idp.credentials.ceremonies import RelyingParty
from idp.settings import Settings


def origin_of(settings: Settings) -> str:
    """Return the origin of the desk's pages: `desk.host` with the issuer's scheme, otherwise the issuer's."""
    scheme = urlsplit(settings.server.issuer).scheme
    return f"{scheme}://{settings.desk.host}" if settings.desk.host else settings.server.origin


def address_of(settings: Settings, path: str) -> str:
    """Return the whole address of a page of the desk; never from the host of a request."""
    return origin_of(settings) + path


def relying_party(settings: Settings) -> RelyingParty:
    """Return whom the passkeys of staff belong to: the desk's own host, or the one of everybody's passkeys."""
    if not settings.desk.host:
        return ceremonies.relying_party(settings)
    origin = origin_of(settings)
    return RelyingParty(urlsplit(origin).hostname or "", (origin,))
