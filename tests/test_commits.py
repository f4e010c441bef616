"""Withdrawing from commits that take too long, whatever their connections do meanwhile."""

import sqlite3
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.engine.interfaces import DBAPIModule

from idp.commits import Commits, Notice, WaitingConnection

SOON = 10  # seconds


class Connection:
    """A connection whose commit is withdrawn by `cancel`."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel

    def cancel_safe(self, *, timeout: float) -> None:
        self._cancel()

    def add_notice_handler(self, callback: Callable[[Notice], None]) -> None:
        self.notify = callback


def commits() -> Commits:
    return Commits(0, cast(DBAPIModule, sqlite3))


def commit(watched: Commits, connection: Connection, until: threading.Event) -> threading.Thread:
    """Commit in a thread until the event is there."""

    def waiting() -> None:
        with watched.awaited(cast(WaitingConnection, connection)):
            assert until.wait(SOON)

    thread = threading.Thread(target=waiting)
    thread.start()
    return thread


def test_a_withdrawal_that_hangs_holds_up_no_other_commit() -> None:
    tried, released = threading.Event(), threading.Event()

    def hang() -> None:
        tried.set()
        assert released.wait(SOON)

    watched = commits()
    stuck = commit(watched, Connection(hang), released)
    assert tried.wait(SOON)
    done = threading.Event()
    done.set()

    other = commit(watched, Connection(lambda: None), done)
    other.join(SOON / 2)

    assert not other.is_alive()
    released.set()
    stuck.join()


def test_a_withdrawal_that_fails_is_tried_again() -> None:
    failures: list[Any] = [RuntimeError("a bug of the driver")]
    withdrawn = threading.Event()

    def cancel() -> None:
        if failures:
            raise failures.pop()
        withdrawn.set()

    commit(commits(), Connection(cancel), withdrawn).join()

    assert withdrawn.is_set()


def test_no_thread_stays_where_nobody_commits_and_a_later_commit_is_looked_after_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("idp.commits.LOOK", 0.01)
    watched = commits()
    for _ in range(2):
        before = set(threading.enumerate())
        withdrawn = threading.Event()

        commit(watched, Connection(withdrawn.set), withdrawn).join()

        for thread in set(threading.enumerate()) - before:
            thread.join(SOON)
            assert not thread.is_alive()


def test_a_warning_outside_of_a_commit_is_heard_by_none() -> None:
    watched, connection = commits(), Connection(lambda: None)
    watched.heed(cast(WaitingConnection, connection))

    connection.notify(cast(Notice, SimpleNamespace(sqlstate="01000")))

    with watched.awaited(cast(WaitingConnection, connection)):
        pass
