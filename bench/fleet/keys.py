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
    """Get a token, and return how many of the nodes that serve do not publish its key."""
    target = fleet.people[0].target
    asked = urlencode({"grant_type": "client_credentials", "scope": target.machine_scope})
    path = target.path("token_endpoint")
    answer = _ask(fleet.balancer.port, "POST", path, asked, {**target.credentials, **FORM})
    token = json.loads(answer)["access_token"] if answer else ""
    kid = key_of(token) if token else ""
    looks = [_ask(node.port, "GET", target.path("jwks_uri")) for node in fleet.balancer.serving()]
    return sum(1 for keys in looks if kid and keys and kid not in {key["kid"] for key in json.loads(keys)["keys"]})


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
