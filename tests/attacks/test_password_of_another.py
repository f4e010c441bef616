"""Who finds a screen unlocked, or has somebody's session, gives the account no other password (ASVS 6.2.3)."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.credentials import passwords
from idp.provider import Provider
from tests.flows.conftest import Account, anne, arrived, give_code, give_password, sign_in, visitor
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

__all__ = ["anne", "visitor"]

pytestmark = pytest.mark.both_databases

PAGE = "/new-password?portal=e-services"
ASKED = "Enter your password again"
CHOSEN = "sept petits mots bien plus longs"


def version(provider: Provider, account: Account) -> int:
    with provider.database.reading() as tx:
        current = passwords.current(tx, account.id)
    assert current is not None
    return current.version


def choose(browser: Browser) -> None:
    browser.fill(new_password=CHOSEN, new_password_again=CHOSEN).press("continue")


def test_a_fresh_sign_in_is_no_licence_to_choose_another_password(
    visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.2.3"""
    sign_in(visitor, anne, mailbox)

    visitor.get(PAGE)

    assert visitor.page.heading == ASKED


def test_nor_does_posting_to_the_step_itself_change_it(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.2.3"""
    sign_in(visitor, anne, mailbox)
    visitor.get(PAGE)
    sent = visitor.page.submission(visitor.page.button("sign-in"))
    typed = {"step": "new-password", "new_password": CHOSEN, "new_password_again": CHOSEN}

    visitor.post(visitor.page.url, {**sent, **typed})

    assert visitor.page.heading == ASKED
    assert version(provider, anne) == 1


def test_the_present_password_alone_is_not_enough(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.2.3: a fresh second proof besides"""
    sign_in(visitor, anne, mailbox)
    visitor.get(PAGE)

    visitor.fill(password=anne.password).press("sign-in")

    assert visitor.page.heading == "Your sign-in code"
    assert version(provider, anne) == 1


def test_a_second_proof_is_asked_also_where_the_portal_signs_in_without_one(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.2.3"""
    visitor.get("/authorize?" + urlencode(RelyingParty(app, "basic").request()))
    give_password(visitor, anne)
    visitor.get("/new-password?portal=basic")

    visitor.fill(password=anne.password).press("sign-in")

    assert visitor.page.heading == "Your sign-in code"


def test_with_both_the_owner_chooses_another_password(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.2.2, 6.2.3; X-15"""
    sign_in(visitor, anne, mailbox)
    visitor.get(PAGE)
    visitor.fill(password=anne.password).press("sign-in")
    provider.clock.forward(minutes=2)  # type: ignore[attr-defined]
    give_code(visitor, mailbox, "sms")
    assert visitor.page.heading == "Choose a new password"

    choose(visitor)

    assert version(provider, anne) == 2
    assert "mot de passe" in mailbox.last(to=anne.address).subject


def test_a_request_that_demands_a_longer_password_of_an_older_session_asks_for_the_present_one(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    """ASVS 6.2.3: the sign-in was made for another request"""
    portal = RelyingParty(app, "basic")
    visitor.get("/authorize?" + urlencode(portal.request()))
    give_password(visitor, anne)
    assert arrived(visitor).code
    bend(provider, "basic", policy={"password_floor": 16})
    clock.forward(seconds=5)

    visitor.get("/authorize?" + urlencode(portal.request()))

    assert visitor.page.heading == ASKED


def test_what_was_proved_for_a_password_that_was_replaced_meanwhile_is_worth_nothing(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    sign_in(visitor, anne, mailbox)
    visitor.get(PAGE)
    visitor.fill(password=anne.password).press("sign-in")
    give_code(visitor, mailbox, "sms")
    elsewhere = provider.hasher.hash("un tout autre mot de passe")
    with provider.database.transaction() as tx:
        passwords.replace(tx, anne.id, elsewhere, floor=12, reason="test")

    choose(visitor)

    assert visitor.page.heading == ASKED
    assert version(provider, anne) == 2
