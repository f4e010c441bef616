"""A code or an answer that reaches the wrong party is worth nothing there (RFC 9700 §4.4, §4.5, §4.8)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp import jose
from idp.provider import Provider
from tests.support.clients import bend, redirect_uri_of
from tests.support.clock import MovableClock
from tests.support.relying_party import ABSENT, LONG_STATE, RelyingParty, challenge_of
from tests.support.signed_in import new_person, sign_in
from tests.support.tokens import refused

pytestmark = pytest.mark.both_databases


@pytest.fixture
def signed_in(visitor: FlaskClient, provider: Provider, person: str) -> FlaskClient:
    sign_in(provider, visitor, person)
    return visitor


@pytest.mark.parametrize("mode", ["query", "form_post", "jwt", "form_post.jwt"])
@pytest.mark.parametrize("changes", [{}, {"scope": "nonsense"}, {"prompt": "nonsense"}, {"response_type": "token"}])
def test_every_answer_names_its_issuer(
    signed_in: FlaskClient, party: RelyingParty, mode: str, changes: dict[str, str]
) -> None:
    """RFC 9207 §2: a client that asked somebody else notices."""
    answer = party.authorize(signed_in, response_mode=mode, **changes)

    assert answer.parameters["iss"] == party.metadata["issuer"]
    assert answer.parameters["state"] == LONG_STATE


def test_a_code_is_worthless_to_another_client(app: Flask, signed_in: FlaskClient, party: RelyingParty) -> None:
    """The mix-up: an honest client is made to hand its code to the attacker, who has credentials of his own."""
    code = party.authorize(signed_in).code
    attacker = RelyingParty(app, "post", method="post")

    refused(attacker.exchange(code), "invalid_grant")
    refused(attacker.exchange(code, redirect_uri=redirect_uri_of("basic")), "invalid_grant")


def test_a_code_injected_into_another_browser_does_not_fit_its_verifier(
    signed_in: FlaskClient, party: RelyingParty
) -> None:
    """RFC 9700 §4.5.3.1: the victim's code, in the attacker's own session at the client."""
    stolen = party.authorize(signed_in, code_challenge=challenge_of("w" * 64)).code

    refused(party.exchange(stolen), "invalid_grant")


def test_the_challenge_cannot_be_taken_away_on_the_way(signed_in: FlaskClient, party: RelyingParty) -> None:
    """RFC 7636 §4.6, RFC 9700 §4.8.2, the client sends its verifier: the code must have had a challenge."""
    stripped = party.authorize(signed_in, code_challenge=ABSENT, code_challenge_method=ABSENT).code

    refused(party.exchange(stripped), "invalid_grant")


def test_a_challenge_cannot_be_left_unanswered(signed_in: FlaskClient, party: RelyingParty) -> None:
    code = party.authorize(signed_in).code

    refused(party.exchange(code, code_verifier=ABSENT), "invalid_grant")


def test_another_clients_signed_request_cannot_be_sent(
    app: Flask, signed_in: FlaskClient, provider: Provider, clock: MovableClock
) -> None:
    """Request object swap: signed by one registered client, sent in the name of another."""
    own, theirs = jose.generate("ES256", "k"), jose.generate("ES256", "k")
    bend(provider, "basic", jwks={"keys": [own.as_dict(private=False)]})
    bend(provider, "post", jwks={"keys": [theirs.as_dict(private=False)]})
    attacker, victim = RelyingParty(app, "post", method="post"), RelyingParty(app, "basic")
    now = clock.now().timestamp()
    signed_by_attacker = attacker.request_object(theirs, now)
    in_the_victims_name = victim.request_object(theirs, now)

    swapped = victim.authorize(signed_in, request=signed_by_attacker)
    forged = victim.authorize(signed_in, request=in_the_victims_name)

    assert (swapped.code, swapped.error) == ("", "invalid_request_object")
    assert (forged.code, forged.error) == ("", "invalid_request_object")


def test_a_journey_begun_in_one_browser_gives_no_code_for_the_person_of_another(
    app: Flask, signed_in: FlaskClient, party: RelyingParty, provider: Provider
) -> None:
    """The attacker sends the address of his own half-way sign-in to somebody: the code is that person's, not his."""
    attacker = app.test_client()
    sealed = party.authorize(attacker).response.request.args["request"]
    sign_in(provider, attacker, new_person(provider, "attacker@example.ch"))

    arrived = party.follow(signed_in, signed_in.get("/authorize/resume", query_string={"request": sealed}))
    his = party.follow(attacker, attacker.get("/authorize/resume", query_string={"request": sealed}))

    assert party.redeem(arrived)["claims"]["sub"] != party.redeem(his)["claims"]["sub"]
