"""How a person signs in: seen on one page, changed from there."""

from datetime import timedelta

import pyotp
import pytest

from idp.credentials import authenticator_apps, recovery_codes
from idp.people import phone_replacements
from idp.provider import Provider
from tests.flows.conftest import Account, give_code
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/account/security?portal=e-services"
NEW = "sept petits mots bien plus longs"


def test_password_address_and_number_are_shown_with_their_day(home: Browser) -> None:
    """X-16"""
    text = home.get(PAGE).text.replace("\u00a0", " ")

    assert "a•••@example.ch" in text
    assert "+41 79 ••• •• 67" in text
    assert text.count("Address confirmed on") == 1
    assert text.count("Number confirmed on") == 1
    assert "Chosen on" in text


def test_every_kind_of_method_says_what_it_is(home: Browser) -> None:
    """X-16"""
    text = home.get(PAGE).text

    assert "With a passkey, you sign in by fingerprint, face or the unlock code of your device." in text
    assert "An app on your phone shows a code to sign in with, even without a network." in text
    assert "With one of these codes, you can sign in if your phone is lost or broken." in text


def test_a_number_that_the_desk_replaces_counts_as_none(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16"""
    with provider.database.transaction() as tx:
        phone_replacements.begin(tx, anne.id, wait=timedelta(0), reason="lost", identity="passport")

    page = home.get(PAGE)

    assert "67" not in page.text
    assert page.link("Add a mobile number")


def test_the_password_is_changed_from_here_and_back(home: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-16"""
    home.get(home.get(PAGE).link("Choose a new password"))
    home.fill(password=anne.password).press("sign-in")
    give_code(home, mailbox, "sms")

    home.fill(new_password=NEW, new_password_again=NEW).press("continue")

    assert home.page.heading == "Sign-in and security"


def test_apps_and_recovery_codes_are_listed_with_their_days(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16, X-31"""
    assert "codes left" not in home.get(PAGE).text
    with provider.database.transaction() as tx:
        authenticator_apps.install(tx, anne.id, name="Old telephone", secret=pyotp.random_base32())
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())

    text = home.get(PAGE).text

    assert "Old telephone Added on" in text
    assert "10 codes left Added on" in text


def test_the_page_leads_to_every_method_that_the_portal_accepts(provider: Provider, home: Browser) -> None:
    """X-16, X-18"""
    bend(provider, "e-services", policy={"methods": ("passkey", "totp", "email")})

    page = home.get(PAGE)

    offered = [id_ for id_ in ("add-passkey", "add-app", "recovery-codes") if page.by_id(id_) is not None]
    assert offered == ["add-passkey", "add-app"]
    assert home.get(page.link("Add a passkey")).status == 200


@pytest.mark.parametrize("change", ["Choose a new password", "Change email address", "Change mobile number"])
def test_cancel_leads_back_from_the_first_page_of_a_change(home: Browser, change: str) -> None:
    home.get(home.get(PAGE).link(change))
    assert home.page.heading != "Sign-in and security"

    home.get(home.page.link("Cancel"))

    assert home.page.heading == "Sign-in and security"
