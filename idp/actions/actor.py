"""The author of an action, as the audit trail and the journal of a company name them.

person            the person themselves
administrator     a person who acts for a company that they administer
clerk             staff of a fund or of the operator
client            a program that calls the interface
directory         a company's own directory, by a token that one of its administrators made
system            the provider itself: its worker, its imports
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from idp.audit.authors import CLERK, CLIENT, DIRECTORY, OPERATOR
from idp.audit.events.desk import DeskActed
from idp.audit.log import record
from idp.database import Transaction


class ActorKind(StrEnum):
    """The value is also the cause that ended sessions carry."""

    PERSON = "person"
    ADMINISTRATOR = "administrator"
    CLERK = "desk"
    CLIENT = "client"
    DIRECTORY = "directory"
    SYSTEM = "system"


PREFIXES = {
    OPERATOR: ActorKind.CLERK,
    CLERK: ActorKind.CLERK,
    CLIENT: ActorKind.CLIENT,
    DIRECTORY: ActorKind.DIRECTORY,
}
PROGRAMS = frozenset({"worker", "legacy-directory"})
"""Parts of the provider that write to the database on their own (`Origin.actor`)."""


@dataclass(frozen=True)
class Actor:
    """`text` is what the audit trail holds: the id of a person, or a name behind a prefix."""

    kind: ActorKind
    text: str

    @classmethod
    def person(cls, person_id: str) -> "Actor":
        """Return the person whom the action concerns, as the author."""
        return cls(ActorKind.PERSON, person_id)

    @classmethod
    def administrator(cls, person_id: str) -> "Actor":
        """Return an administrator of the company that the action concerns."""
        return cls(ActorKind.ADMINISTRATOR, person_id)

    @classmethod
    def operator(cls, name: str) -> "Actor":
        """Return a clerk at the command line, by the name of their account on the machine."""
        return cls(ActorKind.CLERK, OPERATOR + name)

    @classmethod
    def clerk(cls, name: str) -> "Actor":
        """Return a clerk at the pages of the desk."""
        return cls(ActorKind.CLERK, CLERK + name)

    @classmethod
    def client(cls, client_id: str) -> "Actor":
        """Return a client that calls the interface in its own name."""
        return cls(ActorKind.CLIENT, CLIENT + client_id)

    @classmethod
    def directory(cls, token_id: str) -> "Actor":
        """Return the directory of a company, by the id of the token that it shows."""
        return cls(ActorKind.DIRECTORY, DIRECTORY + token_id)

    @property
    def person_id(self) -> str:
        """The id of the person or administrator; empty for all others."""
        return self.text if self.kind in (ActorKind.PERSON, ActorKind.ADMINISTRATOR) else ""

    @property
    def gives_a_reason(self) -> bool:
        """Return whether a reason is required: of everyone who acts for others by their office."""
        return self.kind in (ActorKind.CLERK, ActorKind.CLIENT)


SYSTEM = Actor(ActorKind.SYSTEM, "worker")


def of_audit(text: str) -> Actor | None:
    """Read the author of an event. An administrator reads as the person they are. None: nobody was signed in."""
    if not text:
        return None
    if text in PROGRAMS:
        return Actor(ActorKind.SYSTEM, text)
    kind = next((kind for prefix, kind in PREFIXES.items() if text.startswith(prefix)), ActorKind.PERSON)
    return Actor(kind, text)


@contextmanager
def acting(tx: Transaction, by: Actor, *, reason: str = "") -> Iterator[None]:
    """Record everything inside as the act of `by`.

    Raises `ValueError` if they must give a reason and gave none.
    """
    if by.gives_a_reason and not reason.strip():
        raise ValueError("an act for somebody else needs a reason")
    before = tx.origin
    tx.origin = replace(before, actor=by.text)
    try:
        yield
    finally:
        tx.origin = before


def note(tx: Transaction, by: Actor, act: str, *, person_id: str, reason: str) -> str:
    """Record the reason of an act whose own event has none, and return the reference.

    A person's own act needs no such event: an empty text.
    """
    return record(tx, DeskActed(person_id=person_id, act=act, reason=reason)) if by.gives_a_reason else ""
