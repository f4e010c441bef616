"""RP-Initiated, Back-Channel and Front-Channel Logout OP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from joserfc import jwt

from tests.e2e.reading import page, submit
from tests.support.relying_party import LONG_STATE
from tests.support.suite import PATIENCE, Suite, key, unsigned

EVENT = "http://schemas.openid.net/event/backchannel-logout"
NEEDS_A_PAGE = {"login_required", "interaction_required", "consent_required", "account_selection_required"}
ASKED, DONE = "Do you want to sign out?", "You are signed out"


@pytest.fixture
def way_back(suite: Suite) -> str:
    return suite.address("post_logout_redirect")


@contextmanager
def signed_in(suite: Suite, way_back: str, **metadata: Any) -> Iterator[dict[str, Any]]:
    """The tokens of a person who has just signed in to a client with a registered way back."""
    with suite.registered(post_logout_redirect_uris=[way_back], **metadata):
        yield suite.redeem(suite.authorize()["code"])


def came_back(suite: Suite, answer: requests.Response, way_back: str) -> dict[str, str]:
    """The parameters at the way back; nobody is signed in any more."""
    assert answer.url.partition("?")[0] == way_back
    assert suite.authorize(prompt="none")["error"] in NEEDS_A_PAGE
    return dict(parse_qsl(urlsplit(answer.url).query))


def asks(answer: requests.Response) -> None:
    """The person is asked on a page of ours and was sent nowhere."""
    shown = page(answer)
    assert shown.heading == ASKED
    assert shown.by_id("log-out")


def test_a_hint_logs_out_and_leads_back_with_the_state(suite: Suite, way_back: str) -> None:
    """oidcc-rp-initiated-logout, oidcc-rp-initiated-logout-no-state"""
    for parameters in ({"state": LONG_STATE}, {}):
        with signed_in(suite, way_back) as tokens:
            answer = suite.log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=way_back, **parameters)

            assert came_back(suite, answer, way_back) == parameters


def test_nobody_is_led_to_an_unregistered_address(suite: Suite, way_back: str) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri,
    oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"""
    with signed_in(suite, way_back) as tokens:
        for address in (f"{way_back}/bad", f"{way_back}?foo=bar"):
            asks(suite.log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=address, state=LONG_STATE))


def test_a_hint_that_is_not_ours_leads_nowhere(suite: Suite, way_back: str) -> None:
    """oidcc-rp-initiated-logout-modified-id-token-hint, oidcc-rp-initiated-logout-bad-id-token-hint,
    oidcc-rp-initiated-logout-no-id-token-hint"""
    with signed_in(suite, way_back) as tokens:
        foreign = jwt.encode({"alg": "RS256"}, tokens["claims"], key("foreign"))
        for hint in ({"id_token_hint": unsigned(tokens["claims"])}, {"id_token_hint": foreign}, {}):
            asks(suite.log_out(post_logout_redirect_uri=way_back, state=LONG_STATE, **hint))

        assert not suite.was_called("post_logout_redirect")


@pytest.mark.parametrize("parameters", [{}, {"state": LONG_STATE}], ids=["no-params", "only-state"])
def test_without_a_hint_the_person_presses_a_button(suite: Suite, way_back: str, parameters: dict[str, str]) -> None:
    """oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-only-state"""
    with signed_in(suite, way_back):
        answer = suite.log_out(**parameters)
        asks(answer)

        assert page(submit(suite.browser, answer, "log-out")).heading == DONE
        assert suite.authorize(prompt="none")["error"] in NEEDS_A_PAGE


def test_without_a_way_back_the_person_reads_that_it_is_done(suite: Suite, way_back: str) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
    with signed_in(suite, way_back) as tokens:
        answer = suite.log_out(id_token_hint=tokens["id_token"], state=LONG_STATE)

        assert page(answer).heading == DONE
        assert suite.authorize(prompt="none")["error"] in NEEDS_A_PAGE


def test_the_client_is_told_behind_the_browsers_back(suite: Suite, way_back: str) -> None:
    """oidcc-backchannel-rp-initiated-logout"""
    channel = {
        "backchannel_logout_uri": suite.address("backchannel_logout"),
        "backchannel_logout_session_required": True,
    }

    with signed_in(suite, way_back, **channel) as tokens:
        answer = suite.log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=way_back, state=LONG_STATE)
        told = suite.seen("backchannel_logout")
        claims = suite.verified(told.form["logout_token"])

        assert came_back(suite, answer, way_back) == {"state": LONG_STATE}
    assert (told.method, list(told.form)) == ("POST", ["logout_token"])
    assert claims.keys() == {"iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"}
    assert claims["events"] == {EVENT: {}}
    assert (claims["sub"], claims["sid"]) == (tokens["claims"]["sub"], tokens["claims"]["sid"])
    assert abs(claims["iat"] - time.time()) < 60


def test_the_client_is_told_in_a_frame_and_then_the_person_goes_back(suite: Suite, way_back: str) -> None:
    """oidcc-frontchannel-rp-initiated-logout"""
    channel = {
        "frontchannel_logout_uri": suite.address("frontchannel_logout"),
        "frontchannel_logout_session_required": True,
    }

    with signed_in(suite, way_back, **channel) as tokens:
        shown = page(
            suite.log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=way_back, state=LONG_STATE)
        )
        for frame in shown.all("iframe"):
            suite.browser.get(frame.get("src"), timeout=PATIENCE)
        told = dict(parse_qsl(urlsplit(suite.seen("frontchannel_logout").path).query))
        onward = shown.by_id("continue")
        assert onward is not None
        answer = suite.browser.get(onward.get("href"), timeout=PATIENCE)

        assert came_back(suite, answer, way_back) == {"state": LONG_STATE}
    assert told == {"iss": suite.issuer, "sid": tokens["claims"]["sid"]}
