import gc

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
