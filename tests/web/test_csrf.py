"""A form is accepted only from the browser that we gave it to."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.app import BLUEPRINTS_WITH_OWN_CSRF, MACHINE_BLUEPRINTS
from idp.provider import Provider
from idp.web import csrf
from tests.web.conftest import BROWSER

PLACEHOLDER = re.compile("<[^>]+>")


def post(client: FlaskClient, token: str, **headers: str) -> int:
    named = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post("/specimen", data={"csrf_token": token}, headers=named).status_code


def test_a_form_with_the_token_of_its_browser_is_accepted(client: FlaskClient, token: str) -> None:
    assert post(client, token) == 200


def test_a_form_without_token_is_refused(client: FlaskClient, token: str) -> None:
    assert post(client, "") == 403


def test_the_token_of_another_browser_is_refused(app: Flask, token: str) -> None:
    other = app.test_client()
    other.get("/nowhere", headers=BROWSER)

    assert post(other, token) == 403


def test_a_browser_without_its_cookie_is_refused(app: Flask, token: str) -> None:
    assert post(app.test_client(), token) == 403


@pytest.mark.parametrize("nonsense", ["x", "test.", "\u202e", "a" * 100_000, "test." + "é" * 50])
def test_a_nonsense_token_is_refused_and_breaks_nothing(client: FlaskClient, token: str, nonsense: str) -> None:
    assert post(client, nonsense) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_is_refused_even_with_the_right_token(client: FlaskClient, token: str, site: str) -> None:
    assert post(client, token, Sec_Fetch_Site=site) == 403


def test_another_origin_is_refused_where_the_browser_tells_no_site(client: FlaskClient, token: str) -> None:
    assert post(client, token, Origin="https://evil.example") == 403
    assert post(client, token, Origin="http://localhost") == 200
    assert post(client, token, Origin="null") == 200  # what our own Referrer-Policy makes of our own forms


def test_a_script_may_send_the_token_in_a_header(client: FlaskClient, token: str) -> None:
    assert client.post("/specimen", headers={"X-CSRF-Token": token}).status_code == 200


def test_the_token_does_not_reveal_the_browser_id(provider: Provider) -> None:
    assert "the-browser-id" not in csrf.token(provider.sealer, "the-browser-id")


def test_a_refused_form_of_our_own_may_be_sent_once_more_without_retyping(client: FlaskClient) -> None:
    """X-04"""
    typed = {"family_name": "Dubochet", "password": "hunter2hunter2", "code": "482913"}

    page = client.post("/specimen", data=typed, headers=BROWSER)

    assert page.status_code == 403
    assert 'name="family_name" value="Dubochet"' in page.text
    assert "hunter2hunter2" not in page.text
    assert "482913" not in page.text


def test_what_another_site_sent_is_never_offered_again(client: FlaskClient) -> None:
    page = client.post(
        "/specimen", data={"family_name": "Mallory"}, headers={**BROWSER, "Sec-Fetch-Site": "cross-site"}
    )

    assert page.status_code == 403
    assert "Mallory" not in page.text


def test_every_page_that_takes_a_form_wants_the_token(app: Flask) -> None:
    """ASVS 3.5.1"""
    exempt = MACHINE_BLUEPRINTS | BLUEPRINTS_WITH_OWN_CSRF
    taken = [rule for rule in app.url_map.iter_rules() if (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}]
    pages = [rule for rule in taken if rule.endpoint.partition(".")[0] not in exempt]

    answers = {
        rule.rule: app.test_client().open(PLACEHOLDER.sub("x", rule.rule), method=method).status_code
        for rule in pages
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }

    assert len(answers) > 5
    assert {path: status for path, status in answers.items() if status != 403} == {}


def test_nothing_is_exempt_that_does_not_exist(app: Flask) -> None:
    where_configured = {"registration", "protected_resource"}

    assert set(app.blueprints) >= (MACHINE_BLUEPRINTS | BLUEPRINTS_WITH_OWN_CSRF) - where_configured
