"""Security headers on every answer (ASVS 3.4, 3.5)."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from idp.web.headers import Sources

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def policy(header: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in header.split(";")}


@pytest.mark.parametrize("path", ["/specimen", "/specimen/page", "/nowhere", "/static/vestibule.css", "/healthz"])
def test_every_answer_carries_the_strict_headers(client: FlaskClient, path: str) -> None:
    """RFC 9700 §4.16, RFC 6749 §10.13: nobody frames a page"""
    headers = client.get(path, headers={"Accept": "text/html"}, buffered=True).headers

    assert {name: headers[name] for name in EVERYWHERE} == EVERYWHERE
    assert policy(headers["Content-Security-Policy"])["frame-ancestors"] == ["'none'"]


def test_a_page_allows_no_inline_code_and_is_not_kept(client: FlaskClient) -> None:
    headers = client.get("/specimen/page").headers

    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "nonce" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_no_page_has_inline_style_or_script(client: FlaskClient) -> None:
    page = client.get("/specimen/page").text

    assert "style=" not in page
    assert "<style" not in page
    assert "<script>" not in page


def test_form_action_lists_the_origins_that_a_post_may_end_at(client: FlaskClient) -> None:
    header = client.get("/specimen/page").headers["Content-Security-Policy"]

    assert policy(header)["form-action"] == ["'self'", "https://portal.example", "ch.example.app:"]


def test_a_nonce_is_allowed_only_where_it_was_asked_for() -> None:
    assert policy(Sources(nonce="abc").policy())["script-src"] == ["'self'", "'nonce-abc'"]
    assert policy(Sources().policy())["script-src"] == ["'self'"]


def test_plain_http_promises_no_transport_security(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


class TestOverHttps:
    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"server": {"issuer": "https://login.example.ch"}}

    def test_https_is_promised_for_two_years(self, client: FlaskClient) -> None:
        header = client.get("/healthz", base_url="https://login.example.ch").headers["Strict-Transport-Security"]

        assert header == "max-age=63072000; includeSubDomains"

    def test_cookies_are_bound_to_the_host(self, client: FlaskClient) -> None:
        page = client.get("/specimen/page", base_url="https://login.example.ch")

        cookies = page.headers.getlist("Set-Cookie")
        assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-browser", "__Host-portal"}
        assert all("Secure; HttpOnly; Path=/; SameSite=Lax" in cookie for cookie in cookies)
        assert not any("Domain" in cookie for cookie in cookies)
