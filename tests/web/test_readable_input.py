"""Input nobody could use is refused in one place, and never becomes a 500."""

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import BROWSER

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["/specimen?a=%00", "/specimen?%00=b", "/specimen?a=%FF%FE", "/%00"])
def test_an_unreadable_address_is_refused(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers=BROWSER)

    assert page.status_code == 400
    assert "We could not read this request" in page.text


@pytest.mark.parametrize("path", ["/Ã(", "/aí\xa0\x80", "/\x00"])
def test_an_unreadable_path_is_refused_as_the_server_hands_it_on(client: FlaskClient, path: str) -> None:
    """WSGI carries the bytes of a path as latin-1."""
    assert client.get("/", headers=BROWSER, environ_overrides={"PATH_INFO": path}).status_code == 400


@pytest.mark.parametrize("body", [b"a=%00", b"a=\x00", b"a=%FF", b"a=\xff\xfe", b"%C3%28=b", b"a=%ED%B0%80"])
def test_an_unreadable_form_is_refused(client: FlaskClient, token: str, body: bytes) -> None:
    answer = client.post("/specimen", data=body + b"&csrf_token=" + token.encode(), content_type=FORM, headers=BROWSER)

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b'{"a": "\\u0000"}', b'{"a": "\xff"}', b'{"a": "\x00"}'])
def test_unreadable_json_is_refused(client: FlaskClient, body: bytes) -> None:
    assert client.post("/specimen", data=body, content_type="application/json").status_code == 400


def test_every_other_character_is_welcome(client: FlaskClient, token: str) -> None:
    typed = "Zoë 😀 \u202e İı ﷽ 'quote\" <b>"

    answer = client.post("/specimen", data={"name": typed, "csrf_token": token})

    assert answer.get_json()["form"]["name"] == typed


def test_too_large_a_body_is_refused_with_a_page(client: FlaskClient, token: str) -> None:
    answer = client.post("/specimen", data={"name": "x" * 300_000, "csrf_token": token}, headers=BROWSER)

    assert answer.status_code == 413
    assert "too much data" in answer.text


def test_a_multipart_form_is_held_to_the_same_rules(client: FlaskClient, token: str) -> None:
    with_nul = client.post("/specimen", data={"name": "a\0b"}, content_type="multipart/form-data", headers=BROWSER)
    too_large = client.post(
        "/specimen", data={"name": "x" * 300_000}, content_type="multipart/form-data", headers=BROWSER
    )

    assert (with_nul.status_code, too_large.status_code) == (400, 413)
