"""A run as a step is given it: the row (`idp.runs`), the portal, the page request, and mostly a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec
from flask import Response

from flows.engine.facts import FactsT, StepFacts, merged
from flows.engine.subject import Subject
from idp import interaction, wording
from idp.clients.brand import Brand
from idp.clients.client import Client
from idp.clients.policy import Policy
from idp.database import Origin, Transaction
from idp.interaction import PendingAuthorization
from idp.limits.rate_limit import Settlement
from idp.runs import FlowRun
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web import problems
from idp.web.branding import Theme
from idp.wording import Text

if TYPE_CHECKING:
    from flows.engine.page_request import PageRequest
    from idp.provider import Provider

SubjectT = TypeVar("SubjectT", bound=Subject)
Found = TypeVar("Found")


class Run:
    """The argument of a step: the row, the parts of the process, the portal, the page request, mostly a transaction."""

    def __init__(
        self,
        row: FlowRun,
        *,
        provider: Provider,
        client: Client,
        theme: Theme,
        page_request: PageRequest,
        pending: PendingAuthorization | None,
        stored: bool,
        tx: Transaction,
    ) -> None:
        self.row = row
        self.provider = provider
        self.client = client
        self.theme = theme
        self.page_request = page_request
        self.pending = pending
        """The authorization request that waits for this run, if there is one."""
        self.stored = stored
        """False before the first POST."""
        self.on_response: list[Callable[[Response], object]] = []
        """Changes to the response of this POST (`complete` sets the session cookie here)."""
        self._tx: Transaction | None = tx
        self.settlement = Settlement()
        """Counts that this POST gives back; the engine writes them at its end."""
        self._looked_up: dict[tuple[Callable[..., object], tuple[str, ...]], object] = {}

    def at(self, tx: Transaction | None) -> None:
        """Move the run to the transaction of the next phase, or out of one.

        The session stays known outside transactions, and is looked up again in the next one.
        """
        self._tx = tx
        self._looked_up = {}
        if tx is not None:
            vars(self).pop("session", None)

    @property
    def origin(self) -> Origin:
        """Where a change to this run comes from, for the audit trail."""
        actor = self.session.person_id if self.session is not None else ""
        return replace(self.page_request.origin, client_id=self.client.client_id, actor=actor)

    @property
    def id(self) -> str:
        """The id to which codes are bound and which mailed links name."""
        return self.row.id

    @property
    def address(self) -> str:
        """The path of this run's pages."""
        return f"/{self.row.flow}/{self.row.id}"

    @property
    def tx(self) -> Transaction:
        """The open transaction; for reading only while a page is shown and in `limits`; in `prepare` there is none."""
        if self._tx is None:
            raise RuntimeError("no transaction is open here: use `with run.reading() as tx:`")
        return self._tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Open a reading transaction for `prepare`; inside it, `run.tx` is that transaction."""
        with self.provider.database.reading() as tx:
            self._tx, self._looked_up = tx, {}
            try:
                yield tx
            finally:
                self._tx, self._looked_up = None, {}

    def once(self, look_up: Callable[..., Found], *about: str) -> Found:
        """Return the result of `look_up`, called once per transaction: for values that a request needs repeatedly.

        It is given the run, and what it is `about` (an id).
        """
        asked = (look_up, about)
        if asked not in self._looked_up:
            self._looked_up[asked] = look_up(self, *about)
        return cast(Found, self._looked_up[asked])

    def look_again(self) -> None:
        """Have `once` look up everything again: somebody may have changed it before a lock was given."""
        self._looked_up = {}

    def about(self, kind: type[SubjectT]) -> SubjectT:
        """Return the subject of this run, of the type that its flow declares."""
        return msgspec.convert(self.row.subject, kind)

    @property
    def policy(self) -> Policy:
        return self.client.policy

    @property
    def brand(self) -> Brand:
        return self.theme.brand

    @property
    def language(self) -> str:
        """The language of the page the person looks at; messages of this run speak it too."""
        return self.theme.language

    @property
    def foreign(self) -> bool:
        """Return whether this browser is not the one the run is bound to."""
        return self.row.browser != self.page_request.fingerprint

    @property
    def browser(self) -> str:
        """The value of the browser's cookie."""
        return self.theme.browser

    @property
    def results(self) -> dict[str, dict[str, object]]:
        """Step name → the facts it set."""
        return self.row.results

    def known(self, kind: type[FactsT]) -> FactsT:
        """Return the facts of one kind that the steps of this run proved or learnt."""
        return merged(kind, self.row.results.values())

    @property
    def scratch(self) -> dict[str, str]:
        """The current step's own memory; empty when the step becomes current.

        Assign a new dict to change it: `run.scratch = {**run.scratch, "method": "sms"}`.
        """
        return self.row.scratch

    @scratch.setter
    def scratch(self, value: dict[str, str]) -> None:
        self.row.scratch = value

    @cached_property
    def session(self) -> Session | None:
        """The live session of this browser at the portal's group."""
        token = self.page_request.session_token(self.client.sso_group)
        return sessions.find(self.tx, token, self.client.sso_group) if token else None

    @property
    def signed_in_for_request(self) -> bool:
        """Return whether the session's sign-in was made for the very authorization request that waits for this run."""
        if self.session is None or self.pending is None:
            return False
        return sessions.was_made_for(self.session, self.pending.id, self.provider.clock.now())

    @property
    def person_id(self) -> str:
        """The person of this run: who gave a password in it, otherwise who is signed in; empty if nobody is."""
        return self.known(StepFacts).person_id or (self.session.person_id if self.session is not None else "")

    @property
    def return_url(self) -> str:
        """The address where the person continues: the waiting authorization, the page they came from, or the portal."""
        if self.row.request:
            return interaction.return_url(self.row.request)
        if self.row.return_to or not self.client.home:
            return self.row.return_to or "/"
        return problems.fresh_sign_in(self.provider, self.client)

    @property
    def way_out(self) -> str:
        """The address for a person who cannot continue: the portal gets `access_denied` instead of asking again."""
        return interaction.refusal_url(self.row.request) if self.row.request else self.return_url

    @property
    def notice(self) -> Text | None:
        """The line on top of the page."""
        return wording.restored(self.row.notice) if self.row.notice else None

    def say(self, notice: Text) -> None:
        """Put a line on top of the next page."""
        self.row.notice = wording.stored(notice)
