"""Portals that are told of a logout through the browser (Front-Channel Logout)."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.relying_party import LONG_STATE, RelyingParty
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases

BACK = "https://front-channel.example.ch/"


@pytest.fixture
def party(app: Flask) -> RelyingParty:
    return RelyingParty(app, "front-channel")


def frames(page: str) -> list[str]:
    return [unescape(address) for address in re.findall(r'<iframe src="([^"]+)"', page)]


def test_the_portal_is_loaded_in_a_frame_and_then_the_person_goes_back(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """Front-Channel Logout §2, §3: an iframe with iss and sid; oidcc-frontchannel-rp-initiated-logout"""
    sign_in(provider, visitor, person, "front-channel")
    tokens = party.redeem(party.authorize(visitor))

    page = party.log_out(visitor, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK, state=LONG_STATE)

    sid = tokens["claims"]["sid"]
    assert frames(page.text) == [
        f"https://front-channel.example.ch/frontchannel-logout?iss=http%3A%2F%2Flocalhost&sid={sid}"
    ]
    assert f"{BACK}?state={LONG_STATE}" in page.text
    assert "frame-src https://front-channel.example.ch;" in page.headers["Content-Security-Policy"]
    assert party.authorize(visitor, prompt="none").error == "login_required"


def test_every_portal_of_the_session_is_told_with_its_own_sid(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """Front-Channel Logout §3: sid names the session at that client"""
    for client_id in ("front-channel", "post"):
        bend(provider, client_id, policy={"sso_group": "house"})
    bend(provider, "post", frontchannel_logout_uri="https://post.example.ch/out?from=op", policy={"sso_group": "house"})
    sign_in(provider, visitor, person, "post")
    other = RelyingParty(app, "post")
    first = party.redeem(party.authorize(visitor))
    other.authorize(visitor)

    told = sorted(frames(party.log_out(visitor, id_token_hint=first["id_token"]).text))

    assert len(told) == 2
    assert told[1].startswith("https://post.example.ch/out?from=op&iss=")
    assert len({address.partition("sid=")[2] for address in told}) == 2


def test_a_portal_the_person_did_not_use_is_not_told(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person, "front-channel")
    page = party.log_out(visitor)

    assert frames(page.text) == []


def test_discovery_says_so(party: RelyingParty) -> None:
    """oidcc-frontchannel-logout-discovery-endpoint-verification"""
    assert party.metadata["frontchannel_logout_supported"] is True
    assert party.metadata["frontchannel_logout_session_supported"] is True
