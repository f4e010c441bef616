"""Programs are answered by a shorter way than pages (`idp.web.lean_lane`), and cannot tell."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.app import MACHINE_BLUEPRINTS
from idp.database import DatabaseUnavailable
from idp.web import lean_lane, overload
from tests.rules.source import modules
from tests.support.tokens import TokenClient, good

FORM = "application/x-www-form-urlencoded"
OF_THE_MOMENT = {"X-Request-ID", "Date"}
FROM_FLASK = {"flask.request", "flask.jsonify", "flask.abort", "flask.url_for", "flask.current_app", "flask.g"}

Ask = Callable[[TokenClient], TestResponse]

REQUESTS: dict[str, Ask] = {
    "discovery": lambda basic: basic.http.get("/.well-known/openid-configuration"),
    "keys": lambda basic: basic.http.get("/jwks.json"),
    "keys with a query": lambda basic: basic.http.get("/jwks.json?a=%00"),
    "keys with a body": lambda basic: basic.http.get("/jwks.json", data=b"a=%ff", content_type=FORM),
    "a token refused": lambda basic: basic.post("/token", grant_type="refresh_token", refresh_token="nonsense"),
    "another grant": lambda basic: basic.post("/token", grant_type="password"),
    "no client": lambda basic: basic.http.post("/token", data={"grant_type": "client_credentials"}),
    "a query": lambda basic: basic.http.post("/token?a=b", data={"grant_type": "client_credentials"}),
    "no token shown": lambda basic: basic.http.get("/userinfo"),
    "a wrong token shown": lambda basic: basic.http.get("/userinfo", headers={"Authorization": "Bearer x"}),
    "a proof missing": lambda basic: basic.http.post("/userinfo", headers={"Authorization": "DPoP x"}),
    "introspection": lambda basic: basic.post("/introspect", token="nonsense"),
    "revocation": lambda basic: basic.post("/revoke", token="nonsense"),
    "pushed request refused": lambda basic: basic.post("/par", response_type="code"),
    "device without a client": lambda basic: basic.http.post("/device_authorization"),
    "NUL": lambda basic: basic.http.post("/token", data=b"a=%00", content_type=FORM),
    "broken UTF-8": lambda basic: basic.http.post("/token", data=b"a=%ff", content_type=FORM),
    "too much": lambda basic: basic.http.post("/token", data=b"a=" + b"x" * 300_000, content_type=FORM),
    "another method": lambda basic: basic.http.put("/token"),
    "asked before": lambda basic: basic.http.options("/token"),
    "only the headers": lambda basic: basic.http.head("/jwks.json"),
    "a host that is none": lambda basic: basic.http.get("/jwks.json", headers={"Host": "a b"}),
    "JSON": lambda basic: basic.http.post("/token", json={"grant_type": "client_credentials"}),
}


@pytest.fixture
def flasks_way(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has everything that is asked from now on take Flask's own way."""
    return lambda: monkeypatch.setattr(lean_lane, "_is_plain", lambda _environ: False)


def heard(answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, {k: v for k, v in answer.headers.items() if k not in OF_THE_MOMENT}, answer.data


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_answer_alike(basic: TokenClient, flasks_way: Callable[[], None], name: str) -> None:
    """X-06"""
    lean = REQUESTS[name](basic)
    flasks_way()

    assert heard(lean) == heard(REQUESTS[name](basic))


@pytest.mark.parametrize("name", ["keys", "introspection", "a token refused", "NUL", "too much"])
def test_both_ways_write_the_same_one_line(
    basic: TokenClient, flasks_way: Callable[[], None], log: io.StringIO, name: str
) -> None:
    REQUESTS[name](basic)
    lean = lines(log)
    flasks_way()
    REQUESTS[name](basic)

    assert [line["event"] for line in lean].count("request") == 1
    assert lines(log) == lean


@pytest.mark.parametrize("way", ["lean", "Flask's"])
def test_both_ways_count_a_request_once(basic: TokenClient, flasks_way: Callable[[], None], way: str) -> None:
    if way != "lean":
        flasks_way()
    before = counted(basic)

    basic.post("/introspect", token="nonsense")
    basic.post("/token", grant_type="password")

    assert counted(basic) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(("failure", "status"), [(DatabaseUnavailable("gone"), 503), (OSError("bug"), 500)])
def test_both_ways_answer_an_outage_and_a_bug_alike(
    app: Flask,
    basic: TokenClient,
    flasks_way: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    status: int,
) -> None:
    """X-06"""

    def fail() -> None:
        raise failure

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "introspection.introspect", fail)
    lean = basic.post("/introspect", token="nonsense")
    flasks_way()

    assert lean.status_code == status
    assert heard(lean) == heard(basic.post("/introspect", token="nonsense"))


def test_a_document_that_cannot_be_made_is_refused_both_ways(
    basic: TokenClient, flasks_way: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bytes:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(basic.http.application.view_functions["jwks.jwks"], "body", fail)
    lean = basic.http.get("/jwks.json")
    flasks_way()

    assert lean.status_code == 503
    assert heard(lean) == heard(basic.http.get("/jwks.json"))


def test_a_document_that_is_the_same_for_everybody_is_answered_without_a_look_at_the_request(
    basic: TokenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basic.http.application, "request_class", lambda _environ: pytest.fail("a request was read"))
    monkeypatch.setattr(Flask, "full_dispatch_request", lambda _app: pytest.fail("Flask's way"))

    assert basic.http.get("/jwks.json").json["keys"]


def test_a_post_that_waited_too_long_is_refused_here_too(basic: TokenClient) -> None:
    overload.note_wait(60)
    refused = basic.post("/introspect", token="nonsense")

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert basic.post("/introspect", token="nonsense").status_code == 200


def test_a_good_token_request_takes_the_short_way(
    basic: TokenClient, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the other tests here would compare Flask's way with itself."""
    code = basic.code(person)
    monkeypatch.setattr(Flask, "full_dispatch_request", lambda _app: pytest.fail("Flask's way"))

    assert good(basic.redeem(code))["access_token"]


def test_an_endpoint_for_programs_asks_for_its_request_itself() -> None:
    """Flask's own `request` is not there on the short way."""
    named = {f'Blueprint("{name}"' for name in MACHINE_BLUEPRINTS}
    served = [module for module in modules() if any(name in module.text for name in named)]

    assert len(served) == len(MACHINE_BLUEPRINTS)
    assert [module.name for module in served if FROM_FLASK & set(module.imports)] == []


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """What was written since it was last read, without what differs from request to request."""
    read = [json.loads(line) for line in log.getvalue().splitlines()]
    log.seek(0)
    log.truncate()
    return [{k: v for k, v in line.items() if k not in {"request", "time", "milliseconds"}} for line in read]


def counted(basic: TokenClient) -> tuple[float, float]:
    """How many answers of introspection, and refusals of tokens, `/metrics` tells of."""
    text = basic.http.get("/metrics").text
    series = ('route="/introspect",status="2xx"', 'route="/token",status="4xx"')
    found = dict.fromkeys(series, 0.0)
    for line in text.splitlines():
        for one in series:
            if line.startswith("idp_requests_total") and one in line:  # one line for each method
                found[one] += float(line.rpartition(" ")[2])
    return found[series[0]], found[series[1]]
