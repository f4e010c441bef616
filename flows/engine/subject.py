"""What a run is about, besides the person: a company, one of its users, a mailed link.

A flow declares the kind. The engine reads it from the address of the journey's first page, and stores it with the run:
later pages carry only the id of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    from flows.engine.run import Run


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ids only, in JSON types. An id of nothing is empty."""

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        """Return the subject that the query of the first page names, known or not. Reads only."""
        raise NotImplementedError
