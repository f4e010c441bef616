"""Refusals as problem details (RFC 9457): one stable `type` each, and every fault of a request at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from flask import Response

from idp.oidc.responses import NOT_CACHED

MEDIA_TYPE = "application/problem+json"
NAMESPACE = "urn:vestibule:problem:"


@dataclass(frozen=True)
class ProblemType:
    """One kind of refusal. `name` completes its `type` and never changes."""

    name: str
    status: int
    title: str


class RequestFault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault: `pointer` leads to its place in the body (RFC 6901), `parameter` names one of the query."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal. `instance` names the request, for the helpdesk."""

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: tuple[RequestFault, ...] = ()


MALFORMED = ProblemType("malformed", 400, "The request cannot be read")
UNAUTHORIZED = ProblemType("unauthorized", 401, "A valid access token is needed")
MISSING_SCOPE = ProblemType("missing-scope", 403, "The access token does not give this right")
NOT_FOUND = ProblemType("not-found", 404, "There is no such thing within your reach")
METHOD = ProblemType("method-not-allowed", 405, "This method means nothing here")
STATE = ProblemType("wrong-state", 409, "The state of the thing does not allow this")
ELSEWHERE = ProblemType("decided-elsewhere", 409, "Someone else decided this, and they alone can take it back")
LAST_ADMINISTRATOR = ProblemType("last-administrator", 409, "The company would have no administrator")
LISTED = ProblemType("already-listed", 409, "The company's list has this address already")
IN_PROGRESS = ProblemType("in-progress", 409, "A request with this Idempotency-Key is under way")
CHANGED = ProblemType("changed", 412, "The thing has changed since you read it")
TOO_LARGE = ProblemType("too-large", 413, "The request is too large")
NOT_JSON = ProblemType("not-json", 415, "The body must be JSON")
INVALID = ProblemType("invalid", 422, "The request holds values that cannot be accepted")
KEY_REUSED = ProblemType("key-reused", 422, "This Idempotency-Key came with another request before")
NEEDS_MATCH = ProblemType("needs-if-match", 428, "Send If-Match with the ETag of the version that you change")
TOO_MANY = ProblemType("too-many-requests", 429, "You have sent too many requests")
FAULT = ProblemType("fault", 500, "Something went wrong here")
UNAVAILABLE = ProblemType("unavailable", 503, "The service is not available at present")

ALL = (
    MALFORMED,
    UNAUTHORIZED,
    MISSING_SCOPE,
    NOT_FOUND,
    METHOD,
    STATE,
    ELSEWHERE,
    LAST_ADMINISTRATOR,
    LISTED,
    IN_PROGRESS,
    CHANGED,
    TOO_LARGE,
    NOT_JSON,
    INVALID,
    KEY_REUSED,
    NEEDS_MATCH,
    TOO_MANY,
    FAULT,
    UNAVAILABLE,
)
BY_STATUS = {kind.status: kind for kind in (MALFORMED, NOT_FOUND, METHOD, TOO_LARGE, NOT_JSON, TOO_MANY, UNAVAILABLE)}


class ApiProblem(Exception):
    """A refusal; whatever was written before it is undone."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str = "",
        *,
        errors: Sequence[RequestFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or kind.title)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def response(problem: ApiProblem, request_id: str) -> Response:
    """Return the refusal as JSON that nobody caches."""
    kind = problem.kind
    body = ProblemDetails(
        type=NAMESPACE + kind.name,
        title=kind.title,
        status=kind.status,
        detail=problem.detail or None,
        instance=f"urn:vestibule:request:{request_id}" if request_id else None,
        errors=problem.errors,
    )
    return Response(msgspec.json.encode(body), kind.status, {**NOT_CACHED, **problem.headers}, content_type=MEDIA_TYPE)
