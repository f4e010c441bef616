"""Judging a wanted password costs processor time: once, after a debit, and never while a form is read."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.credentials import quality
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments
from idp.provider import Provider
from tests.flows.conftest import Account, anne, arrived, give_password, visitor
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.relying_party import RelyingParty

__all__ = ["anne", "visitor"]

pytestmark = pytest.mark.both_databases

EASY = "aaaaaaaaaaaaaaaaaaaaaaaa"
GUESSABLE = (
    "This password is easy to guess (the same characters or words again and again). "
    "Add a few words that do not belong together."
)


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"limits": {"password_choice": {"times": 2, "window": 3600}}}


@pytest.fixture
def estimates(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was estimated."""
    seen: list[str] = []
    real = quality.zxcvbn

    def watching(plain: str, words: list[str]) -> object:
        seen.append(plain)
        return real(plain, words)

    monkeypatch.setattr(quality, "zxcvbn", watching)
    return seen


@pytest.fixture
def choosing(app: Flask, provider: Provider, visitor: Browser, anne: Account) -> Browser:
    """Anne is asked for a longer password."""
    bend(provider, "basic", policy={"password_floor": 16})
    visitor.get("/authorize?" + urlencode(RelyingParty(app, "basic").request()))
    give_password(visitor, anne)
    return visitor


def choose(browser: Browser, password: str) -> None:
    browser.fill(new_password=password, new_password_again=password).press("continue")


def test_a_wanted_password_is_estimated_once(choosing: Browser, estimates: list[str]) -> None:
    choose(choosing, EASY)

    assert choosing.page.errors == [GUESSABLE]
    assert len(estimates) == 1


def test_it_is_not_estimated_while_something_else_is_wrong(choosing: Browser, estimates: list[str]) -> None:
    choosing.fill(new_password=EASY, new_password_again="autre chose").press("continue")
    choose(choosing, "trop court")

    assert estimates == []


def test_who_has_had_many_estimated_waits(choosing: Browser, estimates: list[str]) -> None:
    for _ in range(3):
        choose(choosing, EASY)

    assert choosing.page.status == 429
    assert len(estimates) == 2


def test_beginning_again_gives_no_more_of_them(
    app: Flask, choosing: Browser, anne: Account, estimates: list[str]
) -> None:
    for _ in range(2):
        choose(choosing, EASY)
    again = Browser(app, address="198.51.100.7", language="en")
    again.get("/authorize?" + urlencode(RelyingParty(app, "basic").request()))
    give_password(again, anne)

    choose(again, EASY)

    assert again.page.status == 429
    assert len(estimates) == 2


def test_the_words_of_every_portal_that_the_password_opens_count(
    provider: Provider, choosing: Browser, anne: Account
) -> None:
    """Rulings 32, A-25"""
    bend(provider, "connect", policy={"password_words": ("zanzibar",)})
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="1", name="Menuiserie Rochat SA")
        memberships.join(tx, company.id, anne.id, Rights())

    choose(choosing, "Zanzibar 1957 2026 !")

    assert "zanzibar" in choosing.page.errors[0]


@pytest.mark.parametrize("named", ["Versicherte", "Assicurati", "Insured"])
def test_the_names_of_a_portal_count_in_every_language(
    provider: Provider, choosing: Browser, anne: Account, named: str
) -> None:
    """Rulings 32, A-25"""
    bend(provider, "connect-assures", policy={"password_words": ()})
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, anne.id, "connect-assures", reason="test")

    choose(choosing, f"{named} 19572026!")

    assert named.lower() in choosing.page.errors[0]


def test_a_good_password_is_taken(choosing: Browser, anne: Account) -> None:
    choose(choosing, "quatre belles années de lumière")

    assert arrived(choosing).code
