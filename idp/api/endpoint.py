"""Serving the operations: caller → right → address, query and body → idempotency → one transaction → answer."""

from collections.abc import Callable, Mapping
from itertools import groupby

import msgspec
import structlog
from flask import Blueprint, Request, Response
from werkzeug.exceptions import HTTPException

from idp.api import caller, conditions, descriptions, idempotency, problem, reading
from idp.api.caller import Caller
from idp.api.idempotency import Claim, KeptAnswer
from idp.api.operation import PARAMETER, Call, Operation, Unfinished
from idp.api.problem import FAULT, MALFORMED, METHOD, NEEDS_MATCH, NOT_FOUND, UNAVAILABLE, ApiProblem
from idp.api.routes import OPERATIONS
from idp.database import Database, DatabaseUnavailable, Transaction
from idp.oidc.responses import NOT_CACHED
from idp.oidc.token.resource_indicators import API
from idp.outbound.client import OutboundBusy
from idp.provider import Provider
from idp.web import request_ids
from idp.web.application import current_request
from idp.web.overload import Overloaded

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
JSON = "application/json"
RETRY_AFTER = {"Retry-After": "5"}

ByMethod = Mapping[str, Operation]

log = structlog.get_logger()


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("api", __name__, url_prefix=API)
    routes.register_error_handler(HTTPException, _of_http_error)
    for outage in (DatabaseUnavailable, OutboundBusy, Overloaded):
        routes.register_error_handler(outage, _of_outage)
    for path, operations in groupby(sorted(OPERATIONS, key=lambda each: each.path), key=lambda each: each.path):
        by_method: ByMethod = {each.method: each for each in operations}
        routes.add_url_rule(
            PARAMETER.sub(r"<\1>", path), path, _view(provider, by_method), methods=METHODS, strict_slashes=True
        )
    routes.add_url_rule("/openapi.json", "openapi", descriptions.openapi_view(provider))
    routes.add_url_rule("/reference", "reference", descriptions.reference_view(provider))
    routes.add_url_rule("/<path:unknown>", "unknown", _unknown, methods=METHODS)
    return routes


def _view(provider: Provider, by_method: ByMethod) -> Callable[..., Response]:
    def view(**names: str) -> Response:
        request = current_request()
        counted: dict[str, str] = {}
        try:
            operation = _operation(request, by_method)
            who, counted = caller.admit(provider, request)
            response = _answer(provider, request, operation, who, names)
        except ApiProblem as refused:
            log.info("refused", error=refused.kind.name, reason=refused.detail)
            response = problem.response(refused, request_ids.request_id(request))
        response.headers.update(counted)
        return response

    return view


def _operation(request: Request, by_method: ByMethod) -> Operation:
    operation = by_method.get("GET" if request.method == "HEAD" else request.method)
    if operation is None:
        raise ApiProblem(METHOD, headers={"Allow": ", ".join(sorted(by_method))})
    return operation


def _answer(
    provider: Provider, request: Request, operation: Operation, who: Caller, names: Mapping[str, str]
) -> Response:
    who.check_right(*operation.scopes)
    who.check_reach(fund=names.get("fund"), portal=names.get("portal"))
    call = Call(
        provider=provider,
        caller=who,
        origin=caller.origin_for(who, request),
        names=names,
        read_query=reading.query_of(request, operation.query),
        read_body=reading.body_of(request, operation.body) if operation.takes_body else operation.body(),
        match=request.headers.get("If-Match", "") if operation.match else "",
    )
    if operation.match == "needed" and not call.match:
        raise ApiProblem(NEEDS_MATCH)
    key = request.headers.get("Idempotency-Key")
    if key is None or not operation.is_kept:
        return _sent(request, _run(operation, call, None))
    body = request.get_data(cache=True).decode()
    claimed = idempotency.claim(
        provider.database,
        who.client.client_id,
        key,
        operation.method,
        request.path,
        request.query_string.decode(),
        body,
    )
    if isinstance(claimed, KeptAnswer):
        who.check_kept(claimed.given_by)
        return _sent(request, claimed, replayed=True)
    return _sent(request, _run_once(provider.database, operation, call, claimed))


def _run_once(database: Database, operation: Operation, call: Call, claimed: Claim) -> KeptAnswer:
    try:
        return _run(operation, call, claimed)
    except Exception:
        idempotency.release(database, claimed)
        raise


def _run(operation: Operation, call: Call, claimed: Claim | None) -> KeptAnswer:
    database = call.provider.database
    with (database.transaction if operation.writes else database.reading)(call.origin) as tx:
        result = operation.act(call, tx)
        if not isinstance(result, Unfinished) and (operation.writes or claimed is None):
            return _kept(tx, operation, call, result, claimed)
    conclude = result.work() if isinstance(result, Unfinished) else None
    with database.transaction(call.origin) as tx:
        return _kept(tx, operation, call, conclude(tx) if conclude is not None else result, claimed)


def _kept(tx: Transaction, operation: Operation, call: Call, result: object, claimed: Claim | None) -> KeptAnswer:
    by = call.caller.rights_for(*operation.scopes)
    if result is None:
        answer = KeptAnswer(status=204, given_by=by)
    else:
        body = msgspec.json.encode(result)
        headers = {"ETag": conditions.tag_of(body)}
        answer = KeptAnswer(status=operation.status, body=body.decode(), headers=headers, given_by=by)
    if claimed is not None:
        idempotency.keep(tx, claimed, answer)
    return answer


def _sent(request: Request, answer: KeptAnswer, *, replayed: bool = False) -> Response:
    headers = {**NOT_CACHED, **answer.headers, **({"Idempotency-Replayed": "true"} if replayed else {})}
    known = request.headers.get("If-None-Match", "")
    if request.method in {"GET", "HEAD"} and known and conditions.names(known, headers.get("ETag", "")):
        return Response(b"", 304, headers)
    return Response(answer.body, answer.status, headers, mimetype=JSON)


def _unknown(unknown: str) -> Response:  # noqa: ARG001  the name of the variable part
    return problem.response(ApiProblem(NOT_FOUND), request_ids.request_id(current_request()))


def _of_http_error(error: HTTPException) -> Response:
    """Refusals before the operation: an unreadable or too large request; and bugs, which say nothing."""
    kind = problem.BY_STATUS.get(error.code or 500, FAULT if (error.code or 500) >= 500 else MALFORMED)
    return problem.response(ApiProblem(kind), request_ids.request_id(current_request()))


def _of_outage(error: Exception) -> Response:
    log.warning("unavailable", reason=str(error))
    refused = ApiProblem(UNAVAILABLE, headers=RETRY_AFTER)
    return problem.response(refused, request_ids.request_id(current_request()))
