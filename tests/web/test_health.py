"""Probes and metrics: what they tell, and to whom."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.web import health, metrics
from idp.web.proxies import networks

THIS_MACHINE = networks(["127.0.0.0/8"])
STRANGER = {"REMOTE_ADDR": "198.51.100.7"}


def ready(checks: Any, **environ: str) -> tuple[int, dict[str, Any]]:
    app = Flask("probe")
    app.register_blueprint(health.blueprint(THIS_MACHINE, checks))
    answer = app.test_client().get("/readyz", environ_overrides=environ)
    return answer.status_code, answer.get_json()


def broken() -> str:
    raise OSError("the password is hunter2")


def test_a_process_that_answers_is_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_a_process_is_ready_when_every_check_is_well() -> None:
    assert ready({"database": lambda: ""}) == (200, {"status": "ok", "checks": {"database": "ok"}})


def test_a_failed_check_takes_the_process_out_of_service() -> None:
    status, answer = ready({"database": lambda: "gone", "keys": broken})

    assert status == 503
    assert answer["checks"] == {"database": "gone", "keys": "OSError"}


def test_strangers_learn_only_whether_it_is_ready() -> None:
    assert ready({"database": lambda: "gone"}, **STRANGER) == (503, {"status": "unavailable"})


def test_metrics_do_not_exist_for_strangers(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_overrides=STRANGER).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "198.51.100.7"),
        ("X-Forwarded-For", ""),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "login.example.ch"),
        ("X-Forwarded-Server", "proxy"),
        ("Forwarded", "for=198.51.100.7"),
        ("Via", "1.1 proxy"),
        ("X-Real-IP", "198.51.100.7"),
        ("CF-Connecting-IP", "198.51.100.7"),
        ("True-Client-IP", "198.51.100.7"),
    ],
)
def test_metrics_do_not_exist_behind_a_proxy_that_is_not_listed(client: FlaskClient, name: str, value: str) -> None:
    """A proxy on this machine would otherwise make every stranger look local."""
    assert client.get("/metrics", headers={name: value}).status_code == 404


def test_requests_are_counted_by_route_and_never_by_address(client: FlaskClient) -> None:
    client.get("/specimen?secret=482913")
    client.open("/specimen", method="BREW")

    text = client.get("/metrics").text

    assert 'idp_requests_total{method="GET",route="/specimen",status="2xx"}' in text
    assert 'method="other"' in text
    assert "482913" not in text
    assert "BREW" not in text


def test_unknown_addresses_share_one_label(client: FlaskClient) -> None:
    for number in range(3):
        client.get(f"/nowhere-{number}")

    assert "nowhere" not in client.get("/metrics").text


def test_gauges_are_asked_at_the_scrape() -> None:
    assert b"idp_answer 42.0" in metrics.exposition({"idp_answer": lambda: 42.0})


def test_the_queue_is_measured(client: FlaskClient) -> None:
    text = client.get("/metrics").text

    assert "idp_outbox_oldest_message_seconds 0.0" in text
    assert "idp_client_file_problems 0.0" in text
