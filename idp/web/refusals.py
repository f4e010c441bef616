"""Log lines about requests that are turned away before any work: attempts become visible.

The limits log their own refusals (`idp.limits`). No line names the person: the sender's address is in the line of the
request, under the same request id.
"""

import structlog

CSRF = "csrf"
SIZE = "size"

log = structlog.get_logger()


def record(kind: str, *, reason: str = "", client_id: str = "") -> None:
    """Log a refusal; without a client the line names the one that the endpoint bound, if it did."""
    more = {"reason": reason, "client": client_id}
    log.warning("request_refused", kind=kind, **{name: value for name, value in more.items() if value})
