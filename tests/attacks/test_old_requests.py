"""A request that was asked long ago, kept, and presented again when somebody is signed in for something else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp import interaction
from idp.grants import consents
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.relying_party import Answer, RelyingParty
from tests.support.signed_in import new_person, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def party(app: Flask) -> RelyingParty:
    return RelyingParty(app, "basic")


@pytest.fixture
def person(provider: Provider) -> str:
    return new_person(provider)


def sealed(answer: Answer) -> str:
    return answer.response.request.args["request"]


def present(party: RelyingParty, visitor: FlaskClient, request: str) -> Answer:
    return party.follow(visitor, visitor.get("/authorize/resume", query_string={"request": request}))


@pytest.mark.parametrize(
    ("asked", "journey"),
    [
        ({"prompt": "login"}, "reauthentication"),
        ({"max_age": "60"}, "reauthentication"),
        ({"prompt": "select_account"}, "login"),
    ],
)
@pytest.mark.parametrize("for_another", [True, False], ids=["signed in for another request", "signed in for none"])
def test_a_sign_in_for_something_else_does_not_answer_it(
    visitor: FlaskClient,
    party: RelyingParty,
    provider: Provider,
    person: str,
    clock: MovableClock,
    asked: dict[str, str],
    journey: str,
    for_another: bool,
) -> None:
    """OIDC Core §3.1.2.1: authenticated again, for this request"""
    kept = sealed(party.authorize(visitor, **asked))
    clock.forward(seconds=30)
    other = sealed(party.authorize(visitor))
    sign_in(provider, visitor, person, sealed=other if for_another else "")
    clock.forward(seconds=61)

    assert present(party, visitor, kept).address == f"/{journey}"


def test_a_portal_without_single_sign_on_is_not_opened_by_a_sign_in_for_another_request(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """A-16"""
    bend(provider, "basic", policy={"sso": "never"})
    kept, other = (sealed(party.authorize(visitor)) for _ in range(2))
    clock.forward(seconds=1)
    sign_in(provider, visitor, person, sealed=other)

    assert present(party, visitor, other).code
    assert present(party, visitor, kept).address == "/reauthentication"


def test_a_consent_to_another_request_does_not_answer_it(
    app: Flask, visitor: FlaskClient, provider: Provider, person: str, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1: prompt=consent"""
    stranger = RelyingParty(app, "asks-consent")
    sign_in(provider, visitor, person, "asks-consent")
    kept = sealed(stranger.authorize(visitor, prompt="consent"))
    clock.forward(seconds=1)
    with provider.database.transaction() as tx:
        consents.grant(tx, person, "asks-consent", ["openid"], request_id="another")

    assert present(stranger, visitor, kept).address == "/consent"


def test_its_own_sign_in_answers_it_for_an_hour(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    kept = sealed(party.authorize(visitor, prompt="login"))
    with provider.database.transaction() as tx:
        kept = interaction.journey_began(tx, kept)
    sign_in(provider, visitor, person, sealed=kept)
    clock.forward(minutes=25)
    assert present(party, visitor, kept).code

    clock.forward(minutes=25)
    assert present(party, visitor, kept).code
    clock.forward(minutes=25)

    assert present(party, visitor, kept).address == "/reauthentication"


def test_it_is_forgotten_after_an_hour(visitor: FlaskClient, party: RelyingParty, clock: MovableClock) -> None:
    """X-05"""
    kept = sealed(party.authorize(visitor))
    clock.forward(minutes=59)
    assert visitor.get("/login", query_string={"request": kept}).status_code == 200

    clock.forward(minutes=2)

    assert visitor.get("/login", query_string={"request": kept}).status_code == 400
    assert visitor.get("/authorize/resume", query_string={"request": kept}).status_code == 400
