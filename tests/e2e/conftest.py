"""Real servers speak real time: no movable clock here."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.sites import Sites, serving
from tests.support.chromium import Chromium

PORTALS = ("e-services", "connect", "connect-assures", "espace-personnel")


@pytest.fixture
def client_ids() -> tuple[str, ...]:
    """The portals a test file needs: override this fixture there."""
    return PORTALS


@pytest.fixture
def sites(tmp_path: Path, database_url: str, client_ids: tuple[str, ...]) -> Iterator[Sites]:
    with serving(tmp_path, database_url, *client_ids) as running:
        yield running


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Sites]:
    """All sites, started once for a whole file: its tests bring people of their own."""
    folder = tmp_path_factory.mktemp("town")
    shutil.copyfile(sqlite_template, folder / "idp.sqlite3")
    with serving(folder, f"sqlite:///{folder / 'idp.sqlite3'}", *PORTALS) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser
