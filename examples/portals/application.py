"""A portal as a Flask application."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, render_template
from requests import RequestException

from examples.portals import events, language, pages, signing_in
from examples.portals.configuration import Portal
from examples.portals.relying_party import RelyingParty
from examples.portals.store import Store


def today_in_zurich() -> date:
    return datetime.now(ZoneInfo("Europe/Zurich")).date()


def create_portal(portal: Portal, issuer: str, store: Store, today: Callable[[], date] = today_in_zurich) -> Flask:
    """Return the WSGI application of one portal. Nothing is asked of the provider before the first sign-in."""
    app = Flask("examples.portals")
    app.secret_key = store.cookie_key()
    app.config.update(
        SESSION_COOKIE_NAME=f"portal-{portal.cookie}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=portal.url.startswith("https://"),
    )
    party = RelyingParty(app, portal, issuer, store)
    app.register_blueprint(signing_in.blueprint(portal, party, store))
    app.register_blueprint(events.blueprint(party, store))
    app.register_blueprint(pages.blueprint(portal, party, store, today))
    app.register_error_handler(RequestException, _unreachable)
    app.register_blueprint(language.blueprint())
    app.context_processor(
        lambda: {
            "portal": portal,
            "issuer": issuer,
            "t": language.translator(),
            "language": language.current(),
            "languages": language.OWN_NAMES,
        }
    )
    return app


def _unreachable(_error: RequestException) -> tuple[str, int]:
    reason = "Le service de connexion ne répond pas. Réessayez dans quelques minutes."
    return render_template("trouble.html", reason=reason, code="unreachable"), 503
