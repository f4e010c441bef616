"""`create_app`: the one list of what is plugged in."""

from collections.abc import Sequence
from typing import Any

from flask import Flask

from idp import settings as configuration
from idp.clock import Clock, SystemClock
from idp.database import open_database
from idp.opaque import Vault
from idp.provider import Provider
from idp.settings import Settings
from idp.wording import Wording

TEMPLATES = configuration.ROOT / "templates"


def create_app(settings: Settings, *, flows: Sequence[Any], clock: Clock | None = None) -> Flask:
    """The WSGI application for these settings, offering these journeys."""
    app = Flask("idp", template_folder=str(TEMPLATES), static_folder=str(TEMPLATES / "static"))
    provider = _build(app, settings, clock or SystemClock())
    app.extensions["provider"] = provider
    app.config["MAX_CONTENT_LENGTH"] = settings.server.max_body_bytes
    return app


def _build(app: Flask, settings: Settings, clock: Clock) -> Provider:
    vault = Vault(settings.secrets.keys, settings.secrets.active)
    return Provider(
        settings=settings,
        clock=clock,
        vault=vault,
        database=open_database(app, settings.database, clock, vault),
        wording=Wording(TEMPLATES / "translations", settings.pages.languages, settings.pages.time_zone),
    )
