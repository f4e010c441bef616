"""Filters (RFC 7644 §3.4.2.2): parsed into a tree, and judged on a resource as it is answered.

    filter  = term *( "or" term )        term = factor *( "and" factor )
    factor  = [ "not" ] "(" filter ")" / attribute "[" filter "]" / attribute "pr" / attribute operator value

Names and operators are compared without regard to case, and so are texts, except those of `EXACT`. An attribute that
the resource does not have is absent, not an error. Lengths and depth are bounded: a filter comes from outside.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import ge, gt, le, lt

from idp.scim.errors import ScimError, invalid

LONGEST = 2000
DEEPEST = 20
EXACT = frozenset({"id", "externalid", "value", "location", "version"})
"""Attributes whose texts are compared with their case (RFC 7643 §3.1, §4.1)."""

MOMENTS = frozenset({"meta.created", "meta.lastmodified"})

TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<mark>[()\[\]])
    | (?P<word>[^\s()\[\]"]+)
    )""",
    re.VERBOSE,
)
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
ATTRIBUTE = re.compile(r"(?:urn:[A-Za-z0-9.:_-]+:)?[A-Za-z][\w$-]*(?:\.[A-Za-z$][\w$-]*)?")
ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})')
ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

Scalar = str | bool | float | None


@dataclass(frozen=True)
class Comparison:
    """`attribute operator value`; the operator `pr` has no value."""

    attribute: str
    operator: str
    value: Scalar = None


@dataclass(frozen=True)
class OfOneValue:
    """`attribute[filter]`: one value of a multi-valued attribute matches the whole filter."""

    attribute: str
    inner: "Filter"


@dataclass(frozen=True)
class Negation:
    inner: "Filter"


@dataclass(frozen=True)
class AllOf:
    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Filter", ...]


Filter = Comparison | OfOneValue | Negation | AllOf | AnyOf


def parse(text: str) -> Filter:
    """Return the tree of a filter. Raises `ScimError` (invalidFilter)."""
    if len(text) > LONGEST:
        raise _bad(f"a filter has at most {LONGEST} characters")
    reader = _Reader(_tokens(text))
    found = reader.either(0)
    if reader.left:
        raise _bad(f"unexpected {reader.left[0]!r}")
    return found


def matches(wanted: Filter, resource: Mapping[str, object]) -> bool:
    """Return whether the resource is one of those that the filter describes."""
    match wanted:
        case AllOf(parts):
            return all(matches(part, resource) for part in parts)
        case AnyOf(parts):
            return any(matches(part, resource) for part in parts)
        case Negation(inner):
            return not matches(inner, resource)
        case OfOneValue(attribute, inner):
            values = values_of(resource, attribute)
            return any(matches(inner, value) for value in values if isinstance(value, Mapping))
        case Comparison():
            return _compares(wanted, resource)


def values_of(resource: Mapping[str, object], attribute: str) -> list[object]:
    """Return the values of an attribute, those of each value of a multi-valued one; `emails` means `emails.value`."""
    name, _, sub = bare(attribute).partition(".")
    value = member(resource, name)
    values = list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
    if not sub:
        return values
    inner = [member(each, sub) for each in values if isinstance(each, Mapping)]
    return [each for each in inner if each is not None]


def bare(attribute: str) -> str:
    """Return the name of an attribute without the URN of its schema."""
    return attribute.rpartition(":")[2] if attribute.lower().startswith("urn:") else attribute


def member(resource: Mapping[str, object], name: str) -> object:
    """Return the value under this name, whatever its case, or None."""
    lowered = name.lower()
    return next((value for key, value in resource.items() if key.lower() == lowered), None)


def equals(tree: Filter, attribute: str) -> str:
    """Return the text that every match has in this attribute, as far as one comparison says so; else empty."""
    if isinstance(tree, AllOf):
        return next((found for part in tree.parts if (found := equals(part, attribute))), "")
    if isinstance(tree, Comparison) and tree.operator == "eq" and isinstance(tree.value, str):
        return tree.value if bare(tree.attribute).lower() == attribute.lower() else ""
    return ""


