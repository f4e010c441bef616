"""What editors and operators are given."""

import json

import pytest

from idp.clients import schema, secret


def test_the_schema_names_every_field_and_choice() -> None:
    parts = schema.document()["$defs"]

    assert {"redirect_uris", "backchannel_logout_uri", "policy", "environment"} <= parts["Client"]["properties"].keys()
    assert parts["Policy"]["properties"]["phone"]["enum"] == ["off", "optional", "required"]
    assert parts["Client"]["additionalProperties"] is False


def test_both_schemas_are_json() -> None:
    assert json.loads(json.dumps(schema.document()))["$ref"] == "#/$defs/Client"
    assert json.loads(json.dumps(schema.brand_document()))["$ref"] == "#/$defs/Brand"


def test_a_new_secret_fits_its_digest_and_does_not_show() -> None:
    made = secret.new()

    assert secret.digest(made.clear) == made.digest
    assert made.clear not in repr(made)


def test_a_short_secret_gets_no_digest() -> None:
    with pytest.raises(secret.TooShort):
        secret.digest("portal2026")
