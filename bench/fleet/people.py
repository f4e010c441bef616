"""People who sign in with a code from their mailbox or telephone, use their tokens, sign out, and come back.

They come in through the balancer. As browsers do, they send a POST once: nobody knows whether it was taken if no
answer comes. A portal repeats a refresh whose answer was lost.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

from bench.fleet.balancer import Balancer
from bench.fleet.ledger import Journey, Ledger
from bench.fleet.receivers import key_of, read_claims
from bench.visitor import HOPS, Forms, Target, Visitor, somewhere
from bench.wire import Answer, Wire

PATIENCE = 30.0
"""Seconds within which an answer, and a code, has to arrive."""
LOOK = 2.0  # seconds for a look at the keys of one node
WRONG_CODE = 422
AGAIN = 1.0
"""Seconds between two journeys of a person, and until a lost answer is asked for again."""
FAILURES = (AssertionError, ConnectionError, TimeoutError, json.JSONDecodeError, KeyError)


@dataclass
class WatchedWire(Wire):
    """The browser or portal of one person. Answers of 5xx, and requests without answer, go into the ledger."""

    ledger: Ledger = field(kw_only=True)

    async def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.ledger.requests += 1
        request = f"{method} {path.partition('?')[0]}"
        self.attempts = 2 if method == "GET" else 1
        if method == "POST":  # over a connection that nobody closed meanwhile
            await self.close()
        try:
            answer = await asyncio.wait_for(super()._send(method, path, headers, body), PATIENCE)
        except (OSError, TimeoutError) as error:
            await self.close()
            self.ledger.note(0, f"{request} ({type(error.__cause__ or error).__name__})")
            raise ConnectionError(f"no answer to {request}") from error
        if answer.status >= 500:
            self.ledger.note(answer.status, request, waits="retry-after" in answer.headers)
        return answer


@dataclass
class Person(Visitor):
    """A visitor whose codes arrive in a list, one after the other."""

    wire: WatchedWire
    ledger: Ledger = field(kw_only=True)
    balancer: Balancer = field(kw_only=True)
    codes: Mapping[str, Sequence[str]] = field(kw_only=True)
    reached_at: str = field(kw_only=True)
    """The key of their codes: a mail address or a number."""

    async def come_and_go(self, stop: asyncio.Event) -> None:
        """Sign in, refresh and sign out until `stop` is set; a journey that fails is begun anew, as people do."""
        while not stop.is_set():
            portal, begun = self.target.client_id, time.monotonic()
            try:
                await self._come_and_go_once()
                self.ledger.journeys.append(Journey(portal, begun))
            except FAILURES as error:
                self.ledger.give_up(Journey(portal, begun, str(error)[:160] or type(error).__name__), self.target.user)
            await asyncio.sleep(AGAIN)

    async def _come_and_go_once(self) -> None:
        await self.sign_in()
        self.ledger.signed_in[self.target.user] += 1
        await self._know_the_key()
        await self.userinfo()
        await self.introspection()
        for _ in range(2):
            await self._refresh()
            await self.userinfo()
        await self._sign_out()

    async def userinfo(self) -> None:
        """Use the access token, which any node has to know."""
        bearer = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        self._good(await self.wire.get(self.target.path("userinfo_endpoint"), bearer), "userinfo")

    async def introspection(self) -> None:
        """Ask about the access token, which is active."""
        path = self.target.path("introspection_endpoint")
        answer = await self.wire.post(path, {"token": self.tokens["access_token"]}, self.target.credentials)
        self._good(answer, "introspection")
        if json.loads(answer.body)["active"] is not True:
            self.ledger.rejected["introspection says inactive"] += 1

    async def _refresh(self) -> None:
        """Refresh; the same token once more where no answer came."""
        token = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        try:
            await self._renew(token)
        except ConnectionError:
            await asyncio.sleep(AGAIN)
            await self._renew(token)
            self.ledger.refreshed_again += 1
        self.ledger.refreshed += 1

    async def _token(self, form: dict[str, str]) -> dict[str, object]:
        answer = await self.wire.post(self.target.path("token_endpoint"), form, self.target.credentials)
        self._good(answer, form["grant_type"])
        found: dict[str, object] = json.loads(answer.body)
        return found

    def _good(self, answer: Answer, what: str) -> None:
        """Note a refusal; an answer of 5xx stands in the ledger already."""
        if 400 <= answer.status < 500:
            self.ledger.rejected[f"{what}: {answer.status} {answer.body[:120].decode(errors='replace')}"] += 1
        assert answer.status == 200, f"{what}: {answer.status}"

    async def _sign_out(self) -> None:
        sid = str(read_claims(self.tokens["id_token"])["sid"])
        asked = urlencode({"id_token_hint": self.tokens["id_token"], "client_id": self.target.client_id})
        answer = await self.wire.get(f"{self.target.path('end_session_endpoint')}?{asked}")
        assert answer.status == 303, f"sign-out: {answer.status}"
        self.ledger.signed_out.add(sid)

    async def _know_the_key(self) -> None:
        """Look at the keys of every node that serves: each publishes the key of this ID token."""
        kid = key_of(self.tokens["id_token"])
        for node in self.balancer.serving():
            wire = Wire(f"http://127.0.0.1:{node.port}")
            try:
                answer = await asyncio.wait_for(wire.get(self.target.path("jwks_uri")), LOOK)
            except (OSError, TimeoutError):
                continue
            finally:
                await wire.close()
            if answer.status == 200 and kid not in {key["kid"] for key in json.loads(answer.body)["keys"]}:
                self.ledger.unknown_keys += 1

    async def follow(self, path: str, *, fill: bool = True) -> str:  # noqa: ARG002
        """Go as a visitor does, and type the code that arrived where a page asks for one."""
        had = len(self.codes.get(self.reached_at, ()))
        answer = await self.wire.get(path)
        for _ in range(HOPS):
            if answer.status in {302, 303}:
                if answer.location.startswith(self.target.redirect_uri):
                    return answer.location
                path = _relative(urljoin(path, answer.location))
                answer = await self.wire.get(path)
                continue
            form = CodeForms(answer.body.decode())
            fields = form.filled(self.target)
            asked = "code" in fields  # again, where an older code was typed that came late
            assert answer.status == 200 or (asked and answer.status == WRONG_CODE), f"{answer.status} at {_page(path)}"
            if asked:
                fields["code"] = await self._code(had)
                had += 1
            path = _relative(urljoin(path, form.action or path))
            answer = await self.wire.post(path, fields)
        raise AssertionError(f"still at {_page(path)} after {HOPS} hops")

    async def _code(self, had: int) -> str:
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            arrived = self.codes.get(self.reached_at, ())
            if len(arrived) > had:
                self.ledger.waits.append(time.monotonic() - begin)
                return arrived[had]
            await asyncio.sleep(0.05)
        raise AssertionError("no code arrived")


class CodeForms(Forms):
    """The forms of a page; the one that asks for a code comes before others."""

    def __init__(self, page: str) -> None:
        super().__init__(page)
        asking = [form for form in self._forms if "code" in form[1]]
        if asking:
            self.action, self.fields = asking[0]


def person(
    target: Target, balancer: Balancer, ledger: Ledger, codes: Mapping[str, Sequence[str]], reached_at: str
) -> Person:
    """Return a person who comes in through the balancer."""
    wire = WatchedWire(f"http://127.0.0.1:{balancer.port}", client=somewhere(), ledger=ledger)
    return Person(target, wire, ledger=ledger, balancer=balancer, codes=codes, reached_at=reached_at)


def _relative(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _page(path: str) -> str:
    """Return the first word of a path: the rest names one run."""
    return "/" + path.lstrip("/").partition("/")[0].partition("?")[0]
