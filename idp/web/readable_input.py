"""Input that no part of the provider could use is refused before any of it runs: NUL characters, broken UTF-8, bodies
that are too large or that do not end as announced.

PostgreSQL stores no NUL, and a text that was repaired silently is not what the person or client sent. A body counts by
its size, however it is framed: one in chunks is read here, as far as it may go, and handed on with its length.
"""

from io import BytesIO
from urllib.parse import unquote_to_bytes

from flask import Flask, Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from idp.web import larger_bodies
from idp.web.application import current_request

JSON_NUL = b"\\u0000"
URLENCODED = "application/x-www-form-urlencoded"


def refuse_unreadable(request: Request) -> None:
    """Raise BadRequest (400) if the path, query, form or JSON body holds a NUL or undecodable bytes."""
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")  # WSGI carries bytes as latin-1
    _check(path)
    _check(_unquoted(request.query_string))
    if request.mimetype == URLENCODED:
        _check(_unquoted(request.get_data(cache=True)))
    elif request.is_json:
        body = request.get_data(cache=True)
        _check(body)
        if JSON_NUL in body:
            raise BadRequest
    elif request.mimetype == "multipart/form-data":
        _check("".join(part for pair in request.form.items(multi=True) for part in pair).encode())


def bound_body(request: Request, largest: int) -> None:
    """Raise `RequestEntityTooLarge` (413) for more than `largest` bytes, `BadRequest` (400) for malformed chunks."""
    if (request.content_length or 0) > largest:
        raise RequestEntityTooLarge
    if "HTTP_TRANSFER_ENCODING" not in request.environ:
        return
    try:
        body = request.environ["wsgi.input"].read(largest + 1)
    except Exception as error:  # each server has its own; whatever it is, the client did not send what it announced
        raise BadRequest from error
    if len(body) > largest:
        raise RequestEntityTooLarge
    del request.environ["HTTP_TRANSFER_ENCODING"]
    request.environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def install(app: Flask) -> None:
    """Check every request first."""
    bodies = larger_bodies.of_application(app)

    def before() -> None:
        request = current_request()
        request.max_content_length = bodies.of(request)
        look(request, request.max_content_length)

    app.before_request(before)


def look(request: Request, largest: int) -> None:
    """Raise as `bound_body` and `refuse_unreadable` do."""
    bound_body(request, largest)
    refuse_unreadable(request)


def _unquoted(raw: bytes) -> bytes:
    return unquote_to_bytes(raw) if b"%" in raw else raw


def _check(raw: bytes) -> None:
    if b"\0" in raw:
        raise BadRequest
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise BadRequest from error
