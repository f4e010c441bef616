"""No room left: SQLite's own SQLITE_FULL, and a log that cannot be written."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from idp.audit.events.event import Event
from idp.audit.log import record
from idp.database import Database, DatabaseUnavailable
from idp.provider import Provider
from idp.settings import Settings
from idp.web import logging
from tests.flows.conftest import Account
from tests.outages.conftest import assert_asks_for_patience, is_recovered, reasons, sign_in
from tests.support.browser import Browser


@contextmanager
def full(database: Database) -> Iterator[None]:
    """The file may not grow by a page, and its last free one is used up."""

    def limit(raw: Any, *_: object) -> None:
        raw.execute(f"PRAGMA max_page_count={raw.execute('PRAGMA page_count').fetchone()[0]}")

    def lift(raw: Any, *_: object) -> None:
        raw.execute("PRAGMA max_page_count=1000000")

    engine = database.writing_engine
    sa.event.listen(engine, "checkout", limit)
    with suppress(DatabaseUnavailable):
        while True:
            with database.transaction() as tx:
                record(tx, Event(person_id="x" * 100))
    yield
    sa.event.remove(engine, "checkout", limit)
    sa.event.listen(engine, "checkout", lift)


def test_a_full_disk_asks_for_patience_and_is_recovered_from(
    provider: Provider, visitor: Browser, anne: Account, log: io.StringIO
) -> None:
    """X-27"""
    with full(provider.database):
        assert_asks_for_patience(sign_in(visitor, anne), anne)
        assert set(reasons(log)) == {"database or disk is full"}

    assert is_recovered(visitor, anne)


def test_pages_that_only_show_something_are_still_there(provider: Provider, visitor: Browser, anne: Account) -> None:
    with full(provider.database):
        assert visitor.get("/login?portal=e-services").status == 200
        assert visitor.get("/.well-known/openid-configuration").status == 200


@pytest.mark.parametrize("configured", [True, False], ids=["stream", "standard error"])
def test_a_log_on_a_full_device_keeps_nobody_from_an_answer(
    settings: Settings, visitor: Browser, anne: Account, monkeypatch: pytest.MonkeyPatch, configured: bool
) -> None:
    """Neither the line of a request nor a line of the code"""
    with open("/dev/full", "w", encoding="utf-8", buffering=1) as device:
        monkeypatch.setattr(sys, "stderr", device)
        logging.configure(settings, device if configured else None)
        structlog.get_logger().warning("database_unavailable", reason="a line of the code")

        page = sign_in(visitor, anne)

        monkeypatch.undo()
        logging.configure(settings)
        with suppress(OSError):
            device.close()
    assert (page.status, page.heading) == (200, "Your sign-in code")
