"""The mail server of an experiment: it takes every message, answers as it is told to, or is away."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8 as SMTP_POLICY
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.peers.server import free_port
from tests.messages.mail_server import MailServer

CODE = re.compile(r"(?<!\d)(\d{3})\s?(\d{3})(?!\d)")
HANGS = "hangs"


@dataclass
class Post(MailServer):
    """What arrived, by the id of its row in the outbox; `codes` by address, in the order of their arrival."""

    received: Counter[str] = field(default_factory=Counter)
    codes: dict[str, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Rows whose mail was refused for good."""
    answer: str = ""
    """The answer to every message, such as `451 4.3.0 busy`; `HANGS` never answers; empty: it is taken."""
    _lock: Lock = field(default_factory=Lock)
    _controller: Controller | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.port = free_port()

    def open(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Be away: connections are refused."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
        self._controller = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer == HANGS:
            await asyncio.sleep(3600)
        if self.answer:
            if self.answer.startswith("5"):
                self.refused.add(_row(message_from_bytes(envelope.content or b"", policy=SMTP_POLICY)))
            return self.answer
        answer = await super().handle_DATA(server, session, envelope)
        self._keep(self.messages.pop())
        return answer

    def _keep(self, message: EmailMessage) -> None:
        with self._lock:
            self.received[_row(message)] += 1
            if found := CODE.search(str(message["Subject"])):
                self.codes.setdefault(str(message["To"]), []).append(found[1] + found[2])


def _row(message: EmailMessage) -> str:
    """Return the id of the row in the outbox."""
    return str(message["Message-ID"]).strip("<>").partition("@")[0]


@contextmanager
def running() -> Iterator[Post]:
    """Serve until the block ends."""
    post = Post()
    post.open()
    try:
        yield post
    finally:
        post.close()
