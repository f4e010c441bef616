"""Signing in with an authenticator app or a recovery code as the second step."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.credentials import authenticator_apps, recovery_codes
from idp.people import phones
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_password
from tests.support.authenticators import App, give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"
WRONG = "This code is not correct or has already been used. Wait for the next one and enter it."


@pytest.fixture
def phone(provider: Provider, clock: MovableClock, anne: Account) -> App:
    """Anne's authenticator app."""
    return give_app(provider, clock, anne.id)


@pytest.fixture
def codes(provider: Provider, anne: Account) -> tuple[str, ...]:
    """Anne's list of recovery codes."""
    drawn = recovery_codes.draw()
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, drawn)
    return drawn


def without_phone(provider: Provider, anne: Account) -> None:
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)


def buttons(browser: Browser) -> set[str]:
    return {button.get("id") for button in browser.page.all("button")}


def test_a_person_signs_in_with_the_code_of_an_app(
    app: Flask, visitor: Browser, anne: Account, phone: App, mailbox: Mailbox
) -> None:
    """X-18, X-31: nothing is sent, and the portal hears of two factors (rulings 24)"""
    portal = RelyingParty(app, "e-services")

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid")))
    give_password(visitor, anne)
    assert visitor.page.heading == "The code from your app"
    visitor.fill(code=phone.code()).press("verify")

    claims = portal.redeem(arrived(visitor))["claims"]
    assert (claims["acr"], set(claims["amr"])) == ("mfa", {"pwd", "otp", "mfa"})
    assert mailbox.sent() == []


def test_a_code_that_was_used_signs_nobody_in_a_second_time(
    visitor: Browser, stranger: Browser, anne: Account, phone: App
) -> None:
    """ASVS 6.5.1"""
    code = phone.code()
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.fill(code=code).press("verify")
    assert visitor.left_for

    stranger.get(PAGE)
    give_password(stranger, anne)
    stranger.fill(code=code).press("verify")

    assert stranger.page.errors == [WRONG]


