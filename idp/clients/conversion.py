"""From a parsed TOML table to a struct, with every problem reported and not only the first one."""

from collections.abc import Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Fault(NamedTuple):
    """One thing that is wrong: the dotted path inside the file, and what is expected there."""

    path: str
    message: str


def convert(tree: dict[str, Any], kind: type[T]) -> T | list[Fault]:
    """The struct, or all faults of the table."""
    faults = list(_faults(tree, kind, ""))
    return faults or msgspec.convert(tree, kind)


def _faults(value: Any, kind: Any, path: str) -> Iterator[Fault]:
    kind = _bare(kind, value)
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        yield from _struct_faults(value, kind, path)
    elif origin is dict and isinstance(value, dict):
        for name, entry in value.items():
            yield from _faults(entry, get_args(kind)[1], _below(path, name))
    elif origin is tuple and isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _faults(entry, get_args(kind)[0], f"{path}[{index}]")
    else:
        yield from _value_faults(value, kind, path)


def _struct_faults(table: dict[str, Any], kind: type[msgspec.Struct], path: str) -> Iterator[Fault]:
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in table.keys() - known.keys():
        yield Fault(_below(path, name), _unknown(name, list(known)))
    for name, field in known.items():
        if name in table:
            yield from _faults(table[name], field.type, _below(path, name))
        elif field.required:
            yield Fault(_below(path, name), "this field is required")


def _value_faults(value: Any, kind: Any, path: str) -> Iterator[Fault]:
    if get_origin(kind) is Literal and value not in get_args(kind):
        expected = ", ".join(repr(choice) for choice in get_args(kind))
        yield Fault(path, f"one of {expected} is expected, not {value!r}")
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield Fault(path, str(error).partition(" - at `$")[0])


def _bare(kind: Any, value: Any) -> Any:
    """The type without `| None`; and without annotations where the parts are looked at one by one."""
    if get_origin(kind) in (Union, UnionType):
        others = [choice for choice in get_args(kind) if choice is not type(None)]
        if len(others) == 1 and value is not None:
            return _bare(others[0], value)
    if get_origin(kind) is Annotated and isinstance(value, dict | list):
        return get_args(kind)[0]
    return kind


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"there is no such field; did you mean `{close[0]}`?" if close else "there is no such field"
