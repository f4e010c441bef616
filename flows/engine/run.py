"""A run: one person's way through one journey, as a row, and as what a step is given of it.

Ids are not secrets but cannot be guessed either (74 random bits); a run is shown to the browser it is bound to only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Response
from sqlalchemy.orm import Mapped, mapped_column

from flows.engine.facts import Facts, merged
from idp import interaction
from idp.clients.brand import Brand
from idp.clients.client import Client
from idp.clients.policy import Policy
from idp.database import Base, Transaction
from idp.interaction import PendingAuthorization
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.wording import Text, Translator

if TYPE_CHECKING:
    from idp.provider import Provider


class FlowRun(Base):
    """`browser` is the fingerprint of the browser cookie. `begun_with` makes a second identical first POST find the
    run of the first. `step` is the step that was entered last: `scratch` belongs to it."""

    __tablename__ = "flow_runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str]
    signature: Mapped[str]
    client_id: Mapped[str]
    request: Mapped[str] = mapped_column(default="")
    return_to: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    browser: Mapped[str]
    begun_with: Mapped[str] = mapped_column(unique=True)
    results: Mapped[dict[str, Any]] = mapped_column(default=dict)
    kept: Mapped[dict[str, Any]] = mapped_column(default=dict)
    step: Mapped[str] = mapped_column(default="")
    scratch: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notice: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ended_with: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    bound_until: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class Run:
    """What a step is given: the row, the parts of the process, the portal, and within a transaction `tx`."""

    def __init__(
        self,
        row: FlowRun,
        *,
        provider: Provider,
        client: Client,
        brand: Brand,
        translator: Translator,
        browser: str,
        session_token: str = "",
        tx: Transaction | None = None,
    ) -> None:
        self.row = row
        self.provider = provider
        self.client = client
        self.brand = brand
        self.translator = translator
        self.browser = browser
        self.session_token = session_token
        self._tx = tx
        self.on_response: list[Callable[[Response], object]] = []

    @property
    def id(self) -> str:
        """What codes are bound to and mailed links name."""
        return self.row.id

    @property
    def tx(self) -> Transaction:
        """The open transaction; reading only while a page is shown. There is none in `prepare` and `limits`."""
        if self._tx is None:
            raise RuntimeError("no transaction is open here: use `with run.reading() as tx:`")
        return self._tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A short look at the database, for `prepare` and `limits`."""
        with self.provider.database.reading() as tx:
            yield tx

    @property
    def policy(self) -> Policy:
        return self.client.policy

    @property
    def language(self) -> str:
        return self.row.language

    @property
    def results(self) -> dict[str, Any]:
        """Step name → the facts it set."""
        return self.row.results

    @property
    def facts(self) -> Facts:
        return merged(self.row.results.values())

    @property
    def scratch(self) -> dict[str, Any]:
        """What the current step remembers for itself (JSON types); empty when it becomes current.

        Assign a new dict to change it: `run.scratch = {**run.scratch, "channel": "sms"}`.
        """
        return self.row.scratch

    @scratch.setter
    def scratch(self, value: dict[str, Any]) -> None:
        self.row.scratch = value

    @cached_property
    def pending(self) -> PendingAuthorization | None:
        """The authorization request that waits for this run, if there is one."""
        return interaction.open_pending(self.tx, self.row.request) if self.row.request else None

    @cached_property
    def session(self) -> Session | None:
        """The live session of this browser at the portal's group."""
        return sessions.find(self.tx, self.session_token, self.client.sso_group) if self.session_token else None

    @property
    def return_url(self) -> str:
        """Where the person goes on afterwards: the waiting authorization, the page they came from, or the portal."""
        if self.row.request:
            return interaction.return_url(self.row.request)
        return self.row.return_to or self.client.initiate_login_uri or "/"

    def say(self, notice: Text) -> None:
        """A line on top of the next page."""
        self.row.notice = {"msgid": notice.msgid, "values": dict(notice.values)}
