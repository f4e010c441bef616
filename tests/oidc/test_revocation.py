"""`/revoke` (RFC 7009): what a client gives back works no more, and nobody learns anything from trying."""

import pytest
from flask import Flask

from tests.support.tokens import TokenClient, good, refused

pytestmark = pytest.mark.both_databases


def test_revoking_a_refresh_token_ends_the_whole_family(basic: TokenClient, person: str) -> None:
    """RFC 7009 §2.1"""
    tokens = basic.tokens(person)

    response = basic.post("/revoke", token=tokens["refresh_token"], token_type_hint="refresh_token")

    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Cache-Control"] == "no-store"
    refused(basic.refresh(tokens["refresh_token"]), "invalid_grant")
    assert basic.userinfo(tokens["access_token"]).status_code == 401


def test_an_old_refresh_token_ends_the_family_too(basic: TokenClient, person: str) -> None:
    parent = basic.tokens(person)["refresh_token"]
    token = good(basic.refresh(parent))["refresh_token"]

    basic.post("/revoke", token=parent)

    refused(basic.refresh(token), "invalid_grant")


def test_an_invented_token_of_a_real_family_ends_nothing(basic: TokenClient, person: str) -> None:
    token = basic.tokens(person)["refresh_token"]
    family = token.partition(".")[0]

    assert basic.post("/revoke", token=f"{family}.invented.tag").status_code == 200

    good(basic.refresh(token))


@pytest.mark.parametrize("client_id", ["basic", "post", "public"])
def test_an_access_token_ends_alone(app: Flask, person: str, client_id: str) -> None:
    client = TokenClient(app, client_id)
    tokens = client.tokens(person)

    assert client.post("/revoke", token=tokens["access_token"], token_type_hint="access_token").status_code == 200

    assert client.userinfo(tokens["access_token"]).status_code == 401
    good(client.refresh(tokens["refresh_token"]))


def test_a_wrong_hint_does_not_matter(basic: TokenClient, person: str) -> None:
    """RFC 7009 §2.1: the hint is only a hint"""
    tokens = basic.tokens(person)

    basic.post("/revoke", token=tokens["refresh_token"], token_type_hint="access_token")

    refused(basic.refresh(tokens["refresh_token"]), "invalid_grant")


def test_revoking_twice_is_as_good_as_once(basic: TokenClient, person: str) -> None:
    token = basic.tokens(person)["access_token"]

    assert [basic.post("/revoke", token=token).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "x" * 20_000])
def test_an_unknown_token_is_answered_like_a_revoked_one(basic: TokenClient, token: str) -> None:
    """RFC 7009 §2.2"""
    assert basic.post("/revoke", token=token).status_code == 200


def test_another_client_s_tokens_cannot_be_revoked(app: Flask, basic: TokenClient, person: str) -> None:
    """RFC 7009 §2.1: issued to the client that asks"""
    tokens = basic.tokens(person)
    post = TokenClient(app, "post")

    refused(post.post("/revoke", token=tokens["refresh_token"]), "invalid_grant")
    refused(post.post("/revoke", token=tokens["access_token"]), "invalid_grant")

    assert basic.userinfo(tokens["access_token"]).status_code == 200
    good(basic.refresh(tokens["refresh_token"]))


def test_a_client_must_authenticate(basic: TokenClient) -> None:
    """RFC 7009 §2.1"""
    refused(basic.http.post("/revoke", data={"token": "x"}), "invalid_client", 401)
