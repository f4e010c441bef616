"""Serving the operations: token → limit → one transaction → answer."""

from collections.abc import Callable, Mapping

import msgspec
import structlog
from flask import Blueprint, Request, Response
from werkzeug.exceptions import HTTPException

from idp.api.conditions import names as is_named
from idp.api.problem import ApiProblem
from idp.database import DatabaseUnavailable
from idp.oidc.responses import NOT_CACHED
from idp.organisations.scim_tokens import ADDRESS
from idp.outbound.client import OutboundBusy
from idp.provider import Provider
from idp.scim import caller, errors, operations
from idp.scim.errors import MEDIA_TYPE, ScimError, not_found
from idp.scim.operations import Operation, ScimAnswer, ScimCall
from idp.scim.resources import Place, version_of
from idp.web.application import current_request
from idp.web.overload import Overloaded

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
READING = frozenset({"GET", "HEAD"})
SEARCH = "/.search"
RETRY_AFTER = {"Retry-After": "5"}

ByMethod = Mapping[str, Operation]

ROUTES: Mapping[str, ByMethod] = {
    "/Users": {"GET": operations.list_users, "POST": operations.create_user},
    f"/Users{SEARCH}": {"POST": operations.search_users},
    "/Users/<id>": {
        "GET": operations.read_user,
        "PUT": operations.replace_user,
        "PATCH": operations.patch_user,
        "DELETE": operations.delete_user,
    },
    "/Groups": {"GET": operations.list_groups},
    f"/Groups{SEARCH}": {"POST": operations.search_groups},
    "/Groups/<id>": {
        "GET": operations.read_group,
        "PUT": operations.replace_group,
        "PATCH": operations.patch_group,
    },
    SEARCH: {"POST": operations.search_all},
    "/ServiceProviderConfig": {"GET": operations.service_provider},
    "/ResourceTypes": {"GET": operations.list_resource_types},
    "/ResourceTypes/<id>": {"GET": operations.read_resource_type},
    "/Schemas": {"GET": operations.list_schemas},
    "/Schemas/<id>": {"GET": operations.read_schema},
}
"""Groups are the topics of the portal: a directory neither makes nor deletes them."""

log = structlog.get_logger()


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("scim", __name__, url_prefix=ADDRESS)
    routes.register_error_handler(HTTPException, _of_http_error)
    for outage in (DatabaseUnavailable, OutboundBusy, Overloaded):
        routes.register_error_handler(outage, _of_outage)
    for path, by_method in ROUTES.items():
        routes.add_url_rule(path, path.replace(".", ""), _view(provider, by_method), methods=METHODS)
    routes.add_url_rule("/<path:unknown>", "unknown", _unknown, methods=METHODS)
    return routes


def _view(provider: Provider, by_method: ByMethod) -> Callable[..., Response]:
    place = Place(provider.settings.server.issuer + ADDRESS)

    def view(**names: str) -> Response:
        request = current_request()
        counted: dict[str, str] = {}
        try:
            operation = _operation(request, by_method)
            who, counted = caller.admit(provider, request)
            call = ScimCall(provider, who, request, names, place)
            response = _answered(request, _run(call, operation))
        except (ScimError, ApiProblem) as refused:
            response = _refused(refused)
        response.headers.update(counted)
        return response

    return view


def _operation(request: Request, by_method: ByMethod) -> Operation:
    operation = by_method.get("GET" if request.method == "HEAD" else request.method)
    if operation is None:
        allowed = ", ".join(sorted(by_method))
        raise ScimError(405, f"Here is only {allowed}.", headers={"Allow": allowed})
    return operation


def _run(call: ScimCall, operation: Operation) -> ScimAnswer:
    database, request = call.provider.database, call.request
    is_reading = request.method in READING or request.path.endswith(SEARCH)
    with (database.reading if is_reading else database.transaction)(call.caller.origin(request)) as tx:
        return operation(call, tx)


def _answered(request: Request, answer: ScimAnswer) -> Response:
    if answer.body is None:
        return Response(b"", answer.status, NOT_CACHED)
    headers = {**NOT_CACHED, **({"Location": answer.location} if answer.location else {})}
    version = version_of(answer.body)
    if version:
        headers["ETag"] = version
    known = request.headers.get("If-None-Match", "")
    if request.method in READING and known and version and is_named(known, version):
        return Response(b"", 304, headers)
    return Response(msgspec.json.encode(answer.body), answer.status, headers, content_type=MEDIA_TYPE)


def _refused(refused: ScimError | ApiProblem) -> Response:
    """Return the refusal; those of mechanisms that the API shares are told in SCIM's words."""
    if isinstance(refused, ApiProblem):
        refused = ScimError(refused.kind.status, refused.detail or refused.kind.title, headers=refused.headers)
    log.info("refused", error=refused.scim_type or refused.status, reason=refused.detail)
    return errors.response(refused)


def _unknown(unknown: str) -> Response:  # noqa: ARG001  the name of the variable part
    return errors.response(not_found())


def _of_http_error(error: HTTPException) -> Response:
    """Refusals before the operation: an unreadable or too large request; and bugs, which say nothing."""
    status = error.code or 500
    return errors.response(ScimError(status, "" if status >= 500 else error.name))


def _of_outage(error: Exception) -> Response:
    log.warning("unavailable", reason=str(error))
    return errors.response(ScimError(503, "The service is not available at present.", headers=RETRY_AFTER))
