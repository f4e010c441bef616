"""Programs speak to these endpoints: every answer is JSON, or empty and then says nothing of a type."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.app import MACHINE_BLUEPRINTS
from tests.support.tokens import TokenClient

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BODIES = ({}, {"data": {"token": "x"}}, {"data": b"\xff=%ff", "content_type": "application/x-www-form-urlencoded"})
JSON = {"application/json", "application/jwk-set+json", "application/problem+json", "application/scim+json"}
READ_BY_PEOPLE = {"/api/v1/reference"}
"""The page that explains the API to those who write programs."""
ACCEPTED = ("*/*", "text/html", "application/json")


def assert_for_programs(answer: TestResponse) -> None:
    if answer.content_length or answer.data:
        assert answer.mimetype in JSON, answer.text[:200]
    else:
        assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("method", METHODS)
def test_whatever_is_asked_of_them(app: Flask, visitor: FlaskClient, method: str) -> None:
    """RFC 6749 §5.2, RFC 9110 §15.5.6"""
    statuses = set()

    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in MACHINE_BLUEPRINTS or rule.rule in READ_BY_PEOPLE:
            continue
        for body in BODIES if method in {"POST", "PUT", "PATCH"} else BODIES[:1]:
            for accepted in ACCEPTED:
                address = rule.rule.replace("<client_id>", "x")
                answer = visitor.open(address, method=method, headers={"Accept": accepted}, **body)
                assert_for_programs(answer)
                statuses.add(answer.status_code)

    assert statuses & {405, 200, 204}


def test_a_revoked_token_is_answered_with_nothing(basic: TokenClient, person: str) -> None:
    """RFC 7009 §2.2: oidc-client-ts refuses an answer that calls itself text/html"""
    answer = basic.post("/revoke", token=basic.tokens(person)["access_token"])

    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Type" not in answer.headers


def test_a_wrong_method_is_told_in_the_words_of_oauth(visitor: FlaskClient) -> None:
    answer = visitor.get("/token", headers={"Accept": "text/html"})

    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})
    assert answer.get_json()["error"] == "invalid_request"
