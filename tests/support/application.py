"""The provider under test: real database, real clock interface, nothing mocked."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

import flows
from idp import jose
from idp.app import create_app
from idp.clients import files
from idp.database import Database
from idp.provider import Provider
from idp.sealing import Sealer
from idp.settings import Settings
from idp.settings_loader import load_settings
from idp.web import logging
from tests.support.clock import MovableClock
from tests.support.stock import ClientFiles, CompiledRoutes, CompiledStatements, CompiledTemplates, KeyStock

TEST_SECRETS = {"keys": {"test": b"0123456789abcdef0123456789abcdef"}, "active": "test"}


@pytest.fixture(autouse=True, scope="session")
def _stock() -> Iterator[None]:
    """Keys, client files and routes are real, but not made anew for each test: most of what a short one would do."""
    routes = CompiledRoutes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jose, "generate", KeyStock(jose.generate))
        patch.setattr(files, "read", ClientFiles())
        patch.setattr(Rule, "compile", lambda rule: routes.compile(rule))
        CompiledStatements().share(patch)
        CompiledTemplates().share(patch)
        yield


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Settings a test file changes: override this fixture there."""
    return {}


@pytest.fixture
def settings(database_url: str, tmp_path: Path, overrides: dict[str, Any]) -> Settings:
    base: dict[str, Any] = {
        "database": {"url": database_url},
        "files": {
            "variable": str(tmp_path / "var"),
            "clients": "tests/portals/clients",
            "brands": "config/brands",
        },
        "secrets": TEST_SECRETS,
    }
    for section, values in overrides.items():
        base[section] = {**base.get(section, {}), **values}
    return load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=base)


@pytest.fixture
def app(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    application = create_app(settings, flows=flows.ALL, clock=clock)
    yield application
    application.extensions["provider"].database.dispose()
    application.extensions["provider"].replica.dispose()


@pytest.fixture
def provider(app: Flask) -> Provider:
    found: Provider = app.extensions["provider"]
    return found


@pytest.fixture
def database(provider: Provider) -> Database:
    return provider.database


@pytest.fixture
def sealer(provider: Provider) -> Sealer:
    return provider.sealer


@pytest.fixture
def log(app: Flask, settings: Settings) -> Iterator[io.StringIO]:
    """What the provider logs, instead of standard error."""
    stream = io.StringIO()
    logging.configure(settings, stream)
    yield stream
    logging.configure(settings)
