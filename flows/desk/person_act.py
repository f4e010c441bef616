"""The form of an act of staff for a person: a row of the table in `flows.desk.acts`."""

from collections.abc import Callable
from dataclasses import dataclass

from flows.desk.visit import AfterCommit, DeskVisit
from idp.database import Transaction
from idp.people.person import Person
from idp.provider import Provider
from idp.staff.appointments import Act
from idp.staff.situation import Situation
from idp.wording import Text


@dataclass(frozen=True)
class Given:
    """The words of the clerk: `reason` holds how identity was checked as well, `address` is the new email address.

    `other_id` is the account that is merged into this one.
    """

    visit: DeskVisit
    reason: str
    identity: str
    method_id: str = ""
    address: str = ""
    other_id: str = ""


Outcome = bool | Text | AfterCommit
"""False: nothing was there to do; a `Text` says why not; an `AfterCommit` hands a file over."""


@dataclass(frozen=True, kw_only=True)
class PersonAct:
    """`offered` says whether it makes sense now. `address`: the clerk types a new email address.

    `done` is the answer on the person's page; an act that hands a file over has none.

    `by_two`: a second member of staff confirms it; `other`: it is about another account as well.
    """

    name: str
    label: Text
    explains: Text
    act: Act
    offered: Callable[[Situation], bool]
    carry_out: Callable[[Transaction, Provider, Person, Given], Outcome]
    done: Text | None = None
    identity: bool = False
    grave: bool = False
    address: bool = False
    by_two: bool = False
    other: bool = False
