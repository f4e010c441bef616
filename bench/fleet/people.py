"""People who sign in with a code from their mailbox, refresh their tokens, and come back, through a balancer.

The balancer is the one of docs/operations.md: it asks `/readyz` every second, and hands a request that nobody took to
the next node. A POST that was sent is not repeated.
"""

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from bench.fleet.mail import Post
from bench.fleet.processes import Node
from bench.visitor import HOPS, Forms, Target, Visitor, somewhere
from bench.wire import Answer, Wire

LOOK = 1.0  # seconds
FALL = 2
PATIENCE = 30.0
"""Seconds within which a code has to arrive."""


@dataclass
class Ledger:
    """What the people were told, to be compared with what is stored."""

    requests: int = 0
    failed: list["Failure"] = field(default_factory=list)
    journeys: list["Journey"] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Seconds until each code arrived."""
    signed_in: Counter[str] = field(default_factory=Counter)
    refreshed: int = 0
    unknown_keys: int = 0
    """Looks at a node that did not publish the key of a token."""


@dataclass(frozen=True)
class Failure:
    """A request that got an answer of 5xx, or none (0), from every node it could be handed to."""

    at: float
    status: int
    request: str


@dataclass(frozen=True)
class Journey:
    """From the first page to refreshed tokens; `fault` says why it was given up."""

    begun: float
    fault: str = ""


class Balancer:
    """The nodes that are ready, in turn."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._bad: Counter[int] = Counter()
        self._turn = 0

    async def watch(self) -> None:
        while True:
            for node in list(self.nodes):
                ready = await asyncio.to_thread(node.ready)
                self._bad[node.port] = 0 if ready else self._bad[node.port] + 1
            await asyncio.sleep(LOOK)

    def choose(self, but: set[int]) -> int:
        """Return the port of the next node that takes requests; 0 if there is none."""
        every = [node.port for node in self.nodes if node.port not in but]
        good = [port for port in every if self._bad[port] < FALL] or every
        self._turn += 1
        return good[self._turn % len(good)] if good else 0


@dataclass
class BalancedWire(Wire):
    """The browser of one person at the balancer. Answers of 5xx and requests without answer go into the ledger."""

    balancer: Balancer = field(default_factory=Balancer)
    ledger: Ledger = field(default_factory=Ledger)
    _wires: dict[int, Wire] = field(default_factory=dict)

    async def _send(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        self.ledger.requests += 1
        tried: set[int] = set()
        while port := self.balancer.choose(tried):
            wire = self._wires.setdefault(port, Wire(f"http://127.0.0.1:{port}", self.cookies))
            wire.client = self.client
            if method == "POST":  # sent once, over a connection that nobody closed meanwhile
                await wire.close()
                wire.attempts = 1
            try:
                answer = await asyncio.wait_for(wire._send(method, path, headers, body), PATIENCE)
            except (OSError, TimeoutError) as error:
                await wire.close()
                tried.add(port)
                if method == "POST" and not isinstance(error.__cause__, ConnectionRefusedError):
                    break  # it may have been taken: a balancer does not repeat it
                continue
            finally:
                wire.attempts = 2
            if answer.status >= 500:
                self._failed(answer.status, method, path)
            return answer
        self._failed(0, method, path)
        raise ConnectionError(f"nobody answers {path.partition('?')[0]}")

    async def everywhere(self, path: str) -> list[Answer]:
        """Ask every node that this browser met; those that do not answer are left out."""
        answers = []
        for wire in self._wires.values():
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                answers.append(await asyncio.wait_for(wire.get(path), LOOK))
        return answers

    def _failed(self, status: int, method: str, path: str) -> None:
        self.ledger.failed.append(Failure(time.monotonic(), status, f"{method} {path.partition('?')[0]}"))


@dataclass
class Person(Visitor):
    """A visitor with a mailbox."""

    wire: "BalancedWire"
    post: Post = field(default_factory=Post)
    ledger: Ledger = field(default_factory=Ledger)

    async def come_and_go(self, stop: asyncio.Event) -> None:
        """Sign in and refresh until `stop` is set; a journey that fails is begun anew, as people do."""
        while not stop.is_set():
            begun = time.monotonic()
            try:
                await self.sign_in()
                await self._know_the_key()
                self.ledger.signed_in[self.target.user] += 1
                for _ in range(2):
                    await self.refresh()
                    self.ledger.refreshed += 1
                self.ledger.journeys.append(Journey(begun))
            except (AssertionError, ConnectionError, TimeoutError, json.JSONDecodeError) as error:
                self.ledger.journeys.append(Journey(begun, str(error)[:120] or type(error).__name__))
                await asyncio.sleep(0.5)

    async def _know_the_key(self) -> None:
        """Every node that answers publishes the key of the ID token."""
        header = self.tokens["id_token"].partition(".")[0]
        kid = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
        for answer in await self.wire.everywhere(self.target.path("jwks_uri")):
            if answer.status == 200 and kid not in {key["kid"] for key in json.loads(answer.body)["keys"]}:
                self.ledger.unknown_keys += 1

    async def follow(self, path: str, *, fill: bool = True) -> str:  # noqa: ARG002
        """As its parent does, and type the code of the mail where a page asks for one."""
        had = len(self.post.codes.get(self.target.user, []))
        answer = await self.wire.get(path)
        for _ in range(HOPS):
            if answer.status in {302, 303}:
                if answer.location.startswith(self.target.redirect_uri):
                    return answer.location
                path = _relative(urljoin(path, answer.location))
                answer = await self.wire.get(path)
                continue
            assert answer.status == 200, f"{answer.status} at {path.partition('?')[0]}"
            form = CodeForms(answer.body.decode())
            fields = form.filled(self.target)
            if "code" in fields:
                fields["code"] = await self._code(had)
                had += 1
            path = _relative(urljoin(path, form.action or path))
            answer = await self.wire.post(path, fields)
        raise AssertionError(f"still at {path.partition('?')[0]} after {HOPS} hops")

    async def _code(self, had: int) -> str:
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            codes = self.post.codes.get(self.target.user, [])
            if len(codes) > had:
                self.ledger.waits.append(time.monotonic() - begin)
                return codes[-1]
            await asyncio.sleep(0.05)
        raise AssertionError("no code arrived")


class CodeForms(Forms):
    """The form that asks for a code comes before others."""

    def __init__(self, page: str) -> None:
        super().__init__(page)
        asking = [form for form in self._forms if "code" in form[1]]
        if asking:
            self.action, self.fields = asking[0]


def people(targets: list[Target], balancer: Balancer, post: Post, ledger: Ledger) -> list[Person]:
    return [
        Person(target, BalancedWire("", client=somewhere(), balancer=balancer, ledger=ledger), post=post, ledger=ledger)
        for target in targets
    ]


def _relative(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
