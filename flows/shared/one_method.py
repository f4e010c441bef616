"""One of a person's ways to sign in, as the address of a journey names it."""

from collections.abc import Mapping
from typing import Self

from flows.engine.run import Run
from flows.engine.subject import Subject

METHOD = "method"


class OneMethod(Subject, frozen=True):
    """The id of a passkey or app, or the word for the recovery codes; empty: the page asks which."""

    method_id: str

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:  # noqa: ARG003 (the address says it all)
        return cls(query.get(METHOD, ""))
