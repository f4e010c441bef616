"""A browser whose every POST meets changed worlds first: what happened between the page and its button.

Each change is made to the database as it is, the POST is sent and its answer followed, and everything is put back.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from werkzeug.test import TestResponse

from idp.database import Transaction
from idp.provider import Provider
from tests.support.browser import Browser

Change = Callable[[Provider, Transaction], None]
FOLLOWED = 3


class UnsettledBrowser(Browser):
    """`faults` are the answers that were a fault of ours, as « change: method address »; `met` counts the POSTs."""

    def __init__(self, app: Flask, changes: Mapping[str, Change]) -> None:
        super().__init__(app, language="en")
        self.provider: Provider = app.extensions["provider"]
        self.changes = changes
        self.faults: list[str] = []
        self.met = 0
        self._changed = False

    def _request(self, method: str, url: str, sent: dict[str, Any]) -> TestResponse:
        if method == "POST" and not self._changed:
            self.met += 1
            for name, change in self.changes.items():
                with self._as_it_was():
                    self._meet(name, change, url, sent)
        return super()._request(method, url, sent)

    @contextmanager
    def _as_it_was(self) -> Iterator[None]:
        path = self.provider.settings.database.url.removeprefix("sqlite:///")
        registry, cookies = self.provider.registry.current(), deepcopy(self.client._cookies)
        kept = sqlite3.connect(":memory:")
        with sqlite3.connect(path) as now:
            now.backup(kept)
        self._changed = True
        try:
            yield
        finally:
            self._changed = False
            with sqlite3.connect(path) as now:
                kept.backup(now)
            kept.close()
            self.client._cookies = cookies
            self.provider.registry.adopt(registry)

    def _meet(self, name: str, change: Change, url: str, sent: dict[str, Any]) -> None:
        with self.provider.database.transaction() as tx:
            change(self.provider, tx)
        method = "POST"
        for _ in range(FOLLOWED):
            answer = self._request(method, url, sent)
            if answer.status_code >= 500:
                self.faults.append(f"{name}: {method} {url.partition('?')[0]}")
            if not 300 <= answer.status_code < 400:
                return
            url, method, sent = urljoin(url, answer.headers["Location"]), "GET", {}
            if not url.startswith(self.issuer + "/"):
                return
