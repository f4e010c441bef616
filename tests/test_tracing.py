"""Traces: off they cost nothing; on they lead from a page to the delivery it caused, and say nothing of people."""

import re
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from idp.app import worker_of
from idp.provider import Provider
from idp.settings import SettingsError
from idp.settings_loader import load_settings
from idp.tracing import open_telemetry, tracer
from idp.tracing.open_telemetry import CollectorExporter, OpenTelemetryTracer
from idp.tracing.statements import verb_and_table
from tests.flows.conftest import Account, make_account
from tests.rules.source import ROOT
from tests.support.browser import Browser
from tests.support.web_server import serving

SECRETS = {"IDP_SECRETS": f"k:{'A' * 43}="}
LOGIN = "/login?portal=e-services"


class Recorded:
    """Spans as a collector gets them."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def within(self, parent: ReadableSpan) -> list[ReadableSpan]:
        return [
            span for span in self.spans if span.parent is not None and span.parent.span_id == parent.context.span_id
        ]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    found = Recorded()
    monkeypatch.setattr(
        open_telemetry,
        "exporting",
        lambda settings: OpenTelemetryTracer(SimpleSpanProcessor(found.exporter), settings.share),
    )
    return found


@pytest.fixture
def overrides(recorded: Recorded) -> dict[str, Any]:
    return {"tracing": {"endpoint": "http://127.0.0.1:4318/v1/traces", "share": 1.0}}


@pytest.fixture
def anne(provider: Provider) -> Account:
    return make_account(provider, Account(""))


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.fixture
def journey(app: Flask, provider: Provider, anne: Account, recorded: Recorded) -> Recorded:
    """Anne gives her password, and the worker sends her code."""
    recorded.exporter.clear()
    browser = Browser(app, language="en")
    browser.get(LOGIN)
    browser.fill(identifier=anne.address, password=anne.password).press("sign-in")
    worker_of(provider).run_once()
    return recorded


@pytest.mark.both_databases
def test_one_page_leads_to_its_statements_its_message_and_the_delivery(journey: Recorded) -> None:
    (page,) = journey.named("POST /login")
    inside = journey.within(page)
    (queued,) = [span for span in inside if span.kind is SpanKind.PRODUCER]
    (delivered,) = [span for span in journey.spans if span.name.startswith("deliver ")]
    batch = [span for span in journey.spans if delivered.parent and span.context.span_id == delivered.parent.span_id]

    assert attributes(page)["http.response.status_code"] == 303
    assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}", attributes(page)["vestibule.request"])
    assert {"SELECT", "INSERT"} <= {attributes(span).get("db.operation.name") for span in inside}
    assert "outbox" in {attributes(span).get("db.collection.name") for span in inside}
    assert attributes(queued)["vestibule.message"] == attributes(delivered)["vestibule.message"]
    assert [span.kind for span in batch] == [SpanKind.CONSUMER]


def test_no_span_says_anything_of_a_person(journey: Recorded, anne: Account) -> None:
    told = "\n".join(f"{span.name} {attributes(span)} {span.status.description}" for span in journey.spans)
    names = {name for span in journey.spans for name in attributes(span)}

    assert len(journey.spans) > 10
    assert names <= tracer.ALLOWED
    assert all(not span.events for span in journey.spans)
    for secret in (anne.id, anne.address, "anne.rochat", "Rochat", anne.phone, anne.password, "portal="):
        assert secret not in told


def test_an_endpoint_for_programs_is_traced_by_its_route(app: Flask, recorded: Recorded) -> None:
    answer = app.test_client().post("/token", data={"grant_type": "client_credentials", "client_secret": "guessed"})
    (span,) = recorded.named("POST /token")

    assert attributes(span)["http.response.status_code"] == answer.status_code >= 400
    assert "guessed" not in str(attributes(span))


def test_a_trace_that_a_caller_speaks_of_is_not_continued(app: Flask, recorded: Recorded) -> None:
    app.test_client().get("/healthz", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    (span,) = recorded.named("GET /healthz")

    assert span.parent is None
    assert span.context.trace_id != int("a" * 32, 16)


def test_an_address_that_matches_no_route_is_not_told(app: Flask, recorded: Recorded) -> None:
    app.test_client().get("/anne.rochat@example.ch/code/4711")

    assert len(recorded.named("GET unmatched")) == 1
    assert not [span for span in recorded.spans if "4711" in f"{span.name}{attributes(span)}"]


def test_of_an_error_only_the_class_is_told(recorded: Recorded) -> None:
    own = OpenTelemetryTracer(SimpleSpanProcessor(recorded.exporter), 1.0)
    with pytest.raises(ValueError, match="4711"), own.span("deliver sms", "client", {}):
        raise ValueError("the code 4711 of anne.rochat@example.ch")
    (span,) = recorded.spans

    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert attributes(span) == {"error.type": "ValueError"}
    assert span.events == ()


def test_what_is_not_on_the_list_does_not_leave() -> None:
    given = {"http.route": "/login/<run_id>", "enduser.id": "anne", "vestibule.kind": "to anne@example.ch"}

    assert tracer.permitted(given) == {"http.route": "/login/<run_id>"}


def test_a_share_of_none_records_nothing(recorded: Recorded) -> None:
    with OpenTelemetryTracer(SimpleSpanProcessor(recorded.exporter), 0.0).span("request", "server", {}):
        pass

    assert recorded.spans == ()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT people.id FROM people WHERE people.id = :id", ("SELECT", "people")),
        ('INSERT INTO "outbox" (id) VALUES (?)', ("INSERT", "outbox")),
        ("UPDATE codes SET spent_at = 1 WHERE id IN (SELECT id FROM people)", ("UPDATE", "codes")),
        ("DELETE FROM sessions", ("DELETE", "sessions")),
        ("SAVEPOINT sa_savepoint_1", ("SAVEPOINT", "")),
        ("", ("", "")),
    ],
)
def test_of_a_statement_the_verb_and_the_table_are_told(statement: str, told: tuple[str, str]) -> None:
    assert verb_and_table(statement) == told


def spans_of_one_request(recorded: Recorded) -> tuple[ReadableSpan, ...]:
    with OpenTelemetryTracer(SimpleSpanProcessor(recorded.exporter), 1.0).span("request", "server", {}):
        pass
    return recorded.spans


def test_spans_reach_the_collector(recorded: Recorded) -> None:
    with serving() as collector:
        sent = CollectorExporter(f"{collector.url}/v1/traces").export(spans_of_one_request(recorded))
        (request,) = collector.requests

    assert sent.name == "SUCCESS"
    assert (request.method, request.path) == ("POST", "/v1/traces")
    assert request.headers["Content-Type"] == "application/x-protobuf"
    assert b"vestibule" in request.body


@pytest.mark.parametrize("status", [503, 0])
def test_a_collector_that_fails_loses_spans_and_nothing_else(recorded: Recorded, status: int) -> None:
    with serving() as collector:
        collector.status = status or 200
        address = f"{collector.url}/v1/traces" if status else "http://127.0.0.1:1/v1/traces"

        assert CollectorExporter(address).export(spans_of_one_request(recorded)).name == "FAILURE"


def test_it_is_off_as_shipped_and_then_nothing_of_it_is_imported() -> None:
    assert load_settings(SECRETS).tracing.endpoint == ""
    program = "import sys, idp.app, idp.commands; print([name for name in sys.modules if 'opentelemetry' in name])"

    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


def test_a_tracer_without_its_packages_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(SECRETS, overrides={"tracing": {"endpoint": "http://localhost:4318/v1/traces"}})
    monkeypatch.setattr(tracer, "IMPLEMENTATION", "idp.tracing.missing")

    with pytest.raises(SettingsError, match=r"vestibule\[tracing\]"):
        tracer.of_settings(settings.tracing)


def test_spans_leave_production_only_over_tls() -> None:
    with pytest.raises(SettingsError, match=r"tracing\.endpoint: production needs https"):
        load_settings(SECRETS, overrides={"tracing": {"endpoint": "http://collector.example.ch:4318/v1/traces"}})
