"""Settings as variables: `IDP_<SECTION>__<NAME>`, a path of names in a tree.

The entries of a list are separated by commas (`IDP_SERVER__TRUSTED_PROXIES=10.0.0.0/8,192.0.2.1`); a table in a table
has one name more (`IDP_LIMITS__PASSWORD__TIMES=20`).
"""

from collections.abc import Mapping
from typing import get_args, get_origin

import msgspec


class VariableError(Exception):
    """A variable fits nowhere; the message says which setting and why."""


def read(environ: Mapping[str, str], kind: type[msgspec.Struct]) -> dict[str, object]:
    """Return the tree that the variables of this environment write, as far as `kind` says how.

    Raises `VariableError`.
    """
    tree: dict[str, object] = {}
    for variable in sorted(name for name in environ if name.startswith("IDP_") and "__" in name):
        *sections, name = variable.removeprefix("IDP_").lower().split("__")
        table = tree
        for section in sections:
            below = table.setdefault(section, {})
            if not isinstance(below, dict):
                raise VariableError(f"{variable}: {'.'.join(sections)} has no fields")
            table = below
        table[name] = environ[variable]
    return {name: _read_as(value, _kind_within(kind, name), name) for name, value in tree.items()}


def _read_as(value: object, kind: object, path: str) -> object:
    """Return the texts of variables as what the setting is made of."""
    if isinstance(value, str):
        if _has_fields(kind):
            raise VariableError(f"{path}: a variable names one field, `{path}.<field>` with `__` for the dots")
        listed = [part.strip() for part in value.split(",") if part.strip()]
        return listed if get_origin(kind) is tuple else value
    if kind is not None and not _has_fields(kind):
        raise VariableError(f"{path}: it has no fields")
    fields = value if isinstance(value, dict) else {}
    return {name: _read_as(each, _kind_within(kind, name), f"{path}.{name}") for name, each in fields.items()}


def _kind_within(kind: object, name: str) -> object:
    """Return the type of this field; None where there is none."""
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    fields = msgspec.structs.fields(kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else ()
    return next((field.type for field in fields if field.name == name), None)


def _has_fields(kind: object) -> bool:
    return get_origin(kind) is dict or (isinstance(kind, type) and issubclass(kind, msgspec.Struct))
