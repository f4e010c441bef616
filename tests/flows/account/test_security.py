"""How a person signs in: seen on one page, changed from there."""

import pyotp
import pytest

from idp.credentials import authenticator_apps, recovery_codes
from idp.provider import Provider
from tests.flows.conftest import Account, give_code
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/account/security?portal=e-services"
NEW = "sept petits mots bien plus longs"


def test_password_address_and_number_are_shown_with_their_day(home: Browser) -> None:
    """X-16"""
    text = home.get(PAGE).text.replace("\u00a0", " ")

    assert "a•••@example.ch" in text
    assert "+41 79 ••• •• 67" in text
    assert text.count("Confirmed on") == 2
    assert "Chosen on" in text


def test_the_password_is_changed_from_here_and_back(home: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-16"""
    home.get(home.get(PAGE).link("Choose a new password"))
    home.fill(password=anne.password).press("sign-in")
    give_code(home, mailbox, "sms")

    home.fill(new_password=NEW, new_password_again=NEW).press("continue")

    assert home.page.heading == "Sign-in and security"


def test_apps_and_recovery_codes_are_listed_with_their_days(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16, X-31"""
    assert "Recovery codes" not in home.get(PAGE).text
    with provider.database.transaction() as tx:
        authenticator_apps.install(tx, anne.id, name="Old telephone", secret=pyotp.random_base32())
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())

    text = home.get(PAGE).text

    assert "Authenticator apps Old telephone Added on" in text
    assert "Recovery codes 10 codes left Added on" in text
