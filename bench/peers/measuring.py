"""One operation at one server: rate, latency, and the processor time of its processes and of its database."""

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import load
from bench.peers import wrk
from bench.peers.server import Server
from bench.visitor import Target, Visitor, somewhere
from bench.wire import Wire

BY_WRK = ("discovery", "jwks", "client_credentials", "userinfo", "introspection", "refresh")
BY_VISITORS = ("code", "login_page", "sign_in")
OPERATIONS = BY_WRK + BY_VISITORS
HEADERS = {"X-Forwarded-Proto": "https", "Accept": "*/*", "User-Agent": "bench"}


@dataclass(frozen=True)
class Sample:
    """Operations a second, processor microseconds of an operation, milliseconds."""

    rate: float
    cpu_us: float
    database_us: float
    p50_ms: float
    p99_ms: float


def measure(
    server: Server, operation: str, seconds: float, folder: Path, visitors_at_once: int = wrk.CONNECTIONS
) -> Sample:
    """Put load on the server for some seconds. Raises AssertionError for a wrong answer."""
    targets = server.targets()[: wrk.CONNECTIONS]
    before: list[float] = []

    def begin() -> None:
        before.extend((load.processor_time(server.pid), load.processor_time(server.database)))

    if operation in BY_VISITORS:
        visitors = [Visitor(target, Wire(server.issuer, client=somewhere())) for target in targets[:visitors_at_once]]
        times, took = asyncio.run(load.visit(visitors, operation, seconds, begin))
        percentiles = statistics.quantiles([0.0, 0.0, *times] if len(times) < 2 else times, n=100)
        done = wrk.Load(len(times), took, percentiles[49] * 1000, percentiles[98] * 1000)
    else:
        tokens = asyncio.run(_tokens(server, targets)) if operation in load.WITH_TOKENS else []
        done = _by_wrk(server, operation, tokens, seconds, folder, begin)
    used, database = load.processor_time(server.pid) - before[0], load.processor_time(server.database) - before[1]
    each = 1e6 / max(1, done.operations)
    return Sample(done.operations / done.seconds, used * each, database * each, done.p50, done.p99)


async def _tokens(server: Server, targets: list[Target]) -> list[dict[str, str]]:
    """Sign everybody in."""
    visitors = [Visitor(target, Wire(server.issuer, client=somewhere())) for target in targets]
    for visitor in visitors:
        await visitor.sign_in()
        await visitor.introspection()
        await visitor.wire.close()
    return [visitor.tokens for visitor in visitors]


def _by_wrk(
    server: Server,
    operation: str,
    tokens: list[dict[str, str]],
    seconds: float,
    folder: Path,
    begin: Callable[[], None],
) -> wrk.Load:
    target = server.targets()[0]
    headers = {**HEADERS, "X-Forwarded-For": somewhere()}
    token_path = target.path("token_endpoint")
    if operation == "refresh":
        head = wrk.request(server.issuer, token_path, {**headers, **target.credentials}, {"x": ""})
        begin()
        return wrk.refresh(
            server.issuer,
            head.partition("Content-Length")[0],
            [each["refresh_token"] for each in tokens],
            seconds,
            folder,
        )
    requests = REQUESTS[operation](server, target, headers, tokens)
    begin()
    return wrk.repeat(server.issuer, requests, seconds, folder)


Headers = dict[str, str]
Tokens = list[dict[str, str]]


def _discovery(server: Server, target: Target, headers: Headers, _tokens: Tokens) -> list[str]:
    return [wrk.request(server.issuer, target.discovery, headers)]


def _jwks(server: Server, target: Target, headers: Headers, _tokens: Tokens) -> list[str]:
    return [wrk.request(server.issuer, target.path("jwks_uri"), headers)]


def _client_credentials(server: Server, target: Target, headers: Headers, _tokens: Tokens) -> list[str]:
    form = {"grant_type": "client_credentials", "scope": target.machine_scope}
    return [wrk.request(server.issuer, target.path("token_endpoint"), {**headers, **target.credentials}, form)]


def _userinfo(server: Server, target: Target, headers: Headers, tokens: Tokens) -> list[str]:
    path = target.path("userinfo_endpoint")
    bearers = [{**headers, "Authorization": f"Bearer {each['access_token']}"} for each in tokens]
    return [wrk.request(server.issuer, path, bearer) for bearer in bearers]


def _introspection(server: Server, target: Target, headers: Headers, tokens: Tokens) -> list[str]:
    path = target.path("introspection_endpoint")
    forms = [{"token": each["access_token"]} for each in tokens]
    return [wrk.request(server.issuer, path, {**headers, **target.credentials}, form) for form in forms]


REQUESTS: dict[str, Callable[[Server, Target, Headers, Tokens], list[str]]] = {
    "discovery": _discovery,
    "jwks": _jwks,
    "client_credentials": _client_credentials,
    "userinfo": _userinfo,
    "introspection": _introspection,
}
