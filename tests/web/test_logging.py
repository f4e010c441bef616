"""Logs: one JSON object a line, and nothing secret in any of them."""

import io
import json
import logging as standard
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from idp.settings import Settings
from idp.web import logging
from tests.web.conftest import BROWSER


@pytest.fixture
def stream(client: FlaskClient, settings: Settings) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logging.configure(settings, stream)
    yield stream
    logging.configure(settings)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_leaves_one_line_that_names_its_page_reference(client: FlaskClient, stream: io.StringIO) -> None:
    answer = client.get("/specimen?code=482913")

    [line] = lines(stream)
    assert line["request"] == answer.headers["X-Request-ID"]
    assert (line["route"], line["method"], line["status"]) == ("/specimen", "GET", 200)
    assert line["milliseconds"] >= 0
    assert "482913" not in stream.getvalue()


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer(client: FlaskClient, stream: io.StringIO) -> None:
    stream.close()

    assert client.get("/specimen").status_code == 200


def test_an_unknown_address_is_not_quoted(client: FlaskClient, stream: io.StringIO) -> None:
    client.get("/reset/7KQ4M2XT9HWD")

    assert "7KQ4M2XT9HWD" not in stream.getvalue()


def test_fields_that_are_not_on_the_list_are_dropped_and_named(stream: io.StringIO) -> None:
    structlog.get_logger().info("code_sent", channel="sms", code="482913", to="+41791234567")

    [line] = lines(stream)
    assert line["channel"] == "sms"
    assert line["dropped"] == ["code", "to"]
    assert "482913" not in stream.getvalue()


def test_nor_is_what_an_endpoint_binds_to_the_line_of_its_request(
    client: FlaskClient, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bind() -> str:
        structlog.contextvars.bind_contextvars(client="portal", code="482913")
        return ""

    monkeypatch.setitem(client.application.view_functions, "specimens.specimen", bind)
    client.get("/specimen")

    [line] = lines(stream)
    assert (line["client"], line["dropped"]) == ("portal", ["code"])
    assert "482913" not in stream.getvalue()


def test_a_fault_is_told_by_type_and_place_without_its_message(client: FlaskClient, stream: io.StringIO) -> None:
    client.get("/specimen/fault/bug", headers=BROWSER)

    [fault, _] = lines(stream)
    assert fault["error"] == "ZeroDivisionError"
    assert any("conftest.py" in place for place in fault["place"])
    assert "482913" not in stream.getvalue()


def test_a_librarys_line_keeps_its_template_and_loses_its_arguments(stream: io.StringIO) -> None:
    standard.getLogger("some.library").warning("cannot reach %s", "https://anne:hunter2@example.ch")

    [line] = lines(stream)
    assert line["event"] == "cannot reach %s"
    assert "hunter2" not in stream.getvalue()


def test_lines_of_two_requests_carry_their_own_references(client: FlaskClient, stream: io.StringIO) -> None:
    references = [client.get("/specimen").headers["X-Request-ID"] for _ in range(2)]

    assert [line["request"] for line in lines(stream)] == references


def test_settings_never_print_their_keys(settings: Settings) -> None:
    assert "0123456789abcdef" not in repr(settings)
