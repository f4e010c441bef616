"""Looks at signing keys: whether every node publishes the key that a token was signed with."""

import json
import time
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench.fleet.fleet import Fleet
from bench.fleet.receivers import key_of

PATIENCE = 2  # seconds
WATCHED = 12.0  # seconds
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def watch(fleet: Fleet) -> None:
    """Look all the time while every process looks twice at the keys, and note what it does not publish."""
    until = time.monotonic() + WATCHED
    while time.monotonic() < until:
        fleet.ledger.unknown_keys += unknown(fleet)


def unknown(fleet: Fleet) -> int:
    """Get a token of each node that serves, and return how many times one of them does not publish its key."""
    target, serving = fleet.people[0].target, fleet.balancer.serving()
    asked = urlencode({"grant_type": "client_credentials", "scope": target.machine_scope})
    headers = {**target.credentials, **FORM, "X-Forwarded-Proto": "https"}
    answers = [_ask(node.port, "POST", target.path("token_endpoint"), asked, headers) for node in serving]
    kids = {key_of(json.loads(answer)["access_token"]) for answer in answers if answer}
    sets = [keys for node in serving if (keys := _ask(node.port, "GET", target.path("jwks_uri")))]
    return sum(len(kids - {key["kid"] for key in json.loads(keys)["keys"]}) for keys in sets)


def _ask(port: int, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> bytes:
    """Return what is answered; nothing where it is not a success."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        read = answer.read()
        return read if answer.status == 200 else b""
    except OSError:
        return b""
    finally:
        connection.close()
