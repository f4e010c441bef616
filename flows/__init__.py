"""What a person goes through on screen: journeys made of steps, and the pages of signed-in people.

Imports `idp`, never `idp.oidc`. A journey is a `Flow`: a list of steps of which the first unmet one is shown.

Entry points: `ALL`, what is plugged into the application (each a function from the provider to a blueprint), and
`JOURNEYS`, the journeys among it.
"""

from collections.abc import Callable

from flask import Blueprint

from flows.engine.flow import Flow
from flows.engine.views import journeys
from flows.login import LOGIN
from idp.provider import Provider

JOURNEYS: tuple[Flow, ...] = (LOGIN,)

ALL: tuple[Callable[[Provider], Blueprint], ...] = (journeys(*JOURNEYS),)