def _compares(wanted: Comparison, resource: Mapping[str, object]) -> bool:
    found = [_plain(value) for value in values_of(resource, wanted.attribute)]
    if wanted.operator == "pr":
        return any(value not in (None, "") for value in found)
    if wanted.value is None:  # RFC 7644 §3.4.2.2: absent and null are the same
        return (wanted.operator == "eq") == (not found)
    if wanted.operator == "ne":
        return not any(_same(wanted, value) for value in found)
    if wanted.operator == "eq":
        return any(_same(wanted, value) for value in found)
    return any(_relates(wanted, value) for value in found)


def _plain(value: object) -> object:
    """Return the `value` of a complex value (RFC 7643 §2.4), or the value itself."""
    return member(value, "value") if isinstance(value, Mapping) else value


def _same(wanted: Comparison, value: object) -> bool:
    left, right = _comparable(wanted, value), _comparable(wanted, wanted.value)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _comparable(wanted: Comparison, value: object) -> object:
    name = bare(wanted.attribute).lower()
    if not isinstance(value, str):
        return value
    if name in MOMENTS:
        return _moment(value)
    return value if name.rpartition(".")[2] in EXACT else value.casefold()


RELATIONS: Mapping[str, Callable[[str, str], bool]] = {
    "gt": gt,
    "ge": ge,
    "lt": lt,
    "le": le,
    "co": lambda value, part: part in value,
    "sw": lambda value, part: value.startswith(part),
    "ew": lambda value, part: value.endswith(part),
}
OPERATORS = frozenset({"eq", "ne", *RELATIONS})


def _relates(wanted: Comparison, value: object) -> bool:
    left, right = _comparable(wanted, value), _comparable(wanted, wanted.value)
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    return RELATIONS[wanted.operator](left, right)


class _Reader:
    """Reads one filter from the left; `left` is what is still to be read."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.left = list(tokens)

    def either(self, depth: int) -> Filter:
        parts = [self._both(depth)]
        while self._takes("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise _bad("it is nested too deeply")
        if self._takes("not"):
            return Negation(self._bracketed("(", ")", depth))
        if self.left[:1] == ["("]:
            return self._bracketed("(", ")", depth)
        attribute = self._next()
        if not ATTRIBUTE.fullmatch(attribute):
            raise _bad(f"{attribute!r} names no attribute")
        if self.left[:1] == ["["]:
            return OfOneValue(attribute, self._bracketed("[", "]", depth))
        operator = self._next().lower()
        if operator == "pr":
            return Comparison(attribute, operator)
        if operator not in OPERATORS:
            raise _bad(f"there is no operator {operator!r}")
        return Comparison(attribute, operator, _literal(self._next()))

    def _bracketed(self, opens: str, closes: str, depth: int) -> Filter:
        self._expect(opens)
        inner = self.either(depth + 1)
        self._expect(closes)
        return inner

    def _takes(self, word: str) -> bool:
        if self.left and self.left[0].lower() == word:
            self.left.pop(0)
            return True
        return False

    def _expect(self, mark: str) -> None:
        if self._next() != mark:
            raise _bad(f"a {mark!r} is missing")

    def _next(self) -> str:
        if not self.left:
            raise _bad("it ends too early")
        return self.left.pop(0)


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while text[place:].strip():
        token = TOKEN.match(text, place)
        if token is None:
            raise _bad("a quotation mark is missing")
        found.append(token[0].strip() if token["text"] is None else token["text"])
        place = token.end()
    return found


def _literal(token: str) -> Scalar:
    if token.startswith('"'):
        return ESCAPE.sub(_unescaped, token[1:-1])
    lowered = token.lower()
    if lowered in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[lowered]
    if NUMBER.fullmatch(token):
        return float(token)
    raise _bad(f"{token!r} is no value: a text stands in quotation marks")


def _moment(written: str) -> str:
    """Return the moment in the one form in which texts stand in the order of time."""
    try:
        return datetime.fromisoformat(written).astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError) as error:
        raise _bad(f"{written!r} is no moment") from error


def _unescaped(escape: re.Match[str]) -> str:
    sign = escape[1]
    return chr(int(sign[1:], 16)) if sign[0] == "u" and len(sign) > 1 else ESCAPED.get(sign, sign)


def _bad(reason: str) -> ScimError:
    return invalid(f"The filter cannot be read: {reason}.", "invalidFilter")
