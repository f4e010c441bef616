"""A rotation in the middle of everything: what was signed before stays good, what comes after has the new key."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient, good

pytestmark = pytest.mark.both_databases


def test_tokens_in_flight_survive_a_rotation(
    app: Flask, provider: Provider, visitor: FlaskClient, person: str, clock: MovableClock
) -> None:
    """OP key rotation (Dynamic OP): the new key is added, the old one kept."""
    sign_in(provider, visitor, person)
    client, party = TokenClient(app, "basic"), RelyingParty(app, "basic")
    before = client.tokens(person, scope="openid offline_access")
    for algorithm in ("RS256", "ES256"):
        provider.signing_keys.rotate(algorithm, soon=True)
    clock.forward(seconds=10)

    after = good(client.refresh(before["refresh_token"]))

    for name in ("id_token", "access_token"):
        old, new = client.decoded(before[name]).header["kid"], client.decoded(after[name]).header["kid"]
        assert old != new
        assert {old, new} <= {key["kid"] for key in client.http.get("/jwks.json").get_json()["keys"]}
    assert client.userinfo(before["access_token"]).status_code == 200
    assert client.userinfo(after["access_token"]).status_code == 200
    assert party.authorize(visitor, prompt="none", id_token_hint=before["id_token"]).code


def test_a_key_announced_today_signs_tomorrow(app: Flask, provider: Provider, person: str, clock: MovableClock) -> None:
    client = TokenClient(app, "basic")
    now = client.decoded(client.tokens(person)["id_token"]).header["kid"]
    coming = provider.signing_keys.rotate("RS256").kid

    assert coming in {key["kid"] for key in client.http.get("/jwks.json").get_json()["keys"]}
    assert client.decoded(client.tokens(person)["id_token"]).header["kid"] == now
    clock.forward(days=1)
    client.session = None
    assert client.decoded(client.tokens(person)["id_token"]).header["kid"] == coming
