"""Names go out in our mails and SMS to people who did not ask for them: they carry no message of their owner."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.people.person import Person
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_password, make_account
from tests.flows.organisation.conftest import Firm, admin, claire, firm, luca
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.relying_party import RelyingParty

__all__ = ["admin", "claire", "firm", "luca"]

pytestmark = pytest.mark.both_databases


@pytest.fixture
def stranger(app: Flask, provider: Provider) -> Browser:
    """Somebody new, who is asked for details."""
    bend(provider, "basic", policy={"birth_date": "required", "terms_version": ""})
    account = make_account(provider, Account(""))
    browser = Browser(app, language="en")
    browser.get("/authorize?" + urlencode(RelyingParty(app, "basic").request()))
    give_password(browser, account)
    return browser


@pytest.mark.parametrize(
    "lure", ["Win at www.evil.example", "https://evil.example/x", "Call Evil.ch", "anne@evil.example", "<b>Anne</b>"]
)
def test_a_name_holds_no_address(stranger: Browser, lure: str) -> None:
    """OWASP Web Security Testing Guide 4.11.3: mail programs and phones would make a link of it"""
    stranger.fill(given_name=lure, birth_date="16.07.1956").press("continue")

    assert stranger.page.errors == ["A name cannot contain a web or email address."]


def test_nor_does_the_name_of_somebody_who_is_invited(admin: Browser, firm: Firm) -> None:
    admin.get(firm.new_user())
    admin.fill(email="rosa.keller@example.ch").press("continue")
    admin.fill(given_name="Rosa", family_name="Keller evil.example").press("continue")

    assert admin.page.errors == ["A name cannot contain a web or email address."]


@pytest.mark.parametrize(
    "lure",
    [
        "Call +41 91 234 56 78",
        "0900-123456",
        "091 234/56/78",
        "Ring 144-7",
        "٠٩١٢٣٤٥٦٧٨",
        "０９１２３４５６７８",
        "①②③④⑤⑥⑦",
    ],
)
def test_a_name_holds_no_phone_number(stranger: Browser, lure: str) -> None:
    """The fund's mail or SMS would ask its reader to call whoever chose the name"""
    stranger.fill(given_name=lure, birth_date="16.07.1956").press("continue")

    assert stranger.page.errors == ["A name cannot contain a phone number."]


@pytest.mark.parametrize(
    "honest",
    [
        "Jean-Pierre",
        "J.-P.",
        "St. Gallen",
        "D’Angelo",
        "O'Neill",
        "José María",
        "Nuñez i Pérez",
        "محمد",
        "山田",
        "Anne B. C.",
        "Müller/Meier",
        "v.Arx",
        "St.Clair",
        "Meier (Bern)",
    ],
)
def test_honest_names_pass(stranger: Browser, honest: str) -> None:
    """X-08"""
    stranger.fill(given_name=honest, birth_date="16.07.1956").press("continue")

    assert arrived(stranger).code


def test_a_name_does_not_turn_the_words_around_it(stranger: Browser, provider: Provider) -> None:
    """Unicode UAX #9: an override in a name would show the rest of a mail backwards"""
    stranger.fill(given_name="Anne\u202e", birth_date="16.07.1956").press("continue")

    assert arrived(stranger).code
    with provider.database.reading() as tx:
        names = [row.given_name for row in tx.session.query(Person)]
    assert names == ["Anne"]
