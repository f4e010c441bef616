"""Queries (RFC 7644 §3.4.2): filters, pages and wanted attributes, from an address or the body of a `/.search`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idp.scim import filters
from idp.scim.errors import invalid
from idp.scim.filters import Filter, bare, member

SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
LARGEST = 200
USUAL = 100
FARTHEST = 1_000_000
ALWAYS = ("schemas", "id")
"""Returned whatever was asked for (RFC 7643 §7, « returned »)."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The attributes to return: only these, or all but those; everything where both are empty."""

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def of(self, resource: Mapping[str, object]) -> dict[str, object]:
        """Return the wanted part of a resource."""
        if self.only:
            wanted = _wanted(self.only)
            return {
                name: _parts(value, wanted[name.lower()]) if name.lower() in wanted else value
                for name, value in resource.items()
                if name in ALWAYS or name.lower() in wanted
            }
        dropped = {bare(each).lower() for each in self.without}
        return {name: value for name, value in resource.items() if name in ALWAYS or name.lower() not in dropped}


@dataclass(frozen=True, kw_only=True)
class Query:
    """`start` counts from 1; `filter` None: everything."""

    filter: Filter | None
    start: int
    count: int
    projection: Projection


def read(given: Mapping[str, object]) -> Query:
    """Return the query. Raises `ScimError`; sorting is not offered, and a wish for it is ignored (§3.4.2.3)."""
    wanted = member(given, "filter")
    if wanted is not None and not isinstance(wanted, str):
        raise invalid("The filter is a text.", "invalidFilter")
    return Query(
        filter=filters.parse(wanted) if wanted and wanted.strip() else None,
        start=max(1, _number(given, "startIndex", 1)),
        count=min(LARGEST, max(0, _number(given, "count", USUAL))),
        projection=projection(given),
    )


def projection(given: Mapping[str, object]) -> Projection:
    """Return the wanted attributes. Raises `ScimError` if both lists are given (§3.9)."""
    only, without = _names(given, "attributes"), _names(given, "excludedAttributes")
    if only and without:
        raise invalid("Give attributes or excludedAttributes, not both.")
    return Projection(only=only, without=without)


def page(found: Sequence[Mapping[str, object]], query: Query) -> dict[str, object]:
    """Return the page of those resources that the query describes."""
    wanted = query.filter
    hits = [each for each in found if wanted is None or filters.matches(wanted, each)]
    shown = hits[query.start - 1 : query.start - 1 + query.count]
    return {
        "schemas": [SCHEMA],
        "totalResults": len(hits),
        "startIndex": query.start,
        "itemsPerPage": len(shown),
        "Resources": [query.projection.of(each) for each in shown],
    }


def _number(given: Mapping[str, object], name: str, usual: int) -> int:
    value = member(given, name)
    if value is None or value == "":
        return usual
    try:
        number = int(str(value)[:20])
    except ValueError as error:
        raise invalid(f"{name} is a whole number.") from error
    return max(-FARTHEST, min(FARTHEST, number))


def _names(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = member(given, name)
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(each.strip() for each in listed if isinstance(each, str) and each.strip())


def _wanted(names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return by attribute which of its parts are wanted; all of them where the set is empty."""
    found: dict[str, frozenset[str]] = {}
    for each in names:
        name, _, part = bare(each).lower().partition(".")
        whole = name in found and not found[name]
        found[name] = frozenset() if whole or not part else found.get(name, frozenset()) | {part}
    return found


def _parts(value: object, wanted: frozenset[str]) -> object:
    if not wanted:
        return value
    if isinstance(value, list):
        return [_parts(each, wanted) for each in value]
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if name.lower() in wanted}
    return value
