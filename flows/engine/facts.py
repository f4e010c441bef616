"""How results become facts: each step stores what it proved or learnt, and typed values are merged from all of them.

A kind of facts is declared outside the engine, beside the steps that set it. A fact is set by exactly one step of a
flow, one that is `joined` by any; it is dropped with that step's result. Secrets are never facts.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, TypeVar

import msgspec


class StepFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all kinds. Only JSON types; an empty value means "not known". No two kinds declare the same fact."""

    joined: ClassVar[frozenset[str]] = frozenset()
    """Lists that several steps add to."""

    person_id: str = ""
    """The person who gave the right password, or the session's owner."""


FactsT = TypeVar("FactsT", bound=StepFacts)


def stored(facts: StepFacts) -> dict[str, object]:
    """Return the stored form of a step's facts: those it set, as they are read back from the row."""
    return msgspec.json.decode(msgspec.json.encode(facts), type=dict[str, object])


def merged(kind: type[FactsT], results: Iterable[Mapping[str, object]]) -> FactsT:
    """Return the facts of this kind in all results together."""
    together: dict[str, object] = {}
    for result in results:
        for fact, value in result.items():
            before = together.get(fact)
            if fact in kind.joined and isinstance(before, list) and isinstance(value, list):
                together[fact] = [*before, *value]
            else:
                together[fact] = value
    return msgspec.convert(together, kind)
