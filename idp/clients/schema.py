"""JSON Schema of the files, so that an editor completes and checks them while they are written.

Rules between fields are not in it: `idp clients check` knows those.
"""

from collections.abc import Mapping

import msgspec

from idp.clients.brand import Brand
from idp.clients.client import Client
from idp.clients.descriptions import DESCRIPTIONS
from idp.clients.files import ENVIRONMENTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(kind: type[Client]) -> dict[str, object]:
    """Return the schema of `config/clients/<client>.toml`, for clients of this type."""
    (reference,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    client = parts["Client"]
    client["properties"]["environment"] = _environments()
    client["required"] = [name for name in client["required"] if name != "client_id"]
    _describe(parts)
    return {"$schema": DIALECT, "title": "Vestibule client", **reference, "$defs": parts}


def brand_document() -> dict[str, object]:
    """Return the schema of `config/brands/<brand>/brand.toml`."""
    (reference,), parts = msgspec.json.schema_components([Brand], ref_template="#/$defs/{name}")
    parts["Brand"]["properties"]["environment"] = _environments()
    parts["Brand"]["required"] = [name for name in parts["Brand"]["required"] if name != "id"]
    _describe(parts)
    return {"$schema": DIALECT, "title": "Vestibule brand", **reference, "$defs": parts}


def _environments() -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: {"type": "object"} for name in ENVIRONMENTS},
        "additionalProperties": False,
    }


def _describe(parts: Mapping[str, dict[str, dict[str, dict[str, str]]]]) -> None:
    for name, part in parts.items():
        for field, description in DESCRIPTIONS.get(name, {}).items():
            part["properties"][field]["description"] = description
