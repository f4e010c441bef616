"""What is written while the primary is lost, and how it is looked for afterwards: pushed requests and new accounts.

The people of `bench.fleet` sign in, refresh and sign out besides; `bench.fleet.reconciling` compares their ledger.
"""

import logging
import time
from base64 import b64encode
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock
from urllib.parse import urlencode

import flows
from bench import served
from bench.fleet.installation import REDIRECT
from idp.app import create_app
from idp.database import Database, DatabaseUnavailable
from idp.people import accounts, emails
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.settings_loader import load_settings

PAUSE = 0.1
CLIENT = "mails"
FORM = {
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "scope": "openid",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
HEADERS = {
    "Authorization": "Basic " + b64encode(f"{CLIENT}:{served.SECRET}".encode()).decode(),
}


@dataclass(frozen=True)
class Answered:
    """An answer, or none: `status` 0. `reference` is what was acknowledged."""

    at: float
    status: int
    retry_after: str
    reference: str

    @property
    def is_allowed(self) -> bool:
        """Return whether clients may see this: it worked, or they are told to try again."""
        return self.status == 201 or (self.status == 503 and bool(self.retry_after))


def call(
    port: int, method: str, path: str, form: dict[str, str] | None = None, headers: dict[str, str] = HEADERS
) -> tuple[int, dict[str, str], bytes]:
    """Send one request on a connection of its own; status 0 where nothing is answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request(method, path, urlencode(form) if form else None, kind | headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except (OSError, HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def push(port: int, stop: Event, ledger: list[Answered], lock: Lock) -> None:
    """Push requests until asked to stop, and note every answer."""
    while not stop.is_set():
        status, headers, body = call(port, "POST", "/par", FORM)
        reference = body.decode().partition('"request_uri":"')[2].partition('"')[0] if status == 201 else ""
        with lock:
            ledger.append(Answered(time.monotonic(), status, headers.get("Retry-After", ""), reference))
        stop.wait(PAUSE)


def is_known(port: int, reference: str) -> bool:
    """Return whether a pushed request leads to the login page: an unknown one leads to an error."""
    query = urlencode({"client_id": CLIENT, "request_uri": reference})
    status, headers, _ = call(port, "GET", f"/authorize?{query}", headers={})
    return status in (302, 303) and "/login" in headers.get("Location", "")


class NewAccounts:
    """Makes accounts, one after the other, in this process, which reaches the database as every node does."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.database: Database = create_app(load_settings(variables), flows=flows.ALL).extensions["provider"].database
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # the mail server of the experiment, in this process
        self.made: list[str] = []
        """The addresses of those whose commit was answered."""
        self.refused = 0

    def make(self, stop: Event) -> None:
        """Make accounts until asked to stop."""
        number = 0
        while not stop.is_set():
            number += 1
            try:
                self._make_one(f"new{number}@example.ch")
                self.made.append(f"new{number}@example.ch")
            except DatabaseUnavailable:
                self.refused += 1
            stop.wait(PAUSE)

    def _make_one(self, address: str) -> None:
        with self.database.transaction() as tx:
            new = NewPerson(email=_email(address), given_name="N", family_name="Ew", language="fr")
            accounts.create(tx, new, reason="rehearsal")

    def lost(self) -> list[str]:
        """Return the addresses of accounts that were acknowledged and are gone."""
        with self.database.reading() as tx:
            return [address for address in self.made if not emails.owner(tx, _email(address))]

    def close(self) -> None:
        self.database.dispose()


def _email(address: str) -> Email:
    email = normalise_email(address)
    assert isinstance(email, Email)
    return email
