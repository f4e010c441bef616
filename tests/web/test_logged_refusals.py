"""What is turned away leaves a line in the log, which says what refused it and nothing of who came."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.database import Database, Origin
from idp.limits.rate_limit import Limiter
from idp.settings import Limit
from tests.support.tokens import TokenClient

LIMITER = Limiter({"once": Limit(times=1, window=60)})


def refusals(log: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    names = ("event", "level", "kind", "reason", "limit", "client")
    return [{name: line[name] for name in names if name in line} for line in lines if line["event"] != "request"]


def test_a_limit_that_refuses_names_itself_and_the_client(database: Database, log: io.StringIO) -> None:
    """ASVS 16.3.3"""
    with database.transaction(Origin(client_id="e-services", address="192.0.2.7")) as tx:
        LIMITER.debit(tx, "once", "anne@example.ch")
        assert refusals(log) == []
        LIMITER.debit(tx, "once", "anne@example.ch")

    assert refusals(log) == [{"event": "limit_refused", "level": "warning", "limit": "once", "client": "e-services"}]
    assert "anne" not in log.getvalue()
    assert "192.0.2.7" not in log.getvalue()


@pytest.mark.parametrize("debit", ["debit_network", "network_used_up"])
def test_so_does_a_limit_of_networks(database: Database, log: io.StringIO, debit: str) -> None:
    with database.transaction() as tx:
        LIMITER.debit_network(tx, "once", "192.0.2.7")
        getattr(LIMITER, debit)(tx, "once", "192.0.2.7")

    assert refusals(log) == [{"event": "limit_refused", "level": "warning", "limit": "once"}]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "token"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site"),
        ({"Origin": "https://evil.example"}, "another site"),
    ],
)
def test_a_form_that_is_not_ours_is_told_with_what_was_wrong(
    client: FlaskClient, token: str, log: io.StringIO, headers: dict[str, str], reason: str
) -> None:
    client.post("/specimen", data={"csrf_token": "nonsense"}, headers=headers)

    [line] = refusals(log)
    assert (line["event"], line["kind"], line["reason"]) == ("request_refused", "csrf", reason)
    assert "nonsense" not in log.getvalue()
    assert "evil" not in log.getvalue()


def test_a_form_that_is_too_large_is_told(client: FlaskClient, token: str, log: io.StringIO) -> None:
    client.post("/specimen", data={"csrf_token": token, "filler": "x" * 300_000})

    [line] = refusals(log)
    assert (line["event"], line["kind"]) == ("request_refused", "size")
    assert "xxx" not in log.getvalue()


def test_so_is_a_large_request_of_a_client(app: Flask, log: io.StringIO) -> None:
    TokenClient(app, "basic").post("/token", grant_type="x" * 300_000)

    assert [line["kind"] for line in refusals(log) if line["event"] == "request_refused"] == ["size"]