def test_wrong_codes_of_an_app_are_counted(visitor: Browser, anne: Account, phone: App, clock: MovableClock) -> None:
    """At most 25 wrong second steps a person and day"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    wrong = "000000" if phone.code() != "000000" else "111111"

    for _ in range(25):
        visitor.fill(code=wrong).press("verify")
        if visitor.page.status == 429:
            break
    visitor.fill(code=phone.code()).press("verify")

    assert visitor.page.status == 429


def test_a_removed_app_is_worth_nothing_to_a_sign_in_that_had_begun(
    provider: Provider, visitor: Browser, anne: Account, phone: App
) -> None:
    visitor.get(PAGE)
    give_password(visitor, anne)
    with provider.database.transaction() as tx:
        authenticator_apps.remove(tx, anne.id, phone.id, reason="own")

    visitor.fill(code=phone.code()).press("verify")

    assert visitor.page.errors == [WRONG]
    assert not visitor.left_for


def test_a_person_takes_another_method_for_once(visitor: Browser, anne: Account, phone: App, mailbox: Mailbox) -> None:
    """A-39: what the portal accepts and the person has, and no more"""
    visitor.get(PAGE)
    give_password(visitor, anne)

    assert {"use-sms", "use-email"} <= buttons(visitor)
    assert "use-recovery" not in buttons(visitor)
    visitor.press("use-sms")
    assert visitor.page.heading == "Your sign-in code"
    assert mailbox.last().channel == "sms"


def test_the_page_of_a_sent_code_names_the_other_methods_as_the_page_of_losses_promises(
    visitor: Browser, anne: Account, phone: App, codes: tuple[str, ...]
) -> None:
    """A-39: without the detour over « I did not get a code »"""
    visitor.get("/lost-access?portal=e-services")
    assert "On the page ‘Your sign-in code’, select ‘Use another method’" in visitor.page.text
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.press("use-sms")

    assert visitor.page.heading == "Your sign-in code"
    ways = visitor.page.by_id("other-ways")
    assert ways is not None
    assert ways.text.startswith("Use another method")
    assert {each.get("id") for each in ways.walk() if each.tag == "button"} == {"use-totp", "use-recovery"}


def test_who_has_no_other_method_is_promised_none(visitor: Browser, anne: Account) -> None:
    visitor.get(PAGE)
    give_password(visitor, anne)

    assert visitor.page.heading == "Your sign-in code"
    assert visitor.page.by_id("other-ways") is None


def test_an_app_is_not_offered_where_the_portal_does_not_accept_it(
    provider: Provider, visitor: Browser, anne: Account, phone: App
) -> None:
    bend(provider, "e-services", policy={"methods": ("sms",)})

    visitor.get(PAGE)
    give_password(visitor, anne)

    assert visitor.page.heading == "Your sign-in code"
    assert "use-totp" not in buttons(visitor)


def test_the_method_that_was_used_last_in_this_browser_comes_first(
    visitor: Browser, stranger: Browser, anne: Account, phone: App, mailbox: Mailbox, clock: MovableClock
) -> None:
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.press("use-sms")
    visitor.fill(code=mailbox.last(channel="sms").code).press("verify")
    clock.forward(minutes=5)

    visitor.get(PAGE)
    give_password(visitor, anne)
    stranger.get(PAGE)
    give_password(stranger, anne)

    assert visitor.page.heading == "Your sign-in code"
    assert stranger.page.heading == "The code from your app", "in another browser the strongest comes first"


def test_a_recovery_code_signs_in_once_and_its_owner_is_told(
    provider: Provider, visitor: Browser, stranger: Browser, anne: Account, codes: tuple[str, ...], mailbox: Mailbox
) -> None:
    """X-18, X-31"""
    without_phone(provider, anne)
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.press("use-recovery")
    assert visitor.page.heading == "One of your recovery codes"
    visitor.fill(code=codes[0].lower()).press("verify")
    assert visitor.left_for
    assert mailbox.last().subject.endswith("un code de secours a été utilisé")
    assert "Codes restants\u00a0: 9" in mailbox.last().text

    stranger.get(PAGE)
    give_password(stranger, anne)
    stranger.press("use-recovery")
    stranger.fill(code=codes[0]).press("verify")
    assert stranger.page.errors == ["This recovery code is not correct or has already been used."]


def test_the_owner_is_told_when_three_codes_are_left(
    provider: Provider, visitor: Browser, anne: Account, codes: tuple[str, ...], mailbox: Mailbox
) -> None:
    with provider.database.transaction() as tx:
        for code in codes[:6]:
            recovery_codes.use(tx, anne.id, code)

    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.press("use-recovery")
    visitor.fill(code=codes[6]).press("verify")

    assert "Codes restants\u00a0: 3" in mailbox.last().text
    assert "Il reste peu de codes. Créez une nouvelle liste\u00a0:" in mailbox.last().text
    assert "/recovery-codes?portal=e-services" in mailbox.last().text


def test_a_recovery_code_is_never_proposed_while_something_lasting_serves(
    provider: Provider, visitor: Browser, anne: Account, codes: tuple[str, ...]
) -> None:
    """Each use takes one from the list."""
    without_phone(provider, anne)

    visitor.get(PAGE)
    give_password(visitor, anne)

    assert visitor.page.heading == "Your sign-in code"
    assert "use-recovery" in buttons(visitor)


def test_hiding_the_stronger_methods_does_not_lower_what_the_portal_demands(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, phone: App
) -> None:
    """A mail code cannot be had by asking for it where two factors are wanted, whatever the browser sends."""
    portal = RelyingParty(app, "e-services")
    claims = '{"id_token": {"acr": {"essential": true, "value": "mfa"}}}'
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", claims=claims)))
    give_password(visitor, anne)
    assert "use-email" not in buttons(visitor)

    button = visitor.page.button("use-sms")
    sent = {**visitor.page.submission(button), "action": "use:email"}
    visitor.post(visitor.page.url, sent)

    assert visitor.page.heading == "The code from your app"


def test_who_gets_no_text_message_finds_the_other_methods_wherever_they_sign_in(
    provider: Provider, visitor: Browser, anne: Account, codes: tuple[str, ...]
) -> None:
    """X-18: the portal decides about the channel of a sent code only (A-39)"""
    bend(provider, "e-services", policy={"choose_method": False})
    visitor.get(PAGE)
    give_password(visitor, anne)
    assert visitor.page.heading == "Your sign-in code"
    assert {"use-recovery"} == {button for button in buttons(visitor) if button.startswith("use-")}

    visitor.press("use-recovery")
    visitor.fill(code=codes[0]).press("verify")

    assert visitor.left_for


def test_a_lost_phone_leads_to_the_recovery_codes_wherever_the_person_signs_in(
    provider: Provider, visitor: Browser, anne: Account, phone: App, codes: tuple[str, ...]
) -> None:
    """X-18: also where the portal lets nobody choose for convenience"""
    bend(provider, "e-services", policy={"choose_method": False})
    visitor.get(PAGE)
    give_password(visitor, anne)
    visitor.press("use-recovery")
    visitor.fill(code=codes[0]).press("verify")

    assert visitor.left_for
