"""One portal whose logout address is dead harms nobody else: nodes stay ready, and the operator learns who it is."""

import io
import json

import pytest
from flask import Flask

from idp.database import Database
from idp.messages import outbox
from idp.messages.delivery import Parcel, TryLater, Undeliverable, stateless
from idp.messages.worker import Worker
from idp.provider import Provider
from idp.upkeep import diagnosis
from tests.outages.conftest import readiness
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


@pytest.fixture
def worker(provider: Provider) -> Worker:
    def refused(parcel: Parcel) -> None:
        raise Undeliverable("HTTP 400") if parcel.payload["sid"] == "refused" else TryLater("ConnectTimeout")

    return Worker(
        provider.settings.outbox,
        provider.clock,
        provider.database,
        {"backchannel_logout": stateless(refused)},
        lambda tx, about: None,
    )


@pytest.fixture
def dead(database: Database, worker: Worker, log: io.StringIO, clock: MovableClock) -> None:
    """Two logouts to `basic`, one of which may be tried again, ten minutes ago."""
    with database.transaction() as tx:
        for sid in ("refused", "later"):
            outbox.enqueue_call(tx, "backchannel_logout", {"sid": sid}, client_id="basic")
    worker.run_once()
    clock.forward(minutes=10)


def test_the_node_stays_ready(dead: None, app: Flask) -> None:
    """Rulings 36"""
    assert set(readiness(app)) == {"draining", "database", "schema", "clock", "signing_keys"}


def test_a_failed_delivery_is_logged_with_its_client_and_reason(dead: None, log: io.StringIO) -> None:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    failed = [line for line in lines if line["event"] == "delivery_failed"]

    assert [(line["client"], line["reason"], line["kind"]) for line in failed] == [
        ("basic", "HTTP 400", "backchannel_logout"),
        ("basic", "ConnectTimeout", "backchannel_logout"),
    ]


def test_the_metric_names_the_portal_and_the_queue_is_young(dead: None, app: Flask) -> None:
    """Its messages are old because it fails: the age of the queue speaks of workers."""
    exposed = app.test_client().get("/metrics").text

    assert 'idp_outbox_failing_messages{client="basic"} 1.0' in exposed
    assert "idp_outbox_oldest_message_seconds 0.0" in exposed


def test_the_doctor_names_the_portal(dead: None, provider: Provider) -> None:
    (finding,) = diagnosis.recipients(provider)

    assert finding.reason.startswith("backchannel_logout of basic: 1 fail")
    assert finding.reason.endswith("ConnectTimeout")
    assert list(diagnosis.queue(provider)) == []
