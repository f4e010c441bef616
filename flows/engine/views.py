"""The two addresses of every journey: `/<flow>` until its first POST made a run, `/<flow>/<run>` from then on."""

from collections.abc import Callable

from flask import Blueprint

from flows.engine.flow import Flow
from idp.provider import Provider


def journeys(*flows: Flow) -> Callable[[Provider], Blueprint]:
    """What `flows.ALL` holds: given the provider, the blueprint that serves these journeys."""
    raise NotImplementedError
