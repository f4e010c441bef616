"""Codes of one run, sent and typed as journeys do it, each call in its own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from idp.codes import service
from idp.codes.rules import Purpose
from idp.codes.service import AcceptedCode, CodeRequest, Destination, IssuedCode, LiveCode, RefusedCode, UnsentCode
from idp.database import Base, Database
from idp.limits.rate_limit import Limiter
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

ANNA = Destination("email", "anna@example.ch")
PHONE = Destination("sms", "+41791234567")


class Codes:
    def __init__(self, database: Database, limiter: Limiter, mailbox: Mailbox, clock: MovableClock) -> None:
        self.database = database
        self.limiter = limiter
        self.mailbox = mailbox
        self.clock = clock

    def issue(self, *, decoy: bool = False, **changes: Any) -> IssuedCode | UnsentCode:
        wished = {"purpose": Purpose.SIGN_IN_MAIL, "bound_to": "run", "destination": ANNA, "language": "fr", **changes}
        make = service.issue_decoy if decoy else service.issue
        with self.database.transaction() as tx:
            return make(tx, self.limiter, CodeRequest(**wished))

    def issue_often(self, times: int, **changes: Any) -> list[str]:
        """Codes of one run, a minute apart, the oldest first."""
        sent = []
        for _ in range(times):
            assert isinstance(self.issue(**changes), IssuedCode)
            sent.append(self.mailbox.last().code)
            self.clock.forward(seconds=60)
        return sent

    def redeem(
        self, typed: str, *, purpose: str = Purpose.SIGN_IN_MAIL, bound_to: str = "run"
    ) -> AcceptedCode | RefusedCode:
        with self.database.transaction() as tx:
            return service.redeem(tx, purpose=purpose, bound_to=bound_to, typed=typed)

    def would_accept(self, typed: str, **where: str) -> bool:
        """Whether the code is right; tried, and undone."""
        pair = {"purpose": Purpose.SIGN_IN_MAIL, "bound_to": "run", **where}
        try:
            with self.database.transaction() as tx:
                raise _Undo(isinstance(service.redeem(tx, typed=typed, **pair), AcceptedCode))
        except _Undo as undone:
            return undone.accepted

    def live(self) -> LiveCode | None:
        with self.database.reading() as tx:
            return service.live(tx, purpose=Purpose.SIGN_IN_MAIL, bound_to="run")

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that the database was asked, in their order."""
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        sa.event.listen(self.database.writing_engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(self.database.writing_engine, "before_cursor_execute", note)

    def row_counts(self) -> dict[str, int]:
        with self.database.reading() as tx:
            return {
                name: tx.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables[name])).scalar_one()
                for name in ("one_time_codes", "outbox", "audit_events")
            }


class _Undo(Exception):
    def __init__(self, accepted: bool) -> None:
        self.accepted = accepted
