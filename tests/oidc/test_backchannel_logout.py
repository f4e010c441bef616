"""A portal hears of the end of its session, over and over until it does (Back-Channel Logout)."""

import io
import json
from collections.abc import Iterator
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws

from idp.messages.delivery import NotNow, Parcel
from idp.oidc.backchannel_logout import EVENT, BackchannelLogout
from idp.outbound.client import Outbound
from idp.provider import Provider
from idp.sessions import ending
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in
from tests.support.web_server import Served, serving
from tests.support.worker import deliver

pytestmark = pytest.mark.both_databases


@pytest.fixture
def portal(provider: Provider) -> Iterator[Served]:
    """The back channel of the client `basic`, on this machine."""
    with serving() as served:
        bend(provider, "basic", backchannel_logout_uri=f"{served.url}/logout", allow_private_addresses=True)
        yield served


def test_logging_out_tells_the_portal(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, portal: Served
) -> None:
    """Back-Channel Logout §2.4: the claims of the token; §2.5: the one field of the form;
    oidcc-backchannel-rp-initiated-logout"""
    sign_in(provider, visitor, person)
    tokens = party.redeem(party.authorize(visitor))

    party.log_out(visitor, id_token_hint=tokens["id_token"])
    deliver(app)

    (seen,) = portal.requests
    assert (seen.method, seen.path) == ("POST", "/logout")
    assert seen.form.keys() == {"logout_token"}
    claims = party.verified(seen.form["logout_token"])
    assert claims["sub"] == tokens["claims"]["sub"]
    assert claims["sid"] == tokens["claims"]["sid"]
    assert claims["events"] == {EVENT: {}}
    assert claims["exp"] - claims["iat"] == 120
    assert claims["jti"]
    assert "nonce" not in claims
    assert jws.extract_compact(seen.form["logout_token"].encode()).headers()["typ"] == "logout+jwt"


def test_a_session_ended_by_anybody_is_told(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, portal: Served
) -> None:
    session = sign_in(provider, visitor, person)
    party.redeem(party.authorize(visitor))

    with provider.database.transaction() as tx:
        ending.end(tx, session.id, reason="test")
    deliver(app)

    assert len(portal.requests) == 1


def test_a_portal_that_is_down_is_told_later_with_a_fresh_token(
    app: Flask,
    visitor: FlaskClient,
    party: RelyingParty,
    provider: Provider,
    person: str,
    portal: Served,
    clock: MovableClock,
) -> None:
    """Back-Channel Logout §2.8"""
    sign_in(provider, visitor, person)
    tokens = party.redeem(party.authorize(visitor))
    portal.status = 503
    party.log_out(visitor, id_token_hint=tokens["id_token"])
    deliver(app)

    portal.status = 200
    clock.forward(minutes=10)
    deliver(app)
    clock.forward(hours=10)
    deliver(app)

    assert len(portal.requests) == 2
    first, second = (party.verified(seen.form["logout_token"]) for seen in portal.requests)
    assert second["iat"] > first["exp"]
    assert second["jti"] != first["jti"]


def test_a_slow_portal_holds_one_of_the_two_threads(provider: Provider, portal: Served, clock: MovableClock) -> None:
    """Another portal's sessions end in the meantime."""
    tell = BackchannelLogout(provider, Outbound(clock, at_once=12))
    parcel = Parcel("m1", "backchannel_logout", {"sub": "s", "sid": "s"}, "", "basic", 1, clock.now(), clock.now())
    refused = Event()
    portal.before = lambda _: refused.wait(5)

    def deliver() -> str:
        try:
            tell(parcel)
        except NotNow:
            refused.set()
            return "not now"
        return "told"

    assert sorted(in_parallel(deliver, deliver)) == ["not now", "told"]


def test_a_dead_portal_is_left_alone_and_the_log_names_it(
    app: Flask,
    visitor: FlaskClient,
    party: RelyingParty,
    provider: Provider,
    person: str,
    portal: Served,
    log: io.StringIO,
) -> None:
    """ASVS 16.3.4: the client, the purpose and the reason"""
    portal.status = 503
    for _ in range(5):
        sign_in(provider, visitor, person)
        party.log_out(visitor, id_token_hint=party.redeem(party.authorize(visitor))["id_token"])

    deliver(app)

    told = [json.loads(line) for line in log.getvalue().splitlines() if "outbound_call_" in line]
    assert len(portal.requests) == 3
    assert {(line["client"], line["kind"]) for line in told} == {("basic", "backchannel_logout")}
    assert told[0]["reason"] == "answered 503"


def test_a_portal_that_refuses_is_not_asked_again(
    app: Flask,
    visitor: FlaskClient,
    party: RelyingParty,
    provider: Provider,
    person: str,
    portal: Served,
    clock: MovableClock,
) -> None:
    """Back-Channel Logout §2.8: 400 is a refusal"""
    sign_in(provider, visitor, person)
    tokens = party.redeem(party.authorize(visitor))
    portal.status = 400
    party.log_out(visitor, id_token_hint=tokens["id_token"])
    deliver(app)

    clock.forward(hours=1)
    deliver(app)

    assert len(portal.requests) == 1


def test_a_private_address_is_not_called_unless_the_file_allows_it(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, portal: Served
) -> None:
    bend(provider, "basic", allow_private_addresses=False)
    sign_in(provider, visitor, person)
    tokens = party.redeem(party.authorize(visitor))

    party.log_out(visitor, id_token_hint=tokens["id_token"])
    deliver(app)

    assert portal.requests == []
