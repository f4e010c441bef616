"""Another mobile number: proved first, told to mailbox and old number."""

import pytest
from flask import Flask

from idp import methods
from idp.people import phones
from idp.provider import Provider
from tests.flows.account.conftest import RECENT, elsewhere, signed_in
from tests.flows.account.test_devices import live
from tests.flows.conftest import Account, give_code, give_password
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/change-phone?portal=e-services"
NEW = "+41795556677"


def number(provider: Provider, person_id: str) -> str:
    with provider.database.reading() as tx:
        found = phones.of_person(tx, person_id)
        return found.number if found is not None else ""


def test_the_new_number_replaces_the_old_one_once_it_is_proved(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, X-15"""
    other = elsewhere(provider, anne.id)
    home.get(home.get("/account/security?portal=e-services").link("Change mobile number"))
    home.fill(phone="079 555 66 77").press("get-code")
    assert number(provider, anne.id) == anne.phone

    give_code(home, mailbox, "sms")

    assert home.page.heading == "Sign-in and security"
    assert "We have told your old number." in home.page.text
    assert number(provider, anne.id) == NEW
    assert other.id not in live(provider, anne.id)
    assert mailbox.last(to=anne.phone, channel="sms").text
    assert "téléphone" in mailbox.last(to=anne.address).subject


def test_where_there_was_no_number_none_was_told(
    app: Flask, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-15, X-16"""
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)
    home = signed_in(app, provider, anne.id, proofs=(methods.PASSWORD, methods.EMAIL))
    home.get(PAGE)
    home.fill(phone="079 555 66 77").press("get-code")
    give_code(home, mailbox, "sms")

    assert "Your mobile number is now in use." in home.page.text
    assert "old number" not in home.page.text
    assert [message.to for message in mailbox.sent(channel="sms")] == [NEW]
    told = mailbox.last(to=anne.address)
    assert "a été ajouté" in told.subject
    assert "a été ajouté" in told.text


@pytest.mark.parametrize(("typed", "told"), [("079 555 66 77", True), ("", False)])
def test_the_same_number_again_is_told_to_nobody_as_an_old_one(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox, typed: str, told: bool
) -> None:
    home.get(PAGE)
    home.fill(phone=typed or anne.phone).press("get-code")
    give_code(home, mailbox, "sms")

    assert ("We have told your old number." in home.page.text) == told


def test_a_stolen_session_alone_changes_no_number(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """ASVS 7.5.1"""
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get(PAGE).heading == "Enter your password again"
    assert number(provider, anne.id) == anne.phone


@pytest.mark.parametrize("page", [PAGE, "/change-email?portal=e-services"])
def test_a_password_and_the_mailbox_replace_neither_number_nor_address_of_who_has_a_phone(
    stranger: Browser, provider: Provider, anne: Account, mailbox: Mailbox, page: str
) -> None:
    """X-16, X-18: signed in by mail, where the portal allows it, a code from the phone is asked all the same"""
    stranger.get("/login?portal=e-services")
    give_password(stranger, anne)
    stranger.press("use-email")
    give_code(stranger, mailbox, "email")
    stranger.get(page)
    assert stranger.page.by_id("get-code") is None

    stranger.press("continue")
    assert stranger.page.by_id("use-email") is None
    stranger.fill(code="000000").press("verify")
    assert stranger.page.errors

    stranger.fill(code=mailbox.last(to=anne.phone, channel="sms").code).press("verify")
    assert stranger.page.heading in {"Your new mobile number", "Your new email address"}
