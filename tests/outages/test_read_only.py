"""An embedded database that takes no writes: its volume was mounted read-only."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.database import Database
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.outages.conftest import assert_asks_for_patience, is_recovered, readiness, reasons, sign_in
from tests.support.browser import Browser


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    engine = database.writing_engine

    def switch(to: str) -> Any:
        return lambda raw, *_: raw.execute(f"PRAGMA query_only = {to}")

    forbid = switch("on")
    sa.event.listen(engine, "checkout", forbid)
    yield
    sa.event.remove(engine, "checkout", forbid)
    sa.event.listen(engine, "checkout", switch("off"))


def test_a_file_that_takes_no_writes_asks_for_patience_and_is_recovered_from(
    provider: Provider, visitor: Browser, anne: Account, log: io.StringIO
) -> None:
    """X-27"""
    with read_only(provider.database):
        assert_asks_for_patience(sign_in(visitor, anne), anne)
        assert reasons(log)

    assert is_recovered(visitor, anne)


def test_readiness_says_that_nothing_can_be_written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs the tests may write everywhere, so the file system's answer is given here."""
    assert readiness(app)["database"] == "ok"

    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert readiness(app)["database"] == "it takes no writes"
