"""The API describes itself (OpenAPI 3.1), from the table of operations and the types that travel.

Nothing here is a list of its own, so the document cannot say anything else than what is served.
"""

from collections.abc import Iterable, Mapping

import msgspec

from idp.api import problem, rights
from idp.api.operation import Nothing, Operation
from idp.api.problem import (
    IN_PROGRESS,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    MISSING_SCOPE,
    NOT_JSON,
    TOO_LARGE,
    TOO_MANY,
    UNAUTHORIZED,
    UNAVAILABLE,
    ProblemDetails,
    ProblemType,
)
from idp.api.routes import OPERATIONS
from idp.oidc.token.address import ADDRESS as TOKEN
from idp.oidc.token.resource_indicators import API

VERSION = "1.0"
SCHEMAS = "#/components/schemas/{name}"
JSON = "application/json"
COMMON = (MALFORMED, UNAUTHORIZED, MISSING_SCOPE, INVALID, TOO_MANY, UNAVAILABLE)
OF_BODIES = (TOO_LARGE, NOT_JSON)
OF_KEYS = (IN_PROGRESS, KEY_REUSED)
INTRODUCTION = """\
Programs of a fund work here with what clerks do at the desk: letters, persons, companies, invitations.

A program gets its token with client_credentials, proves itself by private_key_jwt or a certificate, and reaches the
funds and portals that its file names. Whatever is not within its reach is answered like what does not exist.

Fields, operations and kinds of problems are added at any time; nothing is taken away or changes its meaning within
/api/v1. Programs ignore what they do not know.
"""

Schema = dict[str, object]


def document(issuer: str) -> Schema:
    """Return the OpenAPI document of the API under this issuer."""
    found = _every_schema()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vestibule API", "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": issuer + API}],
        "security": [{"oauth2": []}],
        "tags": [{"name": name} for name in dict.fromkeys(map(tag_of, OPERATIONS))],
        "paths": {path: _path(path, found) for path in dict.fromkeys(each.path for each in OPERATIONS)},
        "components": {
            "schemas": schemas(),
            "responses": {kind.name: _refusal(kind) for kind in problem.ALL},
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": issuer + TOKEN, "scopes": dict(rights.SCOPES)}},
                }
            },
        },
    }


def schemas() -> dict[str, Schema]:
    """Return the types that travel in bodies, by name."""
    queries = {each.query.__name__ for each in OPERATIONS}
    return {name: schema for name, schema in _every_schema().items() if name not in queries}


def tag_of(operation: Operation) -> str:
    """Return the kind of resource that the operation is about, as its scope names it."""
    return operation.scope.partition(":")[0]


def refusals_of(operation: Operation) -> tuple[ProblemType, ...]:
    """Return every kind of refusal that the operation can answer with, in the order of their statuses."""
    kinds = {*COMMON, *operation.refusals}
    kinds |= set(OF_BODIES) if operation.takes_body else set()
    kinds |= set(OF_KEYS) if operation.is_kept else set()
    return tuple(sorted(kinds, key=lambda kind: (kind.status, kind.name)))


def reference_of(kind: object) -> Schema:
    """Return the schema of a type, which refers to the components."""
    (found,), _ = msgspec.json.schema_components([kind], ref_template=SCHEMAS)
    return dict(found)


def name_of(kind: object) -> str:
    """Return the name of a type among the components."""
    return str(reference_of(kind)["$ref"]).rpartition("/")[2]


def _every_schema() -> dict[str, Schema]:
    kinds: list[object] = [ProblemDetails]
    for each in OPERATIONS:
        kinds += [kind for kind in (each.query, each.body, each.answer) if kind is not Nothing and kind is not None]
    _, found = msgspec.json.schema_components(kinds, ref_template=SCHEMAS)
    return {name: dict(schema) for name, schema in found.items()}


def _path(path: str, schemas: Mapping[str, Schema]) -> Schema:
    return {each.method.lower(): _operation(each, schemas) for each in OPERATIONS if each.path == path}


def _operation(each: Operation, schemas: Mapping[str, Schema]) -> Schema:
    described: Schema = {
        "operationId": each.name,
        "summary": each.summary,
        "tags": [tag_of(each)],
        "security": [{"oauth2": [scope]} for scope in each.scopes],
        "parameters": [*_of_address(each), *_of_query(each, schemas), *_of_headers(each)],
        "responses": _responses(each),
    }
    if each.description:
        described["description"] = each.description
    if each.body is not Nothing:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": reference_of(each.body)}}}
    return described


def _of_address(each: Operation) -> Iterable[Schema]:
    for name in each.parameters:
        schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _of_query(each: Operation, schemas: Mapping[str, Schema]) -> Iterable[Schema]:
    if each.query is Nothing:
        return
    properties = schemas[each.query.__name__]["properties"]
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        described = {key: value for key, value in schema.items() if key != "description"}
        yield {"name": name, "in": "query", "description": schema.get("description", ""), "schema": described}


def _of_headers(each: Operation) -> Iterable[Schema]:
    if each.match:
        yield _header("If-Match", "The ETag of the version that you change.", required=each.match == "needed")
    if each.is_kept:
        told = "Makes the request happen once: a repeated one with the same key, within 24 hours, gets the same answer."
        yield _header("Idempotency-Key", told, required=False)
    if each.method == "GET":
        yield _header("If-None-Match", "The ETag of the version that you have.", required=False)


def _header(name: str, description: str, *, required: bool) -> Schema:
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _responses(each: Operation) -> Schema:
    found: Schema = {str(each.status): _success(each)}
    if each.method == "GET":
        found["304"] = {"description": "You have this version."}
    by_status: dict[int, list[ProblemType]] = {}
    for kind in refusals_of(each):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in by_status.items():
        one = {"$ref": f"#/components/responses/{kinds[0].name}"}
        found[str(status)] = one if len(kinds) == 1 else _refusal(*kinds)
    return found


def _success(each: Operation) -> Schema:
    if each.answer is None:
        return {"description": "Done."}
    tag = {"description": "The version of the answer.", "schema": {"type": "string"}}
    return {
        "description": "Done.",
        "headers": {"ETag": tag},
        "content": {JSON: {"schema": reference_of(each.answer)}},
    }


def _refusal(*kinds: ProblemType) -> Schema:
    told = "; ".join(f"`{problem.NAMESPACE}{kind.name}`: {kind.title}" for kind in kinds)
    return {"description": f"{told}.", "content": {problem.MEDIA_TYPE: {"schema": reference_of(ProblemDetails)}}}
