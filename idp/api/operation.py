"""An operation of the API: one method of one address, described once for serving, the OpenAPI document and people."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import msgspec

from idp.api.caller import Caller
from idp.api.conditions import check_match
from idp.api.problem import ProblemType
from idp.database import Origin, Transaction
from idp.provider import Provider
from idp.settings import Section

PARAMETER = re.compile(r"\{(\w+)\}")
Method = Literal["GET", "POST", "PUT"]

Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=500,
        pattern=r"\S",
        description="Why; kept in the audit trail, with a reference to the case.",
        examples=["case 4711, identity checked"],
    ),
]


class Nothing(Section, frozen=True):
    """No parameter, or a body without any member."""


class Because(Section, frozen=True, kw_only=True):
    """The body of an act that needs nothing but its reason."""

    reason: Reason


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that was admitted and read. `names` are the parts of its address, `match` its If-Match header."""

    provider: Provider
    caller: Caller
    origin: Origin
    names: Mapping[str, str]
    read_query: msgspec.Struct
    read_body: msgspec.Struct
    match: str = ""

    def query(self, kind: type[T]) -> T:
        """Return the parameters of the query, which the operation declares to be of this type."""
        return _declared(self.read_query, kind)

    def body(self, kind: type[T]) -> T:
        """Return the body, which the operation declares to be of this type."""
        return _declared(self.read_body, kind)

    @property
    def reason(self) -> str:
        """The reason of an act whose body says nothing else."""
        return self.body(Because).reason

    def check_unchanged(self, current: msgspec.Struct) -> None:
        """Raise `ApiProblem` if the caller named another version of the thing than `current`."""
        check_match(self.match, current)


Conclusion = Callable[[Transaction], object]
"""The one writing transaction of an operation that works outside of one before; returns the answer."""


@dataclass(frozen=True)
class Unfinished:
    """Returned where slow work follows, for which no transaction may stay open: it returns what concludes it.

    The work stores nothing. One last transaction makes every change and keeps the answer beside it: after a crash
    either both are there or neither.
    """

    work: Callable[[], Conclusion]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`act` runs in one transaction, and returns the answer or `Unfinished`.

    The transaction of a GET is read-only unless it `records` a look, and so is the first one of an operation that
    `begins_reading`, because what decides takes long. `answer` None: there is nothing to say (204).
    `match`: whether If-Match is looked at, or must be there. `or_scope` admits as well; `act` says to what.
    """

    method: Method
    path: str
    scope: str
    or_scope: str = ""
    summary: str
    description: str = ""
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] = Nothing
    answer: object = None
    act: Callable[[Call, Transaction], object]
    status: int = 200
    records: bool = False
    begins_reading: bool = False
    match: Literal["", "possible", "needed"] = ""
    refusals: tuple[ProblemType, ...] = ()

    @property
    def name(self) -> str:
        """The operation's name for programs that are generated from the OpenAPI document."""
        return self.act.__name__

    @property
    def scopes(self) -> tuple[str, ...]:
        """The rights, each of which admits."""
        return tuple(filter(None, (self.scope, self.or_scope)))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the variable parts of the address."""
        return tuple(PARAMETER.findall(self.path))

    @property
    def writes(self) -> bool:
        """Return whether it opens a transaction that may write."""
        return (self.method != "GET" or self.records) and not self.begins_reading

    @property
    def is_kept(self) -> bool:
        """Return whether an Idempotency-Key makes it happen once: a PUT does so by itself."""
        return self.method == "POST" and not self.records

    @property
    def takes_body(self) -> bool:
        return self.method != "GET"


def _declared(read: msgspec.Struct, kind: type[T]) -> T:
    if not isinstance(read, kind):
        raise TypeError(f"the operation declares another type than {kind.__name__}")
    return read
