"""What was sent, as its receiver sees it. Asking runs the worker in this thread, so nothing has to be waited for."""

import re
from dataclasses import dataclass

import pytest

from idp.codes import service as codes
from idp.messages import transports
from idp.messages.delivery import Parcel, stateless
from idp.messages.worker import Worker
from idp.provider import Provider

SPOKEN_CODE = re.compile(r"\b[A-HJ-NP-Z]{4} [A-HJ-NP-Z]{4}\b(?! [A-Z0-9]{4})")
LINK_CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4}\b")
DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")
NAMED_CODE = re.compile(r"\b(?:code|Code|codice) ([2-9A-HJ-NP-Za-km-z]{5})\b")
"""The code of mixed case in the text message about a forgotten password."""
LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Received:
    """A mail (`email`) or SMS (`sms`)."""

    id: str
    channel: str
    to: str
    subject: str
    text: str
    html: str

    @property
    def code(self) -> str:
        """The one-time code in it, as a person reads it."""
        found = self._code()
        assert found, f"no code in: {self.text}"
        return found.group(found.lastindex or 0)

    @property
    def has_code(self) -> bool:
        return self._code() is not None

    def _code(self) -> re.Match[str] | None:
        patterns = (LINK_CODE, SPOKEN_CODE, DIGITS, NAMED_CODE)
        return next(filter(None, (pattern.search(self.text) for pattern in patterns)), None)

    @property
    def link(self) -> str:
        """The first address in it."""
        found = LINK.search(self.text)
        assert found, f"no link in: {self.text}"
        return found.group()


class Mailbox:
    """Everybody's mails and SMS. Calls of other kinds (`backchannel_logout`) are kept in `calls`."""

    def __init__(self, provider: Provider, *kinds: str) -> None:
        self.calls: list[Parcel] = []
        kept = {kind: stateless(self.calls.append) for kind in kinds}
        self._inbox = transports.inbox(provider.settings)
        settings, clock = provider.settings, provider.clock
        sending = transports.deliveries(settings, clock, provider.composer, provider.outbound, {})
        deliveries = {**sending, **kept}
        self._worker = Worker(settings.outbox, clock, provider.database, deliveries, codes.undelivered)

    def deliver(self) -> int:
        """Run the worker over what is due; how many messages were tried."""
        return self._worker.run_once()

    def sent(self, to: str = "", channel: str = "") -> list[Received]:
        """The messages of one receiver (or of all), in the order in which they were written.

        Not in that of their delivery: lanes have priorities, and of messages that are due at once any goes first.
        """
        self.deliver()
        return [
            Received(each.id, each.channel, each.to, each.subject, each.text, each.html)
            for each in sorted(self._inbox.newest(10_000), key=lambda each: each.id)  # UUIDv7 of the outbox
            if to in ("", each.to) and channel in ("", each.channel)
        ]

    def last(self, to: str = "", channel: str = "") -> Received:
        """The newest message of one receiver (or of all)."""
        sent = self.sent(to, channel)
        assert sent, f"nothing was sent to {to or 'anybody'}"
        return sent[-1]


@pytest.fixture
def mailbox(provider: Provider) -> Mailbox:
    return Mailbox(provider)
