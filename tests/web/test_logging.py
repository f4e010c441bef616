"""Logs: one JSON object a line, and nothing secret in any of them."""

import io
import json
import logging as standard
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from idp.settings import Settings
from idp.web import logging
from tests.web.conftest import BROWSER

MANY = 300


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_leaves_one_line_that_names_its_page_reference(client: FlaskClient, log: io.StringIO) -> None:
    answer = client.get("/specimen?code=482913")

    [line] = lines(log)
    assert line["request"] == answer.headers["X-Request-ID"]
    assert (line["route"], line["method"], line["status"]) == ("/specimen", "GET", 200)
    assert line["milliseconds"] >= 0
    assert "482913" not in log.getvalue()


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer(client: FlaskClient, log: io.StringIO) -> None:
    log.close()

    assert client.get("/specimen").status_code == 200


def test_lines_of_several_threads_stay_apart_in_a_pipe_however_long_a_method_somebody_invents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_of_reader, end_of_writer = os.pipe()
    with open(end_of_reader, encoding="utf-8") as reader, ThreadPoolExecutor(5) as threads:
        with open(end_of_writer, "w", encoding="utf-8") as writer:
            monkeypatch.setattr(logging.request_lines, "stream", writer)
            read = threads.submit(reader.readlines)
            written = [threads.submit(end_many) for _ in range(4)]
            for each in written:
                each.result()
        found = [json.loads(line) for line in read.result()]

    assert [line["method"] for line in found] == ["other"] * 4 * MANY


def end_many() -> None:
    for _ in range(MANY):
        logging.end({"REQUEST_METHOD": "X" * 6000}, "/specimen", 405)


def test_an_unknown_address_is_not_quoted(client: FlaskClient, log: io.StringIO) -> None:
    client.get("/reset/7KQ4M2XT9HWD")

    assert "7KQ4M2XT9HWD" not in log.getvalue()


def test_fields_that_are_not_on_the_list_are_dropped_and_named(log: io.StringIO) -> None:
    structlog.get_logger().info("code_sent", channel="sms", code="482913", to="+41791234567")

    [line] = lines(log)
    assert line["channel"] == "sms"
    assert line["dropped"] == ["code", "to"]
    assert "482913" not in log.getvalue()


def test_the_line_of_a_request_has_the_client_and_the_grant_that_an_endpoint_notes_and_no_later_line_has(
    client: FlaskClient, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bind() -> str:
        logging.note(client="portal", grant="refresh_token")
        return ""

    monkeypatch.setitem(client.application.view_functions, "specimens.specimen", bind)
    client.get("/specimen?code=482913")
    structlog.get_logger().info("between two requests")
    client.get("/healthz")

    line, between, next_line = lines(log)
    assert (line["client"], line["grant"]) == ("portal", "refresh_token")
    of_every_line = {"event", "level", "time", "request", "method", "route", "status", "milliseconds", "address"}
    assert set(line) == {*of_every_line, "client", "grant"}
    assert set(between) == {"event", "level", "time"}
    assert set(next_line) == of_every_line


def test_a_fault_is_told_by_type_and_place_without_its_message(client: FlaskClient, log: io.StringIO) -> None:
    client.get("/specimen/fault/bug", headers=BROWSER)

    [fault, _] = lines(log)
    assert fault["error"] == "ZeroDivisionError"
    assert any("conftest.py" in place for place in fault["place"])
    assert "482913" not in log.getvalue()


def test_a_librarys_line_keeps_its_template_and_loses_its_arguments(log: io.StringIO) -> None:
    standard.getLogger("some.library").warning("cannot reach %s", "https://anne:hunter2@example.ch")

    [line] = lines(log)
    assert line["event"] == "cannot reach %s"
    assert "hunter2" not in log.getvalue()


def test_lines_of_two_requests_carry_their_own_references(client: FlaskClient, log: io.StringIO) -> None:
    references = [client.get("/specimen").headers["X-Request-ID"] for _ in range(2)]

    assert [line["request"] for line in lines(log)] == references


def test_settings_never_print_their_keys(settings: Settings) -> None:
    assert "0123456789abcdef" not in repr(settings)
