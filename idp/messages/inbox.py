"""The inbox of development and tests: what would have been sent, to read in the browser or by a program.

It keeps a store of its own, beside the database, and is shown to this machine only: over loopback, not through a
proxy, and under the host names of this machine, so that no other site can read it through a browser (DNS rebinding).
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, render_template, request

from idp.clock import Clock
from idp.embedded import prepare_file
from idp.messages import recipient
from idp.messages.composer import Composer, Composition
from idp.messages.delivery import Parcel, Undeliverable

SHOWN = 200
LISTED = 20
"""The page is short: the newest, or the newest of one person. Programs read `SHOWN`."""
CODE = re.compile(
    r"(?<![\w-])(?:\d{6}|[A-Z0-9]{4}[ \u00a0][A-Z0-9]{4}(?:[ \u00a0][A-Z0-9]{4})?"
    r"|(?:(?<=[Cc]ode )|(?<=codice ))[2-9A-HJ-NP-Za-km-z]{5}(?=[.] | [(]))(?![\w-])"
)
"""Codes are digits, or groups; the one of mixed case about a forgotten password follows its name."""
LINK = re.compile(r"https?://[^\s<>]+")
REFRESH_SECONDS = 5
LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOCAL_HOSTS = LOOPBACK | {"localhost"}
FORWARDED_BY_STRANGER = "idp.forwarded_by_stranger"
"""Set around the application (`idp.web.proxies`) when someone who is no trusted proxy forwards a request."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, channel TEXT, "to" TEXT,
    subject TEXT, text TEXT, html TEXT, sent_at TEXT
)
"""
POLICY_OF_LIST = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; frame-ancestors 'none'"
NEWEST = """
SELECT id, channel, "to", subject, text, html, sent_at FROM messages
WHERE :to IN ('', "to") ORDER BY number DESC LIMIT :count
"""
ADD = "INSERT OR IGNORE INTO messages VALUES (NULL, :id, :channel, :to, :subject, :text, :html, :sent_at)"


@dataclass(frozen=True)
class InboxMessage:
    """One message; `sent_at` in ISO 8601."""

    id: str
    channel: str
    to: str
    subject: str
    text: str
    html: str
    sent_at: str

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.sent_at)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in the text, each once."""
        return tuple(dict.fromkeys(CODE.findall(self.text)))

    @property
    def links(self) -> tuple[str, ...]:
        """The addresses in the text, each once."""
        return tuple(dict.fromkeys(LINK.findall(self.text)))


class Inbox:
    """A file of messages. A message that is delivered twice is kept once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, message: InboxMessage) -> None:
        with self._opened() as connection:
            connection.execute(ADD, asdict(message))

    def newest(self, count: int = SHOWN, to: str = "") -> list[InboxMessage]:
        """Return the newest messages first; those of one receiver, if named."""
        with self._opened() as connection:
            return [InboxMessage(*row) for row in connection.execute(NEWEST, {"to": to, "count": count})]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        prepare_file(self._path)
        with closing(sqlite3.connect(self._path, timeout=5)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")  # nobody needs these messages after a power cut
            connection.execute(SCHEMA)
            yield connection


class InboxDelivery:
    """Puts `email` and `sms` parcels into an inbox, refusing what the real channels would refuse."""

    def __init__(self, inbox: Inbox, composer: Composer, clock: Clock) -> None:
        self._inbox = inbox
        self._composer = composer
        self._clock = clock

    def deliver(self, parcel: Parcel) -> None:
        to = parcel.message.to
        if not recipient.is_deliverable(parcel.kind, to):
            raise Undeliverable(f"not a recipient of {parcel.kind}")
        subject, text, html = self._rendered(parcel)
        self._inbox.add(InboxMessage(parcel.id, parcel.kind, to, subject, text, html, self._clock.now().isoformat()))

    def _rendered(self, parcel: Parcel) -> tuple[str, str, str]:
        if parcel.kind == "sms":
            return "", self._composer.sms(Composition.of(parcel)), ""
        mail = self._composer.mail(Composition.of(parcel))
        return mail.subject, mail.text, mail.html


def blueprint(inbox: Inbox, zone: tzinfo) -> Blueprint:
    """`/_inbox` for people, `/_inbox.json` for programs, `/_inbox/<id>` the HTML of one mail."""
    pages = Blueprint("inbox", __name__)

    @pages.before_request
    def only_this_machine() -> None:
        if not _is_local():
            abort(404)

    @pages.get("/_inbox")
    def listed() -> Response:
        to = request.args.get("to", "")
        receivers = dict.fromkeys(message.to for message in inbox.newest())
        messages = inbox.newest(LISTED, to)
        page = render_template("pages/inbox.html", messages=messages, receivers=receivers, to=to, zone=zone)
        response = Response(page, mimetype="text/html", headers={"Refresh": str(REFRESH_SECONDS)})
        response.headers["Content-Security-Policy"] = POLICY_OF_LIST
        return response

    @pages.get("/_inbox.json")
    def as_json() -> Response:
        return jsonify([asdict(message) for message in inbox.newest()])

    @pages.get("/_inbox/<message_id>")
    def html_of(message_id: str) -> Response:
        found = next((message for message in inbox.newest() if message.id == message_id and message.html), None)
        if found is None:
            abort(404)
        response = Response(found.html, mimetype="text/html")
        # Mails carry their style in the elements; nothing else of them is run or loaded.
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return response

    return pages


def _is_local() -> bool:
    host = urlsplit(f"//{request.host}").hostname
    forwarded = FORWARDED_BY_STRANGER in request.environ
    return host in LOCAL_HOSTS and request.remote_addr in LOOPBACK and not forwarded
