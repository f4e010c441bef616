"""A first phone, named on the strength of a password alone, is no way around the second step that a person has."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.people import phones
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account
from tests.support.browser import Browser
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases


@pytest.fixture
def luc(provider: Provider) -> Account:
    """Luc has no phone: his codes go to his mailbox (A-22). A thief knows his password."""
    return make_account(provider, Account("", address="luc@example.ch", phone=""))


def test_asking_for_a_stronger_sign_in_does_not_replace_the_mailbox_by_the_thiefs_phone(
    app: Flask, provider: Provider, luc: Account
) -> None:
    """Anybody can write `acr_values=mfa` into the address (RFC 9470)."""
    thief = Browser(app, address="198.51.100.7", language="en")

    thief.get("/authorize?" + urlencode(RelyingParty(app, "e-services").request(acr_values="mfa")))
    give_password(thief, luc)

    assert thief.page.heading == "Your sign-in code"
    with provider.database.reading() as tx:
        assert phones.of_person(tx, luc.id) is None


def test_a_portal_that_takes_phones_only_does_not_open_the_ones_that_take_mail(
    app: Flask, provider: Provider, mailbox: Mailbox, luc: Account
) -> None:
    """Luc signs in to e-services with codes from his mailbox; connect would take the first phone that is named."""
    owner, thief = Browser(app, language="en"), Browser(app, address="198.51.100.7", language="en")
    owner.get("/login?portal=e-services")
    give_password(owner, luc)
    give_code(owner, mailbox, "email")

    thief.get("/login?portal=connect")
    give_password(thief, luc)

    assert thief.page.heading != "Your mobile phone"
    with provider.database.reading() as tx:
        assert phones.of_person(tx, luc.id) is None


def test_a_portal_that_does_not_let_them_in_takes_no_first_phone_from_a_person(app: Flask, luc: Account) -> None:
    """Luc has not signed in yet, and acts for no company: connect is none of his portals."""
    thief = Browser(app, address="198.51.100.7", language="en")

    thief.get("/login?portal=connect")
    give_password(thief, luc)

    assert thief.page.heading == "You have no access to connect"


def test_who_cannot_reach_what_the_request_wishes_for_signs_in_as_well_as_they_can(
    app: Flask, mailbox: Mailbox, luc: Account
) -> None:
    """OIDC Core §5.5.1.1: `acr_values` is a wish; A-22"""
    portal, browser = RelyingParty(app, "e-services"), Browser(app, language="en")

    browser.get("/authorize?" + urlencode(portal.request(acr_values="mfa")))
    give_password(browser, luc)
    give_code(browser, mailbox, "email")

    assert portal.redeem(arrived(browser))["claims"]["acr"] == "two-step"


def test_who_cannot_reach_what_the_request_insists_on_goes_back_and_the_portal_is_told(
    app: Flask, mailbox: Mailbox, luc: Account
) -> None:
    """OIDC Core §5.5.1.1, §3.1.2.6: no page without a way on, and none that leads back to itself"""
    portal, browser = RelyingParty(app, "e-services"), Browser(app, language="en")
    insists = '{"id_token": {"acr": {"essential": true, "value": "mfa"}}}'

    browser.get("/authorize?" + urlencode(portal.request(claims=insists)))
    give_password(browser, luc)
    give_code(browser, mailbox, "email")
    assert browser.page.heading == "You cannot complete sign-in here"
    browser.get(browser.page.by_id("to-portal").get("href"))

    assert browser.page.url.startswith(portal.redirect_uri)
    assert "error=access_denied" in browser.page.url
