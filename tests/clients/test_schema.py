"""What editors and operators are given."""

import json
from typing import Any

import pytest

from idp.clients import schema
from idp.oidc.served_client import ServedClient
from idp.oidc.token.endpoint import GRANTS


def test_the_schema_names_every_field_and_choice() -> None:
    parts = schema.document(ServedClient)["$defs"]

    assert {"redirect_uris", "backchannel_logout_uri", "policy", "environment"} <= parts["Client"]["properties"].keys()
    assert parts["Policy"]["properties"]["phone"]["enum"] == ["off", "optional", "required"]
    assert set(parts["Client"]["properties"]["grant_types"]["items"]["enum"]) == GRANTS.keys()
    assert parts["Client"]["additionalProperties"] is False


def test_both_schemas_are_json() -> None:
    assert json.loads(json.dumps(schema.document(ServedClient)))["$ref"] == "#/$defs/Client"
    assert json.loads(json.dumps(schema.brand_document()))["$ref"] == "#/$defs/Brand"


@pytest.mark.parametrize("document", [schema.document(ServedClient), schema.brand_document()], ids=["client", "brand"])
def test_every_field_has_a_description(document: dict[str, Any]) -> None:
    silent = [
        f"{name}.{field}"
        for name, part in document["$defs"].items()
        for field, described in part.get("properties", {}).items()
        if not described.get("description", "").endswith((".", ")."))
    ]

    assert silent == []
