"""The cost of the pages of a sign-in within this process: `python -m bench.sign_in [repetitions]`.

WSGI calls, one thread, production Argon2id, the settings of `bench.served`; PostgreSQL with its durability on where it
is installed, otherwise SQLite. Prints processor microseconds (the median), statements and commits of each operation. A
sign-in is authorize, page, password and resume, until the client has its code; its own hash is measured beside it.
"""

import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from flask import Flask

from bench import served
from bench.visitor import Forms, Target, Visitor
from bench.wire import Wire
from idp.autocommit import READING
from idp.provider import Provider
from tests.support.postgresql import Cluster, find_binaries

CALLBACK = "http://127.0.0.1:9/callback"
TARGET = Target({}, "bench", served.SECRET, CALLBACK, "bench0@example.ch", served.PASSWORD, "", "openid email")


def main(repetitions: int) -> None:
    with tempfile.TemporaryDirectory() as folder, _database(Path(folder)) as url:
        bench = Bench(served.application(Path(folder), url, people=1))
        own_hash = _microseconds(bench.hash, time.process_time, repetitions)
        sys.stdout.write(f"{'its own hash':34} {own_hash:7.0f} µs\n")
        for name, call in bench.cases():
            call()
            asked = bench.asked(call)
            took = _microseconds(call, lambda: bench.spent, repetitions)
            sys.stdout.write(f"{name:34} {took:7.0f} µs {asked[0]:3} statements {asked[1]:2} commits\n")
        sys.stdout.write(f"{'sign-in ÷ its own hash':34} {took / own_hash:7.2f}\n")
        bench.provider.database.dispose()


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    binaries = find_binaries()
    if binaries is None:
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    cluster = Cluster(binaries, durable=True)
    cluster.start()
    try:
        yield cluster.url()
    finally:
        cluster.stop()


def _microseconds(call: Callable[[], Any], spent: Callable[[], float], repetitions: int) -> float:
    """Return the median of what a call adds to `spent` (seconds of the processor), after a warm-up."""
    times = []
    for repetition in range(repetitions + 10):
        begin = spent()
        call()
        if repetition >= 10:
            times.append(spent() - begin)
    return statistics.median(times) * 1e6


class Bench:
    """One person and one browser at a client that asks for a password and nothing else."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.provider: Provider = app.extensions["provider"]
        self.cookies: dict[str, str] = {}
        self.spent = 0.0
        """Seconds of the processor that answers took; reading them is the visitor's work."""
        self.page = self._login_page()
        self.encoded = self.provider.hasher.hash(served.PASSWORD)

    def cases(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        yield "sign-in page", self.anonymous_page
        yield "code for a live session", self.code
        yield "sign-in", self.sign_in

    def hash(self) -> None:
        assert self.provider.hasher.verify(served.PASSWORD, self.encoded).ok

    def anonymous_page(self) -> None:
        self.cookies.clear()
        assert self._call("GET", self.page)[0] == 200

    def code(self) -> None:
        if not any(name.startswith("session") for name in self.cookies):
            self.sign_in()
        self._authorize()

    def sign_in(self) -> None:
        self.cookies.clear()
        self._authorize()

    def asked(self, call: Callable[[], Any]) -> tuple[int, int]:
        """Return the statements and commits of one call."""
        counts = {"statements": 0, "commits": 0}

        def statement(*_: Any) -> None:
            counts["statements"] += 1

        def commit(connection: sa.Connection) -> None:
            counts["commits"] += READING not in connection.get_execution_options()

        writing, reading = self.provider.database.writing_engine, self.provider.database.reading_engine
        engines = (
            {writing, reading} if reading.pool is not writing.pool else {writing}
        )  # as one, each would count twice
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", statement)
        sa.event.listen(writing, "commit", commit)
        call()
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", statement)
        sa.event.remove(writing, "commit", commit)
        return counts["statements"], counts["commits"]

    def _login_page(self) -> str:
        return self._call("GET", self._request())[1]

    def _request(self) -> str:
        return "/authorize?" + urlencode(Visitor(TARGET, Wire("http://127.0.0.1:9")).request()[1])

    def _authorize(self) -> None:
        status, location, body = self._call("GET", self._request())
        while not location.startswith(CALLBACK):
            if status in {302, 303}:
                path = location
                status, location, body = self._call("GET", path)
                continue
            assert status == 200, body
            status, location, body = self._call("POST", path, Forms(body).filled(TARGET))
        assert "code=" in location, location

    def _call(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        address, body = urlsplit(path), urlencode(form or {}).encode()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "HTTP_ACCEPT_LANGUAGE": "fr-CH,fr;q=0.9,en;q=0.8",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        begun: list[Any] = []
        begin = time.process_time()
        answer = self.app.wsgi_app(environ, lambda status, headers, *_: begun.extend((status, headers)))
        text = b"".join(answer).decode()
        self.spent += time.process_time() - begin
        for name, value in begun[1]:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        location = next((value for name, value in begun[1] if name == "Location"), "")
        return int(begun[0].split()[0]), location, text


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
