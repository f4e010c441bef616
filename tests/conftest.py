import gc
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG = ("e2e", "packaging", "outages", "attacks")
"""Folders whose files take minutes. They come first: with one of them last, one process works and the others wait."""

GARBAGE = 50_000
"""New objects before the collector looks for garbage. At 700 it takes a seventh of the time of a test: an application
is tens of thousands of objects that stay until the end of its test."""

pytest_plugins = [
    "tests.support.databases",
    "tests.support.application",
    "tests.support.inbox",
    "tests.support.clients",
]


def pytest_collection_finish() -> None:
    """Spare the collector what lives as long as the run: nine thousand tests and every module, read again each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long; everything else stays in its order."""
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in LONG)
