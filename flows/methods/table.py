"""Which screen belongs to which row of `idp.methods`: by convention the module of the method's name."""

from importlib import import_module

from flows.methods.method import AnyMethod, AnyOpening
from idp.methods import TABLE


def _methods() -> dict[str, AnyMethod]:
    names = [row.name for row in TABLE if row.proves and row.served]
    return {name: import_module(f"flows.methods.{name}").METHOD for name in names}


def _openings() -> dict[str, AnyOpening]:
    names = [row.name for row in TABLE if row.opens and row.served]
    return {name: import_module(f"flows.methods.{name}").OPENING for name in names}


METHODS = _methods()
"""The methods of the second step, strongest first."""

OPENINGS = _openings()
"""The first factors: steps that find out who comes, and set `person_id`."""
