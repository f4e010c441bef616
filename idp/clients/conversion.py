"""From a parsed TOML table to a struct, with every problem reported and not only the first one.

`readings` lets the rules between fields be judged although a field has the wrong type: it gives every struct that the
table can have meant, and what is wrong with all of them is wrong.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Generic, Literal, NamedTuple, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo

T = TypeVar("T", bound=msgspec.Struct)


INSTEAD = dict.fromkeys(
    ("client_secret", "client_secrets", "secret"),
    "did you mean `secret_env`, or `secret_digests` (`idp clients digest`)? A secret is never written in a file",
)


class FileFault(NamedTuple):
    """One thing that is wrong: the dotted path inside the file, and what is expected there."""

    path: str
    message: str


class PlacedFault(NamedTuple):
    """The same with the names and indexes that lead to the place, from the outside inwards."""

    place: tuple[str | int, ...]
    message: str


class Readings(NamedTuple, Generic[T]):
    """`faults` of types and names; `meant` is the one struct where there is none, otherwise what it may have meant.

    `doubtful` are the paths where nobody knows what was meant.
    """

    faults: list[FileFault]
    meant: Sequence[T]
    doubtful: frozenset[str] = frozenset()

    def certain(self, rules: Callable[[T], Sequence[FileFault]]) -> list[FileFault]:
        """Return the faults by these rules that every reading has, at a place that could be read."""
        found = [rules(each) for each in self.meant]
        common = set(found[0]).intersection(*found[1:]) if found else set()
        return [fault for fault in (found[0] if found else []) if fault in common and not self._doubts(fault.path)]

    def _doubts(self, path: str) -> bool:
        return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in self.doubtful)


def readings(tree: dict[str, object], kind: type[T], required: dict[str, object]) -> Readings[T]:
    """Read the table, and the structs it may have meant; `required` replaces mandatory fields that it leaves out."""
    faults = _in_words(faults_of(tree, kind))
    if not faults:
        return Readings([], [msgspec.convert(tree, kind)])
    base, doubts = _without_faulty(tree, faults)
    base = merged(required, base)
    others = [changed for path, given in doubts.items() for changed in _alternatives(base, kind, path, given)]
    meant = [struct for each in (base, *others) if (struct := _converted(each, kind)) is not None]
    return Readings(faults, meant, frozenset(doubts))


def merged(base: dict[str, object], more: Mapping[str, object]) -> dict[str, object]:
    """Return the table with the fields that `more` replaces, table by table."""
    result = dict(base)
    for name, value in more.items():
        below = result.get(name)
        result[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _without_faulty(
    tree: dict[str, object], faults: Sequence[FileFault]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the table without what is wrong in it; and path → what stood there, or under a name that resembles it."""
    base, doubts = deepcopy(tree), {}
    for fault in faults:
        parts = re.findall(r"[^.\[\]]+", fault.path)
        table, depth = base, 0
        while depth < len(parts) - 1 and isinstance(below := table.get(parts[depth]), dict):
            table, depth = below, depth + 1
        given = table.pop(parts[depth], None)
        names = [*parts[:depth], _resembling(fault) or parts[depth]]
        doubts[".".join(names)] = given
    return base, doubts


def _alternatives(base: dict[str, object], kind: object, path: str, given: object) -> Iterator[dict[str, object]]:
    """Yield the table with each value that may have been meant at the path."""
    names = path.split(".")
    for value in _meanings(_type_at(kind, names), given):
        changed = deepcopy(base)
        table = changed
        for name in names[:-1]:
            below = table.setdefault(name, {})
            table = below if isinstance(below, dict) else {}
        table[names[-1]] = value
        yield changed


def _meanings(kind: object, given: object) -> Sequence[object]:
    origin = get_origin(kind)
    if origin is Literal:
        return get_args(kind)
    if kind is bool:
        return (True, False)
    if origin is tuple and not isinstance(given, list | dict | None):
        return ([str(given)],)
    if kind is str and given is not None:
        return (" ".join(map(str, given)) if isinstance(given, list) else str(given),)
    return ()


def _type_at(kind: object, names: Sequence[str]) -> object:
    for name in names:
        known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)} if _is_struct(kind) else {}
        kind = _bare(known.get(name), name)
        kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return kind


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _converted(tree: dict[str, object], kind: type[T]) -> T | None:
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError:
        return None


def _resembling(fault: FileFault) -> str:
    found = re.search(r"did you mean `(\w+)`", fault.message)
    return found[1] if found else ""


def convert(tree: dict[str, object], kind: type[T]) -> T | list[FileFault]:
    """Return the struct, or all faults of the table."""
    faults = _in_words(faults_of(tree, kind))
    return faults or msgspec.convert(tree, kind)


def faults_of(value: object, kind: object, place: tuple[str | int, ...] = ()) -> Iterator[PlacedFault]:
    """Yield every fault of a parsed value, where a value of this type is expected."""
    whole, kind = kind, _bare(kind, value)
    origin = get_origin(kind)
    if _is_struct(kind) and isinstance(value, dict):
        yield from _struct_faults(value, kind, place)
    elif origin is dict and isinstance(value, dict):
        for name, entry in value.items():
            yield from faults_of(entry, get_args(kind)[1], (*place, name))
    elif origin is tuple and isinstance(value, list):
        each = [fault for i, entry in enumerate(value) for fault in faults_of(entry, get_args(kind)[0], (*place, i))]
        yield from each or _value_faults(value, whole, place)  # a list of good entries may still be too short
    else:
        yield from _value_faults(value, kind, place)


def _struct_faults(
    table: dict[str, object], kind: type[msgspec.Struct], place: tuple[str | int, ...]
) -> Iterator[PlacedFault]:
    known = _fields(kind)
    for name in table.keys() - known.keys():
        yield PlacedFault((*place, name), _unknown(name, list(known)))
    for name, field in known.items():
        if name in table:
            yield from faults_of(table[name], field.type, (*place, name))
        elif field.required:
            yield PlacedFault((*place, name), "this field is required")


@cache  # msgspec reads the annotations of the class anew each time
def _fields(kind: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _value_faults(value: object, kind: object, place: tuple[str | int, ...]) -> Iterator[PlacedFault]:
    if get_origin(kind) is Literal and value not in get_args(kind):
        expected = ", ".join(repr(choice) for choice in get_args(kind))
        yield PlacedFault(place, f"one of {expected} is expected, not {value!r}")
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield PlacedFault(place, str(error).partition(" - at `$")[0])


def _bare(kind: object, value: object) -> object:
    """Return the type without `| None`; and without annotations where the parts are looked at one by one."""
    if get_origin(kind) in (Union, UnionType):
        others = [choice for choice in get_args(kind) if choice is not type(None)]
        if len(others) == 1 and value is not None:
            return _bare(others[0], value)
    if get_origin(kind) is Annotated and isinstance(value, dict | list):
        return get_args(kind)[0]
    return kind


def _in_words(faults: Iterable[PlacedFault]) -> list[FileFault]:
    return [FileFault(_dotted(fault.place), fault.message) for fault in faults]


def _dotted(place: tuple[str | int, ...]) -> str:
    """Return a place as people write it: `policy.recovery.fields[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def _unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if name in INSTEAD:
        return f"there is no such field; {INSTEAD[name]}"
    return f"there is no such field; did you mean `{close[0]}`?" if close else "there is no such field"
