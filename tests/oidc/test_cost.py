"""What the hot paths ask of the database (decision 0004): statements and transactions, never times."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from idp import random_values
from idp.provider import Provider
from tests.flows.organisation.conftest import Firm, admin, claire, firm, luca
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.counting import Asked, cost
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient, good

__all__ = ["admin", "claire", "firm", "luca"]

pytestmark = pytest.mark.both_databases


INITIAL = "the-initial-access-token-of-the-test"
REDIRECT = "https://new.example.org/callback"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint(INITIAL)]}}


@pytest.fixture
def registered_party(app: Flask) -> RelyingParty:
    """A client that registered itself: one in a file costs no statement."""
    metadata = {
        "client_name": "New",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none",
        "scope": "openid",
    }
    answer = app.test_client().post("/registration", json=metadata, headers={"Authorization": f"Bearer {INITIAL}"})
    return RelyingParty(app, answer.get_json()["client_id"], redirect_uri=REDIRECT, method="none")


def test_a_machines_token_asks_the_database_nothing(provider: Provider, basic: TokenClient) -> None:
    """Rulings 26"""
    bend(provider, "basic", grant_types=("client_credentials",), policy={"access_token_format": "jwt"})

    asked = cost(provider.database, lambda: good(basic.post("/token", grant_type="client_credentials")))

    assert asked == Asked(statements=0, transactions=0)


def test_a_code_is_redeemed_in_one_transaction_of_three_statements(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """Spend, store the family if the session is live, note it: nothing more."""
    codes = [basic.code(person) for _ in range(2)]

    assert cost(provider.database, lambda: good(basic.redeem(codes.pop()))) == Asked(statements=3, transactions=1)


def test_a_refresh_is_one_look_and_one_update(provider: Provider, basic: TokenClient, person: str) -> None:
    bend(provider, "basic", policy={"access_token_format": "jwt"})
    held = [basic.tokens(person, scope="openid offline_access")["refresh_token"]]

    def refresh() -> None:
        held.append(good(basic.refresh(held.pop()))["refresh_token"])

    assert cost(provider.database, refresh) == Asked(statements=2, transactions=1)


@pytest.mark.parametrize(("token_format", "statements"), [("jwt", 1), ("opaque", 1)])
def test_userinfo_reads_the_claims_with_the_question_whether_the_token_lives(
    provider: Provider, basic: TokenClient, person: str, token_format: str, statements: int
) -> None:
    bend(provider, "basic", policy={"access_token_format": token_format})
    token = basic.tokens(person, scope="openid email")["access_token"]

    assert cost(provider.database, lambda: good(basic.userinfo(token))) == Asked(statements=statements, transactions=0)


@pytest.mark.parametrize(("token_format", "statements"), [("jwt", 1), ("opaque", 1)])
def test_introspection_asks_one_question(
    provider: Provider, basic: TokenClient, person: str, token_format: str, statements: int
) -> None:
    bend(provider, "basic", policy={"access_token_format": token_format})
    token = basic.tokens(person)["access_token"]

    assert cost(provider.database, lambda: good(basic.post("/introspect", token=token))) == Asked(statements, 0)


@pytest.mark.parametrize("address", ["/.well-known/openid-configuration", "/jwks.json"])
def test_what_clients_read_about_us_asks_the_database_nothing(
    provider: Provider, basic: TokenClient, address: str
) -> None:
    assert cost(provider.database, lambda: good(basic.http.get(address))) == Asked(statements=0, transactions=0)


def test_a_live_session_gets_its_code_in_one_transaction(
    provider: Provider, party: RelyingParty, visitor: Any, person: str
) -> None:
    """X-30: the one write of the authorization endpoint."""
    sign_in(provider, visitor, person, "basic")

    asked = cost(provider.database, lambda: party.authorize(visitor).parameters["code"])

    assert asked == Asked(statements=3, transactions=1), asked.texts


def test_the_client_of_a_request_is_looked_up_once(
    provider: Provider, registered_party: RelyingParty, visitor: FlaskClient
) -> None:
    request = registered_party.request()
    arrived = visitor.get("/authorize", query_string=request)
    sealed = {"request": parse_qs(urlsplit(arrived.headers["Location"]).query)["request"]}

    costs = {
        "authorize": cost(provider.database, lambda: visitor.get("/authorize", query_string=request)),
        "authorize by POST": cost(provider.database, lambda: visitor.post("/authorize", data=request)),
        "resume": cost(provider.database, lambda: visitor.get("/authorize/resume", query_string=sealed)),
        "par": cost(provider.database, lambda: registered_party.push(client_id=registered_party.client_id)),
    }

    assert {place: asked.clients for place, asked in costs.items()} == dict.fromkeys(costs, 1)


def test_the_page_of_a_user_asks_who_comes_and_about_whom_once(provider: Provider, admin: Browser, firm: Firm) -> None:
    """B-30: the session, the company, the right, the user, how many administrators there are; and of an only one, who
    is invited to be the second."""
    asked = cost(provider.database, lambda: admin.get(firm.edit(firm.claire)))

    assert asked.transactions == 0
    assert asked.statements <= 7


def test_saving_a_users_rights_asks_and_writes_little_more(provider: Provider, admin: Browser, firm: Firm) -> None:
    """B-27: a run, the rights, two events, a mail, and the page that the redirect leads to."""
    topics = iter(["contributions", "salaries"])

    def save() -> None:
        admin.page = pages.pop()
        admin.fill(topics=next(topics)).press("save")
        assert "Saved." in admin.page.text

    pages = [admin.get(firm.edit(firm.luca)) for _ in range(2)]

    assert cost(provider.database, save).statements <= 25


def test_a_strangers_sign_in_page_does_not_even_take_a_connection(
    app: Flask, provider: Provider, party: RelyingParty
) -> None:
    visitor = app.test_client(use_cookies=False)
    page = visitor.get("/authorize", query_string=party.request()).headers["Location"]
    taken: list[object] = []
    pool = provider.database.reading_engine.pool
    sa.event.listen(pool, "checkout", lambda *arguments: taken.append(arguments))

    asked = cost(provider.database, lambda: visitor.get(page).text.index("password"))

    assert asked == Asked(statements=0, transactions=0)
    assert taken == []
