"""The body of a protocol request, read strictly and once.

- Only the body counts: a query at these endpoints is refused (RFC 6749 §3.2 wants parameters in the body).
- Only `application/x-www-form-urlencoded` in UTF-8, at most 64 fields; an empty value is as good as absent
  (RFC 6749 §3.1).
- A parameter that is sent twice is refused (RFC 6749 §3.2), except the two that may be repeated (RFC 8707, RFC 8693).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from idp.oidc.errors import InvalidRequest
from idp.web import refusals

MEDIA_TYPE = "application/x-www-form-urlencoded"
REPEATABLE = frozenset({"resource", "audience"})
MOST_FIELDS = 64
LONGEST = 64 * 1024  # a request object is the longest honest value


@dataclass(frozen=True)
class FormBody:
    """Single values by name, and the lists of those that may be repeated."""

    values: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return the value, or an empty text."""
        return self.values.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a repeatable parameter."""
        return self.lists.get(name, ())

    def required(self, name: str) -> str:
        """Return the value. Raises `InvalidRequest` if it is missing."""
        value = self.get(name)
        if not value:
            raise InvalidRequest(f"{name} is missing")
        return value


def read_form(request: Request) -> FormBody:
    """Return the form in the body of this POST. Raises `InvalidRequest` for anything but one honest form."""
    if request.query_string:
        raise InvalidRequest("parameters belong in the body")
    if request.mimetype != MEDIA_TYPE:
        raise InvalidRequest(f"the content type must be {MEDIA_TYPE}")
    return _sorted(_pairs(_body(request)))


def _body(request: Request) -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        refusals.record(refusals.SIZE)
        raise InvalidRequest("the request is too large") from error


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidRequest("the body is not a form in UTF-8") from error


def _sorted(pairs: list[tuple[str, str]]) -> FormBody:
    values: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if len(value) > LONGEST or "\0" in value:
            raise InvalidRequest("a value is too long or has a NUL in it")
        if name in REPEATABLE:
            lists[name] = (*lists.get(name, ()), value)
        elif name in values:
            raise InvalidRequest("a parameter is sent twice")
        else:
            values[name] = value
    return FormBody(values, lists)
