"""How the protocol endpoints answer: JSON that nobody caches, and refusals in the same form."""

import msgspec
import structlog
from flask import Response
from werkzeug.datastructures import Headers

from idp.oidc.errors import OAuthError

log = structlog.get_logger()

NOT_CACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1
JSON_NOT_CACHED = {"Content-Type": "application/json", **NOT_CACHED}


def json_response(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer with `Cache-Control: no-store`."""
    named = JSON_NOT_CACHED | headers if headers else JSON_NOT_CACHED
    return Response(msgspec.json.encode(content), status, Headers(list(named.items())))


def error_response(error: OAuthError) -> Response:
    """Return a refusal as RFC 6749 §5.2 writes it. The log keeps the detail that the client is not told."""
    log.info("refused", error=error.code, reason=error.detail or error.description)
    return json_response(error.parameters, error.status, error.headers)
