"""What a person goes through on screen: journeys made of steps, and the pages of signed-in people.

Imports `idp`, never `idp.oidc`. A journey is a `Flow`: a list of steps of which the first unmet one is shown.

Entry point: `ALL`, the journeys that `wsgi.py` plugs into the application.
"""

from typing import Any

ALL: tuple[Any, ...] = ()
