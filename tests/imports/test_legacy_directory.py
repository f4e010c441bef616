"""A former directory that is asked over HTTP: signed, bounded, behind a breaker, and then like any other source."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import msgspec
import pytest

from idp.clients.client import Client
from idp.database import Database
from idp.imports.directory_call import DirectoryCalls, DirectoryUnavailable
from idp.imports.legacy_directory import LegacyDirectories
from idp.outbound.client import Outbound
from idp.people import legacy, lookup
from idp.people.legacy import LegacyAccount
from idp.provider import Provider
from idp.settings import LegacyDirectory, SettingsError
from tests.imports.conftest import SETTINGS
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.people import person

SECRET = "a secret of at least thirty-two bytes"
IDENTIFIER, PASSWORD = "CVCI00000001", "Sommer-2019"
OK = {"result": "ok", "known": {"given_name": "Anne", "email": "anne@example.ch", "phone": "nonsense", "more": 1}}


@dataclass
class Directory:
    """The other side: answers what `answer` says, keeps what it was asked, waits while `gate` is closed."""

    answer: Any = field(default_factory=lambda: OK)
    status: int = 200
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    gate: Event = field(default_factory=Event)
    pieces: int = 1_000_000
    after_each: Callable[[], None] = lambda: None
    url: str = ""


@pytest.fixture
def directory() -> Iterator[Directory]:
    there = Directory()
    there.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.asked.append((dict(self.headers), body))
            there.gate.wait(10)
            raw = there.answer if isinstance(there.answer, bytes) else json.dumps(there.answer).encode()
            self.send_response(there.status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            for start in range(0, len(raw), there.pieces):
                self.wfile.write(raw[start : start + there.pieces])
                there.after_each()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # every connection is closed when the test is over

        def handle_error(self, *_: object) -> None:
            """A caller that hung up is what some of these tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        there.url = f"http://127.0.0.1:{server.server_address[1]}/check"
        Thread(target=server.serve_forever, daemon=True).start()
        yield there
        there.gate.set()
        server.shutdown()


@pytest.fixture
def client(provider: Provider) -> Client:
    found = provider.registry.current().client("e-services")
    assert found is not None
    assert found.policy.legacy is not None
    asked = msgspec.structs.replace(found.policy.legacy, source="cvci")
    return msgspec.structs.replace(found, policy=msgspec.structs.replace(found.policy, legacy=asked))


@pytest.fixture
def directories(provider: Provider, directory: Directory, clock: MovableClock) -> LegacyDirectories:
    settings = LegacyDirectory(url=directory.url, key_id="k1", secret_env="S", timeout=1, concurrency=2, tolerated=2)
    calls = DirectoryCalls({"cvci": settings}, {"S": SECRET}, Outbound(clock, at_once=8), clock)
    return LegacyDirectories(calls, provider.database, provider.hasher, SETTINGS)


def account(database: Database) -> LegacyAccount | None:
    with database.reading() as tx:
        return lookup.by_identifier(tx, IDENTIFIER, portal="e-services").legacy


def verifies(provider: Provider, password: str) -> bool:
    found = account(provider.database)
    if found is None:
        return False
    with provider.database.reading() as tx:
        stored = legacy.open_hash(tx, found)
    return provider.hasher.verify(password, stored or None).ok


@pytest.mark.parametrize("typed", ["CVCI 00000001", "cvci-0000-0001", "cvci00000001", "CVCI.00.00.00.01"])
def test_the_directory_is_asked_for_the_identifier_as_it_writes_it(
    directory: Directory, directories: LegacyDirectories, client: Client, typed: str
) -> None:
    """A-02"""
    directories.refresh(client, typed, PASSWORD)

    assert [json.loads(body)["identifier"] for _headers, body in directory.asked] == [IDENTIFIER]


def test_a_confirmed_account_is_found_like_an_imported_one(
    provider: Provider, directories: LegacyDirectories, client: Client
) -> None:
    """A-02, A-04, A-12"""
    directories.refresh(client, f" {IDENTIFIER} ", PASSWORD)

    found = account(provider.database)
    assert found is not None
    assert (found.state, found.email, found.phone, found.known) == (
        "open",
        "anne@example.ch",
        "",
        {"given_name": "Anne"},
    )
    assert verifies(provider, PASSWORD)
    assert not verifies(provider, "another")


def test_a_changed_password_is_followed(
    provider: Provider, directory: Directory, directories: LegacyDirectories, client: Client
) -> None:
    directories.refresh(client, IDENTIFIER, "old one")
    directories.refresh(client, IDENTIFIER, PASSWORD)
    assert verifies(provider, PASSWORD)

    directory.answer = {"result": "refused"}
    directories.refresh(client, IDENTIFIER, PASSWORD)

    assert not verifies(provider, PASSWORD)


@pytest.mark.parametrize("result", ["refused", "locked", "closed"])
def test_a_refused_stranger_leaves_no_trace(
    provider: Provider, directory: Directory, directories: LegacyDirectories, client: Client, result: str
) -> None:
    directory.answer = {"result": result}

    directories.refresh(client, IDENTIFIER, PASSWORD)

    assert account(provider.database) is None


