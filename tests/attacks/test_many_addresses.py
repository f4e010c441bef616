"""Who owns a network counts as one, however many addresses it has (NIST SP 800-63B-4 §3.2.2, RFC 6177)."""

from typing import Any

import pytest
from flask import Flask

from idp import random_values
from idp.limits import networks

pytestmark = pytest.mark.both_databases

INITIAL = "an initial access token"


@pytest.fixture
def overrides() -> dict[str, Any]:
    few = {"times": 3, "window": 3600}
    return {
        "limits": {
            "device_code": few,
            "registration": few,
            "client_authentication": {**few, "window": 300},
            "public_clients": {**few, "window": 300},
        },
        "registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint(INITIAL)]},
    }


class Household:
    """One /64, and another address of it with every request."""

    def __init__(self, app: Flask) -> None:
        self.http = app.test_client()
        self.requests = 0

    def post(self, address: str, form: dict[str, str]) -> int:
        self.requests += 1
        environ = {"REMOTE_ADDR": f"2001:db8:1:2::{self.requests:x}"}
        headers = {"Sec-Fetch-Site": "same-origin"}
        return self.http.post(address, data=form, headers=headers, environ_overrides=environ).status_code


@pytest.fixture
def thief(app: Flask) -> Household:
    return Household(app)


def test_guessing_clients_secrets(thief: Household) -> None:
    """RFC 6749 §2.3.1, §10.10"""
    guess = {"grant_type": "client_credentials", "client_id": "post", "client_secret": "a guess"}

    assert [thief.post("/token", guess) for _ in range(4)] == [401, 401, 401, 429]


def test_registering_clients(thief: Household) -> None:
    """RFC 7591 §5"""
    assert [thief.post("/registration", {}) for _ in range(4)] == [401, 401, 401, 429]


def test_guessing_codes_of_devices(app: Flask, thief: Household) -> None:
    """RFC 8628 §5.1"""
    thief.http.get("/device")
    browser = thief.http.get_cookie("browser", domain="localhost") or thief.http.get_cookie("__Host-browser")
    assert browser is not None
    token = app.extensions["provider"].sealer.digest("csrf", browser.value)
    guess = {"code": "BBBB-BBBB", "csrf_token": token}

    assert [thief.post("/device", guess) for _ in range(4)] == [422, 422, 422, 429]


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/device_authorization", {"client_id": "television", "scope": "openid"}),
        (
            "/par",
            {
                "client_id": "public",
                "response_type": "code",
                "scope": "openid",
                "redirect_uri": "http://127.0.0.1/callback",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256",
            },
        ),
    ],
)
def test_filling_the_database_in_the_name_of_a_public_client(
    thief: Household, address: str, asked: dict[str, str]
) -> None:
    """RFC 8628 §5.4, RFC 9126 §7: whoever knows a public client's id could have rows kept without end"""
    answers = [thief.post(address, asked) for _ in range(4)]

    assert all(status in {200, 201} for status in answers[:3]), answers
    assert answers[3] == 429


def test_people_who_reach_us_by_ipv4_are_not_one_network() -> None:
    """RFC 4291 §2.5.5.2: a server that listens on IPv6 writes their addresses so; one /64 would hold them all"""
    assert networks.network_of("::ffff:203.0.113.9") == networks.network_of("203.0.113.9")
    assert networks.network_of("::ffff:203.0.113.9") != networks.network_of("::ffff:198.51.100.7")
    assert (
        networks.network_of("2001:db8:1:2::9")
        == networks.network_of("2001:db8:1:2:ffff::1")
        != networks.network_of("2001:db8:1:3::9")
    )
