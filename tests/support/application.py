"""The provider under test: real database, real clock interface, nothing mocked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import flows
from idp.app import create_app
from idp.database import Database
from idp.opaque import Vault
from idp.provider import Provider
from idp.settings import Settings, load_settings
from tests.support.clock import MovableClock

TEST_SECRETS = {"keys": {"test": b"0123456789abcdef0123456789abcdef"}, "active": "test"}


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


@pytest.fixture
def provider(app: Flask) -> Provider:
    found: Provider = app.extensions["provider"]
    return found


@pytest.fixture
def database(provider: Provider) -> Database:
    return provider.database


@pytest.fixture
def vault(provider: Provider) -> Vault:
    return provider.vault