def test_a_migrated_account_stays_migrated(provider: Provider, directories: LegacyDirectories, client: Client) -> None:
    """A-29"""
    directories.refresh(client, IDENTIFIER, PASSWORD)
    found = account(provider.database)
    assert found is not None
    with provider.database.transaction() as tx:
        legacy.migrate(tx, found.id, person(tx).id)

    directories.refresh(client, IDENTIFIER, PASSWORD)

    after = account(provider.database)
    assert after is not None
    assert (after.state, after.hash) == ("migrated", "")


def test_the_request_is_signed(
    directory: Directory, directories: LegacyDirectories, client: Client, clock: MovableClock
) -> None:
    """RFC 9421 §2.5: the signature base; §3.3.3: HMAC with SHA-256;
    RFC 9421: recomputed here as the directory would."""
    directories.refresh(client, IDENTIFIER, PASSWORD)

    headers, body = directory.asked[0]
    parameters = headers["Signature-Input"].removeprefix("idp=")
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    signed = f'"@method": POST\n"@target-uri": {directory.url}\n"content-digest": {digest}\n'
    signed += f'"@signature-params": {parameters}'
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed.encode(), "sha256")).decode()
    assert headers["Content-Digest"] == digest
    assert headers["Signature"] == f"idp=:{expected}:"
    assert f"created={int(clock.now().timestamp())}" in parameters
    assert json.loads(body) == {"identifier": IDENTIFIER, "password": PASSWORD}


@pytest.mark.parametrize("identifier", ["anne@example.ch", "", "CVCI1", "CVCI00000001/../x", "\x00" * 9])
def test_only_what_looks_like_an_identifier_is_asked_for(
    directory: Directory, directories: LegacyDirectories, client: Client, identifier: str
) -> None:
    directories.refresh(client, identifier, PASSWORD)

    assert directory.asked == []


def test_a_portal_whose_directory_is_imported_asks_nobody(
    provider: Provider, directory: Directory, directories: LegacyDirectories
) -> None:
    imported = provider.registry.current().client("e-services")
    assert imported is not None

    directories.refresh(imported, IDENTIFIER, PASSWORD)

    assert directory.asked == []


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, OK),
        (302, OK),
        (401, OK),
        (200, b"<html>"),
        (200, {"result": "perhaps"}),
        (200, b"\xff"),
        (200, b"x" * 100_000),
    ],
)
def test_any_other_answer_means_unavailable(
    directory: Directory, directories: LegacyDirectories, client: Client, status: int, answer: Any
) -> None:
    directory.status, directory.answer = status, answer

    with pytest.raises(DirectoryUnavailable):
        directories.refresh(client, IDENTIFIER, PASSWORD)


def test_after_failures_nobody_asks_until_the_pause_is_over(
    directory: Directory, directories: LegacyDirectories, client: Client, clock: MovableClock
) -> None:
    """Rulings: time-outs, a circuit breaker."""
    directory.status = 503
    for _ in range(4):
        with pytest.raises(DirectoryUnavailable) as refused:
            directories.refresh(client, IDENTIFIER, PASSWORD)
    assert len(directory.asked) == 2
    assert 0 < refused.value.retry_after <= 16

    clock.forward(seconds=16)
    directory.status = 200
    directories.refresh(client, IDENTIFIER, PASSWORD)
    directories.refresh(client, IDENTIFIER, PASSWORD)

    assert len(directory.asked) == 4


def test_a_slow_directory_holds_only_so_many_threads(
    directory: Directory, directories: LegacyDirectories, client: Client
) -> None:
    """Rulings: a cap on how many workers an outside call may hold."""
    directory.gate.clear()

    def ask() -> str:
        try:
            directories.refresh(client, IDENTIFIER, PASSWORD)
        except DirectoryUnavailable as error:
            return type(error.__cause__).__name__
        return "answered"

    outcomes = in_parallel(*[ask] * 6)

    assert sorted(outcomes) == ["OutboundBusy"] * 4 + ["OutboundFailed"] * 2


def test_a_directory_that_trickles_is_cut_off(
    directory: Directory, directories: LegacyDirectories, client: Client
) -> None:
    directory.pieces, directory.after_each = 1, lambda: time.sleep(0.05)

    with pytest.raises(DirectoryUnavailable) as refused:
        directories.refresh(client, IDENTIFIER, PASSWORD)

    assert str(refused.value.__cause__) == "too slow"


def test_a_directory_that_is_not_configured_is_unavailable(
    provider: Provider, client: Client, clock: MovableClock
) -> None:
    nowhere = LegacyDirectories(
        DirectoryCalls({}, {}, provider.outbound, clock), provider.database, provider.hasher, SETTINGS
    )

    with pytest.raises(DirectoryUnavailable):
        nowhere.refresh(client, IDENTIFIER, PASSWORD)


def test_a_directory_without_its_secret_stops_the_start(provider: Provider, clock: MovableClock) -> None:
    settings = LegacyDirectory(url="https://directory.example.ch", key_id="k1", secret_env="MISSING")

    with pytest.raises(SettingsError, match="MISSING"):
        DirectoryCalls({"cvci": settings}, {}, provider.outbound, clock)


def test_a_directory_with_a_secret_that_can_be_guessed_stops_the_start(provider: Provider, clock: MovableClock) -> None:
    settings = LegacyDirectory(url="https://directory.example.ch", key_id="k1", secret_env="WEAK")

    with pytest.raises(SettingsError, match="WEAK can be guessed"):
        DirectoryCalls({"cvci": settings}, {"WEAK": "correct horse"}, provider.outbound, clock)
