"""Requests that no directory should send: a clear refusal in SCIM's words, never a fault of ours."""

from typing import Any

import pytest
from flask import Flask

from tests.scim.conftest import MEDIA_TYPE, SCIM, DirectoryClient, new_user, refused

ADDRESS = "nina.neu@example.ch"


@pytest.mark.parametrize(
    ("more", "scim_type"),
    [
        ({"userName": ""}, "invalidValue"),
        ({"userName": None}, "invalidValue"),
        ({"userName": 5}, "invalidValue"),
        ({"userName": "x" * 201}, "invalidValue"),
        ({"userName": "nina", "emails": []}, "invalidValue"),
        ({"emails": "nina@example.ch"}, "invalidValue"),
        ({"emails": ["nina@example.ch"]}, "invalidValue"),
        ({"emails": [{"type": "work"}]}, "invalidValue"),
        ({"emails": [{"value": "no address"}]}, "invalidValue"),
        ({"emails": [{"value": ADDRESS}] * 11}, "invalidValue"),
        ({"emails": [{"value": ADDRESS, "primary": True}, {"value": "m@x.ch", "primary": True}]}, "invalidValue"),
        ({"active": "perhaps"}, "invalidValue"),
        ({"active": 1}, "invalidValue"),
        ({"name": "Nina"}, "invalidValue"),
        ({"name": {"givenName": ["x"]}}, "invalidValue"),
        ({"externalId": {"x": 1}}, "invalidValue"),
    ],
)
def test_a_user_that_cannot_be_one(directory: DirectoryClient, more: dict[str, Any], scim_type: str) -> None:
    refused(directory.post("/Users", new_user(ADDRESS, **more)), 400, scim_type)
    assert len(directory.get("/Users").get_json()["Resources"]) == 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"userName": "\\ud800"}', b"[" * 5000])
def test_a_body_that_is_no_object(app: Flask, directory: DirectoryClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {directory.token}"}

    for method, path in (("POST", "/Users"), ("POST", "/.search"), ("PATCH", "/Groups/salaries")):
        answer = app.test_client().open(SCIM + path, method=method, data=body, headers=headers, content_type=MEDIA_TYPE)
        assert answer.status_code == 400, answer.text
        assert answer.content_type == MEDIA_TYPE


def test_a_body_of_another_type(app: Flask, directory: DirectoryClient) -> None:
    headers = {"Authorization": f"Bearer {directory.token}"}

    refused(app.test_client().post(f"{SCIM}/Users", data={"userName": "x"}, headers=headers), 415)


@pytest.mark.parametrize(
    ("query", "scim_type"),
    [
        ("filter=userName", "invalidFilter"),
        ("startIndex=x", "invalidValue"),
        ("count=1.5", "invalidValue"),
        ("attributes=userName&excludedAttributes=name", "invalidValue"),
    ],
)
def test_a_query_that_cannot_be_read(directory: DirectoryClient, query: str, scim_type: str) -> None:
    refused(directory.get(f"/Users?{query}"), 400, scim_type)


def test_numbers_out_of_range_are_brought_into_it(directory: DirectoryClient) -> None:
    """RFC 7644 §3.4.2.4"""
    answer = directory.get("/Users?startIndex=-5&count=-1").get_json()

    assert (answer["startIndex"], answer["itemsPerPage"], answer["totalResults"]) == (1, 0, 2)
    assert directory.get(f"/Users?startIndex={10**30}").get_json()["Resources"] == []


def test_an_order_that_is_not_offered_is_passed_over(directory: DirectoryClient) -> None:
    """RFC 7644 §3.4.2, §3.4.2.3"""
    assert directory.get("/Users?sortBy=userName&sortOrder=descending").get_json()["totalResults"] == 2


def test_addresses_and_methods_that_do_not_exist(directory: DirectoryClient) -> None:
    refused(directory.get("/Nothing"), 404)
    refused(directory.get("/Schemas/urn:nothing"), 404)
    refused(directory.get("/Schemas?filter=id pr"), 403)
    answer = directory.send("DELETE", "/Users")
    refused(answer, 405)
    assert answer.headers["Allow"] == "GET, POST"


def test_the_service_describes_itself(directory: DirectoryClient) -> None:
    """RFC 7643 §5, §6, §7; RFC 7644 §3.2, §4"""
    config = directory.get("/ServiceProviderConfig").get_json()

    assert (config["patch"]["supported"], config["bulk"]["supported"], config["etag"]["supported"]) == (
        True,
        False,
        True,
    )
    schema = directory.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").get_json()
    assert {each["name"] for each in schema["attributes"]} == {"userName", "name", "emails", "active", "groups"}
    assert directory.get("/ResourceTypes/Group").get_json()["endpoint"] == "/Groups"


def test_everything_is_searched_at_once(directory: DirectoryClient) -> None:
    """RFC 7644 §3.4.3"""
    found = directory.post("/.search", {"attributes": ["meta.resourceType"]}).get_json()

    assert {each["meta"]["resourceType"] for each in found["Resources"]} == {"User", "Group"}
