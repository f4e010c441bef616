"""The worker of the provider under test, run when a test says so."""

from flask import Flask

from idp.app import worker_of


def deliver(app: Flask) -> int:
    """Deliver what is due now; how many messages were taken."""
    return worker_of(app.extensions["provider"]).run_once()
