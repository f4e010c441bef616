"""Runs: one person's way through one journey, as a row; and how such rows are forgotten.

The journeys (`flows.engine`) read and write rows. Nothing else looks inside: `forget` deletes what names a person. A
run holds what someone typed as they typed it, so a person is recognised by the same rules that sign them in
(`email_key`, `identifier_key`), not by equal texts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.people.email_address import email_key
from idp.people.portal_identifiers import identifier_key

IS_UNFINISHED = sa.text("finished_at IS NULL")
BETWEEN_WORDS = re.compile(r"[\s<>,;()\"]+")
SEPARATORS = (
    *(" ", "-", ".", "/", "(", ")", r"\u00a0", r"\u00b7", r"\u2007", r"\u2009", r"\u202f"),
    *(r"\u2010", r"\u2011", r"\u2012", r"\u2013", r"\u2014", r"\u2015", r"\u2212"),
)
"""Separators that people write between digits, as stored JSON holds them."""


class FlowRun(Base):
    """One run. Its id is no secret but cannot be guessed (74 random bits).

    `person_id` is whose it is, in a journey that requires a session. `browser` is the fingerprint of the browser cookie
    it is bound to until `bound_until`. `begun_with` lets a second identical first POST find the run of the first.
    `subject` is what it is about, in addition to the person: ids by name, read when it began.
    `results` are facts per step name, in the order they were proved; `kept` is what was typed per step, secrets aside.
    `step` is the step entered last; `scratch` and `notice` are its. `continued_at` is the journey that took over.
    """

    __tablename__ = "flow_runs"
    __table_args__ = (
        sa.Index(
            "ix_flow_runs_unfinished",
            "flow",
            "client_id",
            sqlite_where=IS_UNFINISHED,
            postgresql_where=IS_UNFINISHED,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str]
    signature: Mapped[str]
    client_id: Mapped[str]
    person_id: Mapped[str] = mapped_column(default="")
    request: Mapped[str] = mapped_column(default="")
    return_to: Mapped[str] = mapped_column(default="")
    browser: Mapped[str] = mapped_column(index=True)
    begun_with: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[dict[str, object]] = mapped_column(server_default=sa.text("'{}'"))
    results: Mapped[dict[str, dict[str, object]]]
    kept: Mapped[dict[str, dict[str, str]]]
    step: Mapped[str]
    scratch: Mapped[dict[str, str]]
    notice: Mapped[dict[str, object]]
    created_at: Mapped[datetime]
    bound_until: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    continued_at: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True)
class Traces:
    """The traces of a person that a run may hold: their id, and the identifiers they type.

    `email` and `identifiers` are keys, `phone` is E.164; empty where the person has none.
    """

    person_id: str
    email: str = ""
    phone: str = ""
    identifiers: frozenset[str] = frozenset()

    def are_in(self, written: str) -> bool:
        """Return whether this text names the person.

        Values are compared whole: `joanne@…` is someone else than `anne@…`.
        """
        if written == self.person_id or identifier_key(written) in self.identifiers:
            return True
        return self._is_their_number(written) or self._names_their_mailbox(written)

    def _names_their_mailbox(self, written: str) -> bool:
        words = BETWEEN_WORDS.split(written) if self.email and "@" in written else []
        return any(self.email in {email_key(word), email_key(word.strip(".:'"))} for word in words)

    def _is_their_number(self, written: str) -> bool:
        if not self.phone or any(character.isalpha() for character in written):
            return False
        country = self.phone[1 : -len(self._subscriber)]
        digits = "".join(character for character in written if character.isdecimal())
        return digits in {f"{prefix}{self._subscriber}" for prefix in ("", "0", country, f"00{country}")}

    @property
    def _subscriber(self) -> str:
        """The number as it is dialled inside its country, without the leading zero."""
        return str(phonenumbers.parse(self.phone).national_number) if self.phone else ""

    @property
    def written(self) -> list[str]:
        """Parts that nobody spells in two ways: every run that names the person holds one of them or of `typed`."""
        mailbox = f"{self.email.rpartition('@')[0]}@" if self.email else ""
        return [part for part in (self.person_id, mailbox, self.phone) if part]

    @property
    def typed(self) -> list[str]:
        """Parts that hold once `SEPARATORS` are taken out of what was typed."""
        plain = [reduce(lambda text, each: text.replace(each, ""), SEPARATORS, key) for key in self.identifiers]
        longest = [max(re.findall(r"[!-~]+", key), key=len, default="") for key in plain]
        return [part for part in (self._subscriber, *longest) if part]


def forget(tx: Transaction, person: Traces) -> int:
    """Delete the runs that name this person; how many went."""
    held = sa.select(FlowRun.id, FlowRun.results, FlowRun.kept, FlowRun.scratch).where(_may_name(person))
    naming = [row.id for row in tx.execute(held) if any(map(person.are_in, _texts([*row][1:])))]
    theirs = sa.or_(FlowRun.person_id == person.person_id, FlowRun.id.in_(naming))
    return tx.execute(sa.delete(FlowRun).where(theirs)).rowcount


def _may_name(person: Traces) -> sa.ColumnElement[bool]:
    """Return a coarse sieve in the database, so that few rows are read: JSON as it is stored, without case."""
    results, kept, scratch = (
        sa.func.lower(sa.cast(column, sa.Text)) for column in (FlowRun.results, FlowRun.kept, FlowRun.scratch)
    )
    without = reduce(lambda text, each: sa.func.replace(text, each, ""), SEPARATORS, kept)
    sieve = [text.contains(part, autoescape=True) for text in (results, kept, scratch) for part in person.written]
    return sa.or_(*sieve, *(without.contains(part, autoescape=True) for part in person.typed))


def _texts(value: object) -> Iterator[str]:
    """Yield every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
