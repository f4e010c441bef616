"""The overview, and what all pages of an account have in common: who sees them, the menu, the ways out."""

import pytest
from flask import Flask

from idp.credentials import recovery_codes
from idp.interaction import ACCOUNT_ACTIONS
from idp.people import phones
from idp.provider import Provider
from tests.flows.account.conftest import signed_in
from tests.flows.conftest import Account, make_account, sign_in
from tests.support.authenticators import give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


def test_the_overview_says_who_is_signed_in_and_when_they_last_were(home: Browser) -> None:
    """X-16"""
    page = home.get("/account?portal=e-services")

    assert page.heading == "My account"
    assert "Anne Rochat" in page.text
    assert "Last sign-in" in page.text


def test_the_address_is_hidden_until_its_owner_opens_it(home: Browser, anne: Account) -> None:
    page = home.get("/account?portal=e-services")

    details = page.by_id("address")
    assert details is not None
    assert "open" not in details.attributes
    assert next(e for e in details.walk() if e.tag == "summary").text == "a•••@example.ch"
    assert anne.address in details.text


@pytest.mark.parametrize(
    ("language", "account", "back"),
    [
        ("fr", "Mon espace personnel", "Retour au Crédit Municipal de Paris"),
        ("de", "Mein persönlicher Bereich", "Zurück zum Crédit Municipal de Paris"),
        ("it", "La mia area personale", "Tornare al Crédit Municipal de Paris"),
        ("en", "My account", "Back to Crédit Municipal de Paris"),
    ],
)
def test_the_way_up_and_the_way_back_have_different_names(
    app: Flask, provider: Provider, anne: Account, language: str, account: str, back: str
) -> None:
    """X-16: at the portal that calls the account a personal area too"""
    home = signed_in(app, provider, anne.id, "espace-personnel")
    home.headers["Accept-Language"] = language
    page = home.get("/account/security?portal=espace-personnel")
    ways = [link.text.replace("\u00a0", " ") for link in page.all("a")]

    assert account in ways
    assert back in ways


def test_who_is_not_signed_in_signs_in_and_comes_back(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    visitor.get("/account/devices?portal=e-services")
    assert visitor.page.heading == "Please sign in"

    sign_in(visitor, anne, mailbox, start=visitor.page.url)

    assert visitor.page.heading == "Devices"


def test_a_page_without_a_portal_asks_which(app: Flask) -> None:
    page = Browser(app, language="en").get("/account")

    assert page.status == 400
    assert page.heading == "Which portal would you like to go to?"


@pytest.mark.parametrize("path", ["/account", "/account/devices", "/account/security", "/account/activity"])
def test_every_page_wears_the_portal_and_leads_back_to_it_and_out(home: Browser, path: str) -> None:
    page = home.get(f"{path}?portal=e-services")

    assert page.title.endswith("– e-services CVCI")
    assert page.link("Back to e-services CVCI").startswith("https://")
    assert home.get(page.link("Sign out")).heading == "Do you want to sign out?"


@pytest.mark.parametrize(
    ("action", "heading"), [("profile", "My account"), ("sessions", "Devices"), ("factors", "Sign-in and security")]
)
def test_a_portal_links_to_a_page_by_its_action(home: Browser, action: str, heading: str) -> None:
    """OAuth account management: `account_management_uri` with `action`"""
    assert home.get(f"/account?portal=e-services&action={action}").heading == heading


def test_a_portal_says_in_which_language_it_is_read(home: Browser) -> None:
    assert home.get("/account?portal=e-services&ui_locales=de").heading == "Mein Benutzerkonto"
    assert home.get("/account/security?portal=e-services").heading == "Anmeldung und Sicherheit"


def test_every_advertised_action_has_its_page(home: Browser) -> None:
    found = {action: home.get(f"/account?portal=e-services&action={action}") for action in ACCOUNT_ACTIONS}

    assert {action: page.status for action, page in found.items()} == dict.fromkeys(ACCOUNT_ACTIONS, 200)
    assert {action: page.path for action, page in found.items()} == ACCOUNT_ACTIONS


def test_an_unknown_action_leads_to_the_overview(home: Browser) -> None:
    assert home.get("/account?portal=e-services&action=https://evil.example").heading == "My account"


def test_who_has_a_phone_is_not_advised_to_give_one(home: Browser) -> None:
    assert "mobile number" not in home.get("/account?portal=e-services").text


def test_who_has_no_phone_is_advised_to_give_one(app: Flask, provider: Provider) -> None:
    """X-31"""
    luc = make_account(provider, Account("", "luc@example.ch", ""), portal="e-services")
    with provider.database.reading() as tx:
        assert phones.of_person(tx, luc.id) is None

    page = signed_in(app, provider, luc.id).get("/account?portal=e-services")

    assert "Your account has no mobile number" in page.text


def test_one_advice_at_a_time_leads_to_a_stronger_account(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """X-16, X-31: first a device, then what replaces it when it is lost"""
    bend(provider, "e-services", policy={"methods": ("totp", "recovery", "sms")})
    page = home.get("/account?portal=e-services")
    advice = page.by_id("follow-advice")
    assert advice is not None
    assert advice.text == "Add an authenticator app"

    give_app(provider, clock, anne.id)
    page = home.get("/account?portal=e-services")
    assert home.get(page.link("Create recovery codes")).status == 200

    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())
    assert home.get("/account?portal=e-services").by_id("follow-advice") is None
