"""Somebody has stolen many passwords, and tries one code of an app or list at each account."""

from typing import Any

import pytest
from flask import Flask

from idp.credentials import recovery_codes
from idp.provider import Provider
from tests.attacks.test_guessing_apps import at_second_step, wrong
from tests.flows.conftest import Account, make_account
from tests.support.authenticators import App, give_app
from tests.support.browser import Browser
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

FEW = 3
NETWORK = "198.51.100.7"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"limits": {"network": {"times": FEW, "window": 300}}}


@pytest.fixture
def victims(provider: Provider, clock: MovableClock) -> list[tuple[Account, App]]:
    """People with an app and recovery codes, one more than a network may guess at."""
    people = [make_account(provider, Account("", address=f"person{number}@example.ch")) for number in range(FEW + 1)]
    for person in people:
        with provider.database.transaction() as tx:
            recovery_codes.keep(tx, person.id, recovery_codes.draw())
    return [(person, give_app(provider, clock, person.id)) for person in people]


@pytest.mark.parametrize("method", ["totp", "recovery"])
def test_one_network_guesses_at_a_few_accounts_only(
    app: Flask, victims: list[tuple[Account, App]], method: str
) -> None:
    """X-14: though each account has seen one wrong code"""
    thieves = [at_second_step(Browser(app, address=NETWORK, language="en"), person) for person, _ in victims]
    for thief, (_, phone) in zip(thieves, victims, strict=True):
        if method == "recovery":
            thief.press("use-recovery")
        thief.fill(code=wrong(phone) if method == "totp" else "AAAAA BBBBB CCCCC").press("verify")

    assert [thief.page.status for thief in thieves] == [422] * FEW + [429]


def test_the_owner_signs_in_from_elsewhere_meanwhile(app: Flask, victims: list[tuple[Account, App]]) -> None:
    """X-14: the count is the network's"""
    thieves = [at_second_step(Browser(app, address=NETWORK, language="en"), person) for person, _ in victims]
    for thief, (_, phone) in zip(thieves, victims, strict=True):
        thief.fill(code=wrong(phone)).press("verify")
    owner, phone = victims[0]

    browser = at_second_step(Browser(app, address="203.0.113.9", language="en"), owner)
    browser.fill(code=phone.code()).press("verify")

    assert browser.left_for


def test_right_codes_use_up_nothing_of_the_network(
    app: Flask, victims: list[tuple[Account, App]], clock: MovableClock
) -> None:
    """An office behind one address signs in as often as it likes"""
    for person, phone in victims:
        browser = at_second_step(Browser(app, address=NETWORK, language="en"), person)
        browser.fill(code=phone.code()).press("verify")
        assert browser.left_for
