"""Lines of the log about requests that are turned away before anything is done: who tries the doors can be seen.

The limits tell their refusals themselves (`idp.limits`). No line says who was refused: the address of the sender is in
the line of the request, under the same request id.
"""

import structlog

CSRF = "csrf"
SIZE = "size"

log = structlog.get_logger()


def record(kind: str, *, reason: str = "", client_id: str = "") -> None:
    """Log a refusal; without a client the line names the one that the endpoint bound, if it did."""
    more = {"reason": reason, "client": client_id}
    log.warning("request_refused", kind=kind, **{name: value for name, value in more.items() if value})
