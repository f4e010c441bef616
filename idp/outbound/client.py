"""`Outbound`: the recipients that may be called now, by how many threads, and the effect of a failure on the next call.

A slow recipient harms itself only: outgoing calls hold half of the threads of a process at most, one recipient a part
of that, and a recipient that fails is left alone for a while. Requests do not wait for a free place: they get 503.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Condition
from urllib.parse import urlencode

import structlog

from idp.clock import Clock
from idp.outbound.breaker import BreakerRules, Breakers
from idp.outbound.exchange import OutboundFailed, OutboundRequest, OutboundResponse, exchange, host_of

TIME_LIMIT = 5.0
LARGEST = 256 * 1024
PORTAL = BreakerRules(tolerated=3, pause=timedelta(seconds=15), longest=timedelta(minutes=2))
BUSY = 1
"""Seconds after which a place may be free."""

log = structlog.get_logger()


class OutboundBusy(OutboundFailed):
    """Nobody was called: no place is free, or the recipient has failed; again after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The recipient and purpose of a call.

    `name` is what counts as one recipient for the number of calls at once: a client id, or the name of a gateway or
    directory. `at_once` 0: the share that every client has. `circuit` None: someone else keeps the circuit.
    """

    name: str
    purpose: str
    allow_private: bool = False
    at_once: int = 0
    time_limit: float = TIME_LIMIT
    largest: int = LARGEST
    circuit: BreakerRules | None = PORTAL


class Outbound:
    """`at_once` calls at most in this process, half of them to one client; `patience`: seconds to wait for a place."""

    def __init__(self, clock: Clock, *, at_once: int, patience: float = 0) -> None:
        self._at_once = at_once
        self._share = max(1, at_once // 2)
        self._patience = patience
        self._places = Condition()
        self._calls: Counter[str] = Counter()
        self._breakers = Breakers(clock)

    def fetch(self, url: str, recipient: Recipient, *, accept: str = "application/json") -> bytes:
        """Return the body found at `url`. Raises `OutboundFailed`, also for any status but 200."""
        answer = self.send(OutboundRequest(url, headers={"Accept": accept}), recipient)
        if answer.status != HTTPStatus.OK:
            raise OutboundFailed(f"answered {answer.status}")
        return answer.body

    def post_form(self, url: str, fields: dict[str, str], recipient: Recipient) -> OutboundResponse:
        """Post a form and return whatever was answered. Raises `OutboundFailed` when nothing was."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send(OutboundRequest(url, "POST", headers, urlencode(fields).encode()), recipient)

    def send(self, request: OutboundRequest, recipient: Recipient) -> OutboundResponse:
        """Send any request and return whatever was answered. Raises `OutboundFailed`, or `OutboundBusy` at once."""
        key = (recipient.name, recipient.purpose, host_of(request.url))
        try:
            with self._place(recipient):
                self._refuse_open(key, recipient)
                return self._judged(key, request, recipient)
        except OutboundBusy as busy:
            log.info("outbound_call_not_made", client=recipient.name, kind=recipient.purpose, reason=str(busy))
            raise
        except OutboundFailed as failure:
            self._tell(recipient, str(failure))
            raise

    def _judged(self, key: object, request: OutboundRequest, recipient: Recipient) -> OutboundResponse:
        """Do it, and let the circuit know: silence, 429 and 5xx are failures of the recipient."""
        began = self._breakers.now()
        try:
            answer = exchange(
                request,
                allow_private=recipient.allow_private,
                time_limit=recipient.time_limit,
                largest=recipient.largest,
            )
        except OutboundFailed:
            self._failed(key, recipient, began)
            raise
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._failed(key, recipient, began)
        else:
            self._breakers.succeeded(key)
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            self._tell(recipient, f"answered {answer.status}")
        return answer

    @contextmanager
    def _place(self, recipient: Recipient) -> Iterator[None]:
        allowed = recipient.at_once or self._share

        def is_free() -> bool:
            return self._calls.total() < self._at_once and self._calls[recipient.name] < allowed

        with self._places:
            if not self._places.wait_for(is_free, self._patience):
                raise OutboundBusy("as many calls as allowed are under way", BUSY)
            self._calls[recipient.name] += 1
        try:
            yield
        finally:
            with self._places:
                self._calls[recipient.name] -= 1
                self._calls += Counter()  # names without a call go
                self._places.notify_all()

    def _refuse_open(self, key: object, recipient: Recipient) -> None:
        if recipient.circuit and (wait := self._breakers.seconds_to_wait(key, recipient.circuit)):
            raise OutboundBusy("it failed before and is left alone", wait)

    def _failed(self, key: object, recipient: Recipient, began: datetime) -> None:
        if recipient.circuit:
            self._breakers.failed(key, recipient.circuit, began=began)

    def _tell(self, recipient: Recipient, reason: str) -> None:
        log.warning("outbound_call_failed", client=recipient.name, kind=recipient.purpose, reason=reason)
