"""Input that no part of the provider could use is refused before any of it runs: NUL characters, broken UTF-8.

PostgreSQL stores no NUL, and a text that was repaired silently is not what the person or client sent.
"""

from urllib.parse import unquote_to_bytes

from flask import Flask, Request
from werkzeug.exceptions import BadRequest

from idp.web.application import current_request

JSON_NUL = b"\\u0000"
URLENCODED = "application/x-www-form-urlencoded"


def refuse_unreadable(request: Request) -> None:
    """Raise BadRequest (400) if the path, query, form or JSON body holds a NUL or undecodable bytes."""
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")  # WSGI carries bytes as latin-1
    _check(path)
    _check(unquote_to_bytes(request.query_string))
    if request.mimetype == URLENCODED:
        _check(unquote_to_bytes(request.get_data(cache=True)))
    elif request.is_json:
        body = request.get_data(cache=True)
        _check(body)
        if JSON_NUL in body:
            raise BadRequest
    elif request.mimetype == "multipart/form-data":
        _check("".join(part for pair in request.form.items(multi=True) for part in pair).encode())


def install(app: Flask) -> None:
    """Look at every request before anything else does."""
    app.before_request(lambda: refuse_unreadable(current_request()))


def _check(raw: bytes) -> None:
    if b"\0" in raw:
        raise BadRequest
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise BadRequest from error
