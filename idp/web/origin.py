"""Where a request comes from, as the audit trail and the limits want to know it; and where it went to."""

from urllib.parse import quote

from flask import Request

from idp.database import Origin
from idp.web import request_ids


def origin_of(request: Request, *, actor: str = "", client_id: str = "") -> Origin:
    """Return the origin of a request. `actor` is the signed-in person's id, `client_id` the portal it is made for.

    The address is the one that `proxies.TrustedProxies` let through: never a stranger's X-Forwarded-For.
    """
    return Origin(
        actor=actor,
        request_id=request_ids.request_id(request),
        address=request.remote_addr or "",
        user_agent=request.headers.get("User-Agent", "")[:200],
        client_id=client_id,
    )


def path_of(request: Request) -> str:
    """Return path and query as an address. Encoded characters stay encoded, so that it has no line break."""
    path = quote(request.path, safe="/:@!$&'()*+,;=")
    query = quote(request.query_string, safe="/:@!$&'()*+,;=?%")
    return f"{path}?{query}" if query else path
