"""Stolen pairs of address and password are tried once each, from many addresses: no account sees a second try."""

from typing import Any

import pytest
from flask import Flask

from tests.support.browser import Browser

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"
OF_ONE, OF_ALL = 1, 10


@pytest.fixture
def overrides() -> dict[str, Any]:
    """One try for an address, so ten for the network around it."""
    return {"limits": {"network": {"times": OF_ONE, "window": 300}}}


def attempt(app: Flask, number: int, *, network: str = "203.0.113") -> int:
    """Try one pair from one address of the network; the status of the answer."""
    browser = Browser(app, address=f"{network}.{number}")
    browser.get(PAGE)
    browser.fill(identifier=f"person{number}@example.ch", password="a password from a leak").press("sign-in")
    return browser.page.status


def test_the_network_around_the_addresses_is_slowed(app: Flask) -> None:
    """ASVS 6.3.1: credential stuffing"""
    answers = [attempt(app, number) for number in range(1, OF_ALL + 3)]

    assert answers == [422] * OF_ALL + [429] * 2


def test_other_networks_go_on(app: Flask) -> None:
    for number in range(1, OF_ALL + 2):
        attempt(app, number)

    assert attempt(app, 1, network="198.51.100") == 422
