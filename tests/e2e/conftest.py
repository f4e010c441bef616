"""Real servers speak real time: no movable clock here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.sites import Sites, serving


@pytest.fixture
def client_ids() -> tuple[str, ...]:
    """The portals a test file needs: override this fixture there."""
    return ("e-services", "connect", "connect-assures", "espace-personnel")


@pytest.fixture
def sites(tmp_path: Path, database_url: str, client_ids: tuple[str, ...]) -> Iterator[Sites]:
    with serving(tmp_path, database_url, *client_ids) as running:
        yield running
