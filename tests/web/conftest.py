"""A few views of our own, so that what stands around every view can be looked at by itself."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, jsonify, request
from flask.testing import FlaskClient
from werkzeug.exceptions import Forbidden, TooManyRequests

from idp.database import DatabaseUnavailable
from idp.provider import Provider
from idp.web import branding, csrf, problems
from idp.web.origin import origin_of

BROWSER = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(app: Flask) -> Flask:
    app.register_blueprint(specimens(app.extensions["provider"]))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def token(client: FlaskClient, provider: Provider) -> str:
    """The anti-CSRF token of this client's browser."""
    client.get("/nowhere", headers=BROWSER)
    cookie = client.get_cookie("browser")
    assert cookie is not None
    return csrf.token(provider.sealer, cookie.value)


def specimens(provider: Provider) -> Blueprint:
    views = Blueprint("specimens", __name__)

    @views.route("/specimen", methods=["GET", "POST"])
    def specimen() -> Response:
        return jsonify(form=request.form, url=request.url, scheme=request.scheme, address=origin_of(request).address)

    @views.route("/specimen/fault/<kind>", methods=["GET", "POST"])
    def fault(kind: str) -> Response:
        raise FAULTS[kind](provider)

    @views.get("/specimen/page")
    def page() -> Response:
        client = provider.registry.current().client("e-services")
        return provider.pages.page(
            branding.theme(provider, request, client=client),
            "pages/problem.html",
            form_action=["https://portal.example/callback?x=1", "ch.example.app:/callback"],
            **PROBLEM,
        )

    return views


PROBLEM: dict[str, Any] = {
    "problem": problems.UNKNOWN,
    "links": (),
    "again": None,
}
FAULTS = {
    "unavailable": lambda _: DatabaseUnavailable("locked"),
    "bug": lambda _: ZeroDivisionError("secret 482913"),
    "forbidden": lambda _: Forbidden(),
    "too-often": lambda provider: TooManyRequests(retry_after=provider.clock.now()),
    "too-often-today": lambda provider: TooManyRequests(retry_after=provider.clock.now() + timedelta(days=1)),
}
