"""`/introspect` (RFC 7662): active only what is live, and only for whom it concerns."""

import pytest
from flask import Flask

from idp import methods
from idp.database import Database
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.tokens import TokenClient, good, refused, start_session

pytestmark = pytest.mark.both_databases

API = "https://api.example.ch/"


@pytest.fixture
def post(app: Flask) -> TokenClient:
    return TokenClient(app, "post")


def test_a_live_access_token_is_described(basic: TokenClient, person: str, clock: MovableClock) -> None:
    """RFC 7662 §2.2"""
    token = basic.tokens(person, scope="openid email")["access_token"]

    state = good(basic.post("/introspect", token=token))

    assert state["active"] is True
    assert (state["sub"], state["client_id"], state["scope"]) == (person, "basic", "openid email")
    assert state["token_type"] == "Bearer"
    assert state["exp"] == int(clock.now().timestamp()) + 300
    assert {"iss", "aud", "iat", "jti", "acr", "auth_time"} <= set(state)


def test_a_token_says_how_its_person_signed_in_and_a_later_step_does_not_change_it(
    provider: Provider, basic: TokenClient, person: str, clock: MovableClock
) -> None:
    """RFC 9470 §6.1, §6.2: acr and auth_time tell a resource whether it has to ask for more"""
    weak = basic.tokens(person)["access_token"]
    clock.forward(minutes=1)
    basic.session = start_session(provider, person, "basic", methods.PASSWORD, methods.TOTP)
    strong = basic.tokens(person)["access_token"]

    told = [good(basic.post("/introspect", token=token)) for token in (weak, strong)]

    assert [state["acr"] for state in told] == ["password", "mfa"]
    assert told[1]["auth_time"] - told[0]["auth_time"] == 60
    for token, state in zip((weak, strong), told, strict=True):
        claims = basic.verified(token)
        assert (claims["acr"], claims["auth_time"]) == (state["acr"], state["auth_time"])


def test_an_opaque_token_is_described_like_a_jwt(basic: TokenClient, post: TokenClient, person: str) -> None:
    jwt = good(basic.post("/introspect", token=basic.tokens(person)["access_token"]))
    opaque = good(post.post("/introspect", token=post.tokens(person)["access_token"]))

    assert set(jwt) == set(opaque)


def test_a_refresh_token_is_described_to_its_client(basic: TokenClient, person: str) -> None:
    tokens = basic.tokens(person, scope="openid offline_access")

    state = good(basic.post("/introspect", token=tokens["refresh_token"], token_type_hint="refresh_token"))

    assert (state["active"], state["scope"]) == (True, "openid offline_access")


def test_a_spent_refresh_token_is_not_active(basic: TokenClient, person: str) -> None:
    parent = basic.tokens(person)["refresh_token"]
    good(basic.refresh(parent))

    assert good(basic.post("/introspect", token=parent)) == {"active": False}


def test_another_client_s_token_is_not_active(basic: TokenClient, post: TokenClient, person: str) -> None:
    """RFC 7662 §2.2: nothing but inactive to whom it does not concern"""
    tokens = basic.tokens(person)

    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert good(post.post("/introspect", token=token)) == {"active": False}


def test_a_resource_server_sees_the_tokens_made_for_it(
    provider: Provider, basic: TokenClient, post: TokenClient, person: str
) -> None:
    bend(provider, "basic", audiences=(API,))
    bend(provider, "post", audiences=(API,))
    token = basic.tokens(person, resources=(API,))["access_token"]

    assert good(post.post("/introspect", token=token))["aud"] == [API, "http://localhost/userinfo"]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "x" * 20_000])
def test_any_other_text_is_not_active(basic: TokenClient, token: str) -> None:
    """RFC 7662 §2.2: not an error"""
    assert good(basic.post("/introspect", token=token)) == {"active": False}


def test_an_expired_token_is_not_active(basic: TokenClient, person: str, clock: MovableClock) -> None:
    token = basic.tokens(person)["access_token"]
    clock.forward(minutes=5)

    assert good(basic.post("/introspect", token=token)) == {"active": False}


def test_a_token_of_an_ended_session_is_not_active(basic: TokenClient, person: str) -> None:
    token = basic.tokens(person)["access_token"]
    basic.end_session()

    assert good(basic.post("/introspect", token=token)) == {"active": False}


def test_rights_are_read_afresh(basic: TokenClient, person: str, database: Database) -> None:
    """B-42, B-52"""
    with database.transaction() as tx:
        company = organisation.register(tx, fund="AK00", number="1", name="Muster AG")
        member = memberships.join(tx, company.id, person, Rights(topics=("wages",)))
    token = basic.tokens(person, scope="openid organisations")["access_token"]
    with database.transaction() as tx:
        memberships.change_rights(tx, member.id, Rights(topics=("pensions",)))

    state = good(basic.post("/introspect", token=token))

    assert state["organisations"][0]["topics"] == ["pensions"]


def test_a_public_client_cannot_ask(app: Flask) -> None:
    """RFC 7662 §2: the client authenticates"""
    refused(TokenClient(app, "public").post("/introspect", token="x"), "invalid_client", 401)


def test_a_client_must_authenticate(basic: TokenClient) -> None:
    """RFC 7662 §2.1: the endpoint is protected against scanning"""
    refused(basic.http.post("/introspect", data={"token": "x"}), "invalid_client", 401)


def test_a_missing_token_is_an_invalid_request(basic: TokenClient) -> None:
    refused(basic.post("/introspect"), "invalid_request")
