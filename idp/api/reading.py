"""From a hostile request to typed values, with every fault reported at once."""

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec
from flask import Request

from idp.api.problem import INVALID, MALFORMED, NOT_JSON, ApiProblem, RequestFault
from idp.clients.conversion import faults_of

T = TypeVar("T", bound=msgspec.Struct)

JSON = "application/json"


def body_of(request: Request, kind: type[T]) -> T:
    """Return the JSON body. Raises `ApiProblem`; an absent body reads as an empty object."""
    raw = request.get_data(cache=True)
    if raw and request.mimetype != JSON:
        raise ApiProblem(NOT_JSON, f"The body has the type {JSON}.")
    tree = json_of(raw) if raw else {}
    found = [RequestFault(pointer=_pointer(fault.place), detail=fault.message) for fault in faults_of(tree, kind)]
    if found:
        raise ApiProblem(INVALID, errors=found)
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:  # the number of items of a list is judged here alone
        detail, _, place = str(error).partition(" - at `$")
        names = tuple(re.findall(r"[^.\[\]`]+", place))
        raise ApiProblem(INVALID, errors=[RequestFault(pointer=_pointer(names), detail=detail)]) from error


def query_of(request: Request, kind: type[T]) -> T:
    """Return the parameters of the query. Raises `ApiProblem` for unknown, repeated and unusable ones."""
    given = {name: request.args.getlist(name) for name in request.args}
    found = list(_faults_of_query(given, kind))
    if found:
        raise ApiProblem(INVALID, errors=found)
    return msgspec.convert({name: values[0] for name, values in given.items()}, kind, strict=False)


def json_of(raw: bytes) -> object:
    """Return the JSON that was sent. Raises `ApiProblem`."""
    try:
        tree: object = msgspec.json.decode(raw)
        msgspec.json.encode(tree)  # half a surrogate pair cannot be written again, so nobody could store it
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ApiProblem(MALFORMED, "The body is not valid JSON.") from error
    return tree


def _faults_of_query(given: dict[str, list[str]], kind: type[msgspec.Struct]) -> Iterator[RequestFault]:
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, values in given.items():
        if name not in known:
            yield RequestFault(parameter=name, detail="there is no such parameter")
        elif len(values) > 1:
            yield RequestFault(parameter=name, detail="this parameter is given more than once")
        else:
            yield from _faults_of_value(name, values[0], known[name].type)
    for name, field in known.items():
        if field.required and name not in given:
            yield RequestFault(parameter=name, detail="this parameter is required")


def _faults_of_value(name: str, value: str, kind: object) -> Iterator[RequestFault]:
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        yield RequestFault(parameter=name, detail=str(error))


def _pointer(place: tuple[str | int, ...]) -> str:
    """Return the place as RFC 9457 §3 writes it: a JSON pointer in a fragment."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)
