"""Uploads that are too large, endless, or of another length than they say: refused before they are in memory."""

import io
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from idp.imports.formats import read_lines
from idp.imports.insured_persons import COLUMNS
from idp.jobs.job_files import JobPiece
from idp.people import insured
from idp.provider import Provider
from idp.staff.appointments import Role
from idp.upkeep import register_lines
from idp.upkeep.register_lines import once_each
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import csv_of, line, upload, work
from tests.support.browser import Browser

GIGABYTE = 2**30
USUAL, LARGEST = 100_000, 200_000
BOUNDARY = "boundary"
HEAD = (
    f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=csrf_token\r\n\r\n{{token}}\r\n"
    f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=register.csv\r\n\r\nnumber;given_name\n"
)


class Endless(io.RawIOBase):
    """A body that begins like an upload and never ends; it counts what is read."""

    def __init__(self, head: bytes) -> None:
        self.head, self.read_bytes = head, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = len(buffer)
        if self.read_bytes + count > GIGABYTE // 64:
            raise AssertionError("it reads without an end")
        part = self.head[self.read_bytes : self.read_bytes + count]
        buffer[:count] = part + b"7" * (count - len(part))
        self.read_bytes += count
        return count


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"server": {"max_body_bytes": USUAL}, "desk": {"largest_upload": LARGEST}}


@pytest.fixture
def supervisor(desk: Desk) -> Browser:
    browser = desk.works(Role.SUPERVISOR, fund="AK01")
    browser.get("/desk/letters")
    return browser


def sent(app: Flask, browser: Browser, body: Endless, **environ: str) -> int:
    """The status of an upload whose body and announcements are these."""
    built = EnvironBuilder(path="/desk/letters/upload", method="POST", base_url=browser.issuer).get_environ()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    told = {"HTTP_COOKIE": cookies, "CONTENT_TYPE": kind, "HTTP_SEC_FETCH_SITE": "same-origin", **browser.environ}
    built.pop("CONTENT_LENGTH", None)
    _body, status, _headers = run_wsgi_app(app, {**built, **told, **environ, "wsgi.input": body}, buffered=True)
    return int(status.split()[0])


def body_of(browser: Browser) -> Endless:
    return Endless(HEAD.format(token=browser.page.value("csrf_token")).encode())


def test_a_gigabyte_that_is_announced_is_refused_unread(app: Flask, supervisor: Browser, provider: Provider) -> None:
    body = body_of(supervisor)

    assert sent(app, supervisor, body, CONTENT_LENGTH=str(GIGABYTE)) == 413
    assert body.read_bytes == 0


def test_a_body_in_chunks_without_a_length_is_refused_at_the_usual_limit(
    app: Flask, supervisor: Browser, provider: Provider
) -> None:
    """RFC 9112 §7.1: nobody knows how long it will be"""
    body = body_of(supervisor)
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": "1"}

    assert sent(app, supervisor, body, **chunked) == 413
    assert body.read_bytes <= 2 * USUAL + 1  # once to refuse it, once for the page that says so
    assert pieces(provider) == 0


@pytest.mark.parametrize("announced", [1_000, USUAL + 1_000], ids=["less than usual", "an upload"])
def test_of_a_body_that_is_longer_than_it_says_no_more_is_read(
    app: Flask, supervisor: Browser, provider: Provider, announced: int
) -> None:
    """RFC 9112 §6.3: what follows is another request"""
    body = body_of(supervisor)

    status = sent(app, supervisor, body, CONTENT_LENGTH=str(announced))

    assert 400 <= status < 500
    assert body.read_bytes <= announced
    assert pieces(provider) == 0


@pytest.mark.parametrize("announced", ["-1", "1e9", "٣", "1, 1", "x"], ids=["negative", "power", "arabic", "two", "no"])
def test_a_length_that_is_none_opens_no_larger_limit(
    app: Flask, supervisor: Browser, provider: Provider, announced: str
) -> None:
    body = body_of(supervisor)

    status = sent(app, supervisor, body, CONTENT_LENGTH=announced)

    assert 400 <= status < 500
    assert body.read_bytes <= 2 * USUAL
    assert pieces(provider) == 0


def test_each_line_of_a_register_costs_its_number_in_memory_and_no_more() -> None:
    """A million lines, the most there may be, cost less than 200 MB"""
    small, large = (peak(count) for count in (5_000, 25_000))

    assert (large - small) / 20_000 < 200


def test_a_register_of_more_than_a_million_lines_is_refused_with_the_cure_and_stores_nothing(
    supervisor: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_lines, "MOST_LINES", 600)
    longest = upload(supervisor, csv_of(line(number) for number in range(600)))
    longer = upload(supervisor, csv_of(line(number) for number in range(601)))

    work(provider)

    assert "Checked, not ordered yet" in supervisor.get(longest.path).text
    assert "The file has more than a million lines. Split it." in supervisor.get(longer.path).text
    with provider.database.reading() as tx:
        assert insured.without_account(tx, "AK01") == []


def peak(count: int) -> int:
    """The most memory in bytes while so many lines are read."""
    raw = io.BufferedReader(Register(count))  # type: ignore[type-var]
    tracemalloc.start()
    try:
        assert sum(1 for _ in once_each(read_lines(raw, "register.csv", COLUMNS))) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Register(io.RawIOBase):
    """A CSV of so many lines, written while it is read."""

    def __init__(self, count: int) -> None:
        self.left, self.lines = b"", self._lines(count)

    @staticmethod
    def _lines(count: int) -> Iterator[bytes]:
        yield b"number;given_name;family_name\n"
        yield from (f"756.{number:010};Anna;Rochat\n".encode() for number in range(count))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self.left) < len(buffer) and (line := next(self.lines, b"")):
            self.left += line
        part, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def pieces(provider: Provider) -> int:
    with provider.database.reading() as tx:
        return tx.session.query(JobPiece).count()
