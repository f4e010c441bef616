"""Refusals as SCIM writes them (RFC 7644 §3.12)."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from flask import Response

from idp.oidc.responses import NOT_CACHED

MEDIA_TYPE = "application/scim+json"
SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"

ScimType = Literal[
    "",
    "invalidFilter",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
]


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The status is a text (RFC 7644 §3.12)."""

    schemas: tuple[str, ...]
    status: str
    scim_type: str = msgspec.field(name="scimType", default="")
    detail: str = ""


class ScimError(Exception):
    """A refusal; whatever was written before it is undone."""

    def __init__(
        self, status: int, detail: str, scim_type: ScimType = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.headers = dict(headers or {})


def invalid(detail: str, scim_type: ScimType = "invalidValue") -> ScimError:
    """Return the refusal of a request whose content cannot be accepted."""
    return ScimError(400, detail, scim_type)


def not_found() -> ScimError:
    """Return the one refusal of things that do not exist, and of those of other companies."""
    return ScimError(404, "There is no such resource.")


def response(error: ScimError) -> Response:
    """Return the refusal as JSON that nobody caches."""
    body = ErrorBody(schemas=(SCHEMA,), status=str(error.status), scim_type=error.scim_type, detail=error.detail)
    headers = {**NOT_CACHED, **error.headers}
    return Response(msgspec.json.encode(body), error.status, headers, content_type=MEDIA_TYPE)
