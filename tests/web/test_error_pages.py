"""Every refusal is a calm page with a plain reason and a way on; programs get JSON."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.web.conftest import BROWSER

TITLES = {
    "fr": "Cette page n’existe pas",
    "de": "Diese Seite gibt es nicht",
    "it": "Questa pagina non esiste",
    "en": "This page does not exist",
}


@pytest.mark.parametrize("language", TITLES)
def test_an_unknown_address_is_explained_in_four_languages(client: FlaskClient, language: str) -> None:
    page = client.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": language})

    assert page.status_code == 404
    assert f'<html lang="{language}">' in page.text
    assert TITLES[language] in page.text


def test_an_error_page_can_be_read_out_to_the_desk(client: FlaskClient) -> None:
    page = client.get("/nowhere", headers=BROWSER)

    assert page.headers["X-Request-ID"] in page.text


def test_an_error_page_leads_on(client: FlaskClient) -> None:
    assert 'href="/"' in client.get("/nowhere", headers=BROWSER).text


def test_the_way_on_is_the_portal_where_one_is_known(client: FlaskClient) -> None:
    """X-05"""
    client.set_cookie("portal", "e-services")

    page = client.get("/nowhere", headers=BROWSER).text

    assert 'href="https://e-services.example.ch/login?iss=http%3A%2F%2Flocalhost"' in page


def test_a_database_that_is_away_asks_for_patience_and_keeps_what_was_typed(client: FlaskClient, token: str) -> None:
    """X-27"""
    typed = {"csrf_token": token, "given_name": "Béatrice", "password": "hunter2hunter2", "sms_code": "482913"}

    page = client.post("/specimen/fault/unavailable?request=abc", data=typed, headers=BROWSER)

    assert page.status_code == 503
    assert page.headers["Retry-After"] == "5"
    assert 'name="given_name" value="Béatrice"' in page.text
    assert 'action="/specimen/fault/unavailable?request=abc"' in page.text
    assert "hunter2hunter2" not in page.text
    assert "482913" not in page.text


def test_a_limit_tells_when_to_come_back(client: FlaskClient, clock: MovableClock) -> None:
    """X-29"""
    page = client.get("/specimen/fault/too-often", headers=BROWSER)

    assert page.status_code == 429
    assert "You can try again at\u00a014:00." in page.text
    assert "Retry-After" in page.headers


def test_a_limit_that_ends_on_another_day_says_which(client: FlaskClient, clock: MovableClock) -> None:
    """X-29"""
    page = client.get("/specimen/fault/too-often-today", headers=BROWSER)

    assert "You can try again on 17.07.2026 at\u00a014:00." in page.text


def test_a_bug_shows_nothing_of_itself(client: FlaskClient) -> None:
    page = client.get("/specimen/fault/bug", headers=BROWSER)

    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "482913" not in page.text
    assert "ZeroDivision" not in page.text


def test_a_refused_person_is_told_whom_to_ask(client: FlaskClient) -> None:
    page = client.get("/specimen/fault/forbidden", headers=BROWSER)

    assert page.status_code == 403
    assert "your company’s administrator" in page.text


def test_a_program_gets_json(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})

    assert answer.status_code == 404
    assert answer.get_json()["error"] == "invalid_request"


def test_an_endpoint_of_the_protocol_answers_json_even_to_a_browser(client: FlaskClient) -> None:
    answer = client.post(
        "/token", data=b"grant_type=%00", content_type="application/x-www-form-urlencoded", headers=BROWSER
    )

    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    page = client.delete("/specimen/page", headers=BROWSER)

    assert page.status_code == 405
    assert "GET" in page.headers["Allow"]


def test_when_even_the_page_fails_a_last_one_remains(app: Flask, client: FlaskClient, provider: Provider) -> None:
    provider.registry.current = None  # type: ignore[assignment, method-assign]

    page = client.get("/nowhere", headers=BROWSER)

    assert page.status_code == 500
    assert page.headers["X-Request-ID"] in page.text
