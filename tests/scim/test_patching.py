"""PATCH (RFC 7644 §3.5.2), with the ways of Entra ID and Okta."""

from typing import Any

import pytest

from idp.scim import patching
from idp.scim.errors import ScimError
from idp.scim.schemas import GROUPS, USERS

WORK = {"type": "work", "value": "n@example.ch", "primary": True}
USER: dict[str, Any] = {
    "id": "1",
    "userName": "nina",
    "externalId": "e1",
    "name": {"givenName": "Nina", "familyName": "Neu"},
    "emails": [WORK],
    "active": True,
}
OTHER = {"givenName": "Nina", "familyName": "X"}
MOVED = {**WORK, "value": "m@x"}
HOME, FIRST = {"type": "home", "value": "h@x"}, {"value": "f@x", "primary": True}
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    return patching.apply({"schemas": [patching.SCHEMA], "Operations": list(operations)}, USER, USERS)


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "replace", "path": "userName", "value": "nora"}, {"userName": "nora"}),
        ({"op": "Replace", "path": "USERNAME", "value": "nora"}, {"userName": "nora"}),
        ({"op": "Replace", "path": f"{CORE}:userName", "value": "nora"}, {"userName": "nora"}),
        ({"op": "Add", "path": "userName", "value": [{"value": "nora"}]}, {"userName": "nora"}),
        ({"op": "replace", "path": "name.givenName", "value": "Nora"}, {"name": {**USER["name"], "givenName": "Nora"}}),
        ({"op": "replace", "path": "name", "value": {"familyName": "X"}}, {"name": OTHER}),
        ({"op": "Replace", "value": {"active": "False", "name.familyName": "X"}}, {"active": "False", "name": OTHER}),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "m@x"}, {"emails": [MOVED]}),
        ({"op": "Add", "path": 'emails[type eq "home"].value', "value": "h@x"}, {"emails": [WORK, HOME]}),
        ({"op": "add", "path": "emails", "value": [FIRST]}, {"emails": [{**WORK, "primary": False}, FIRST]}),
        ({"op": "add", "path": "emails", "value": [WORK]}, {}),
        ({"op": "replace", "path": "emails", "value": [{"value": "m@x.ch"}]}, {"emails": [{"value": "m@x.ch"}]}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": []}),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, {}),
        ({"op": "Remove", "path": "externalId"}, {"externalId": None}),
        ({"op": "replace", "value": {"id": "1", "externalId": "e2", "groups": []}}, {"externalId": "e2"}),
        ({"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Sales"}, {}),
        ({"op": "replace", "value": {f"{ENTERPRISE}:department": "Sales", "title": "Dr"}}, {}),
        ({"op": "add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+41791234567"}, {}),
        ({"op": "replace", "path": "name.formatted", "value": "Nina Neu"}, {}),
    ],
)  # fmt: skip
def test_an_operation_changes_this_and_nothing_else(operation: dict[str, Any], changed: dict[str, Any]) -> None:
    """RFC 7644 §3.5.2, §3.5.2.3; RFC 7643 §2.1"""
    wanted = {name: value for name, value in {**USER, **changed}.items() if value is not None}

    assert patched(operation) == wanted


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "move", "path": "userName"}, "invalidSyntax"),
        ({"path": "userName", "value": "x"}, "invalidSyntax"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "userNam", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "name.first", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type].value", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'userName[value eq "x"]', "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": CORE, "value": {}}, "invalidPath"),
        ({"op": "replace", "path": ["userName"], "value": "x"}, "invalidPath"),
        ({"op": "add", "path": 'emails[value co "zz"].type', "value": "x"}, "noTarget"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
    ],
)
def test_an_operation_that_cannot_be_carried_out(operation: dict[str, Any], scim_type: str) -> None:
    """RFC 7644 §3.12, table 9"""
    with pytest.raises(ScimError) as refused:
        patched(operation)

    assert (refused.value.status, refused.value.scim_type) == (400, scim_type)


@pytest.mark.parametrize("body", [{}, {"Operations": []}, {"Operations": {}}, {"Operations": ["x"]}, {"schemas": []}])
def test_a_body_without_operations_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ScimError) as refused:
        patching.apply(body, USER, USERS)

    assert refused.value.scim_type == "invalidSyntax"


def test_the_resource_before_stays_as_it_was() -> None:
    patched({"op": "replace", "path": 'emails[type eq "work"].value', "value": "m@x.ch"})

    assert USER["emails"] == [{"type": "work", "value": "n@example.ch", "primary": True}]


def test_members_are_removed_by_value() -> None:
    """Entra ID names them in the value"""
    group = {"id": "g", "members": [{"value": "1"}, {"value": "2"}]}
    body = {"Operations": [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "1"}]}]}

    assert patching.apply(body, group, GROUPS)["members"] == [{"value": "2"}]
