"""How the protocol endpoints answer: JSON that nobody caches, and refusals in the same form."""

from collections.abc import Mapping

import msgspec
import structlog
from flask import Response

from idp.oidc.errors import OAuthError

log = structlog.get_logger()

NOT_CACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer with `Cache-Control: no-store`."""
    return Response(
        msgspec.json.encode(content), status, {**NOT_CACHED, **(headers or {})}, mimetype="application/json"
    )


def error_response(error: OAuthError) -> Response:
    """Return a refusal as RFC 6749 §5.2 writes it. The log keeps the detail that the client is not told."""
    log.info("refused", error=error.code, reason=error.detail or error.description)
    return json_response(error.parameters, error.status, error.headers)
