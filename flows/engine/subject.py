"""The subject of a run in addition to the person: a company, one of its users, a mailed link.

A flow says how it is read from the query of the journey's first page. The engine stores it with the run: later pages
carry only the id of the run.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import msgspec


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all kinds. Ids only, in JSON types; an id of nothing is empty."""


class SubjectInAddress(Subject, frozen=True):
    """A subject of one id, which the journey's first address carries as `parameter`. Subclasses add its field."""

    parameter: ClassVar[str]

    @classmethod
    def named(cls, _run: object, query: Mapping[str, str]) -> Self:
        """Return the subject that the address names; an empty id where it names none."""
        return cls(**{cls.__struct_fields__[0]: query.get(cls.parameter, "")})
