"""Each loss has a way back: a passkey, all of them, the phone, the app, the mailbox, and several at once."""

import pytest
from flask import Flask

from idp.credentials import authenticator_apps, passkeys
from idp.people import emails, phones
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, give_password
from tests.flows.passkeys import give_passkey, options, send, use
from tests.flows.recovering import PORTALS
from tests.flows.test_recovery_by_other_factors import give_codes
from tests.support.authenticator import Authenticator
from tests.support.authenticators import code_at, give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

LOGIN = "/login?portal=e-services"
NEW_NUMBER = "+41795556677"


def names(provider: Provider, anne: Account) -> list[str]:
    with provider.database.reading() as tx:
        return [each.name for each in passkeys.listed(tx, anne.id)]


def remove_passkey(browser: Browser, passkey_id: str) -> None:
    browser.get("/remove-method?portal=e-services")
    browser.fill(method=passkey_id).press("remove")


def test_who_lost_one_passkey_signs_in_with_another_and_removes_it(
    provider: Provider, visitor: Browser, anne: Account
) -> None:
    """X-18"""
    lost = give_passkey(provider, anne.id, Authenticator(), name="Stolen")
    kept = Authenticator()
    give_passkey(provider, anne.id, kept, name="Tablet")

    visitor.get(LOGIN)
    use(visitor, kept)
    assert visitor.left_for
    remove_passkey(visitor, lost.id)

    assert names(provider, anne) == ["Tablet"]


def test_who_lost_all_passkeys_signs_in_with_password_and_code_and_removes_them(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-18"""
    lost = give_passkey(provider, anne.id, Authenticator(), name="Stolen")
    visitor.get(LOGIN)
    give_password(visitor, anne)
    assert visitor.page.heading == "Use your passkey"

    visitor.press("use-sms")
    give_code(visitor, mailbox, "sms")
    remove_passkey(visitor, lost.id)

    assert names(provider, anne) == []


def test_a_passkey_that_went_missing_is_offered_anew_after_another_strong_proof(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18: deleted on the device, so that only its owner's way of signing in tells; another passkey is elsewhere"""
    bend(provider, "e-services", policy={"offer_passkey": True})
    gone = Authenticator()
    give_passkey(provider, anne.id, gone)
    visitor.get(LOGIN)
    use(visitor, gone)
    clock.forward(minutes=1)

    visitor.get(LOGIN)
    give_password(visitor, anne)
    visitor.press("use-sms")
    give_code(visitor, mailbox, "sms")
    assert visitor.page.heading == "Sign in more easily next time"
    device = Authenticator()
    device.handle = gone.handle
    send(visitor, device.create(options(visitor)), name="New phone")

    assert visitor.left_for
    assert names(provider, anne) == ["iPhone", "New phone"]


def test_a_mailbox_is_no_proof_for_a_passkey_offered_anew(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18"""
    bend(provider, "e-services", policy={"offer_passkey": True})
    gone = Authenticator()
    give_passkey(provider, anne.id, gone)
    visitor.get(LOGIN)
    use(visitor, gone)
    clock.forward(minutes=1)

    visitor.get(LOGIN)
    give_password(visitor, anne)
    visitor.press("use-email")
    give_code(visitor, mailbox, "email")

    assert visitor.left_for
    assert visitor.page.heading != "Sign in more easily next time"


def test_who_lost_the_phone_gives_a_new_number_with_a_recovery_code(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-18: at a portal and on the own pages; a second code is not asked so soon"""
    codes = give_codes(provider, anne.id)
    visitor.get(LOGIN)
    give_password(visitor, anne)
    visitor.press("use-recovery")
    visitor.fill(code=codes[0]).press("verify")

    visitor.get("/change-phone?portal=e-services")
    visitor.fill(phone="079 555 66 77").press("get-code")
    visitor.fill(code=mailbox.last(to=NEW_NUMBER).code).press("verify")

    with provider.database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
    assert phone is not None
    assert phone.number == NEW_NUMBER


def test_who_lost_the_app_signs_in_with_a_recovery_code_and_adds_another(
    provider: Provider, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    """X-18"""
    app, codes = give_app(provider, clock, anne.id, name="Lost"), give_codes(provider, anne.id)
    visitor.get(LOGIN)
    give_password(visitor, anne)
    visitor.press("use-recovery")
    visitor.fill(code=codes[0]).press("verify")
    visitor.get("/remove-method?portal=e-services")
    visitor.fill(method=app.id).press("remove")

    visitor.get("/add-authenticator?portal=e-services")
    visitor.press("continue")
    key = visitor.page.by_id("key")
    assert key is not None, visitor.page.text
    secret = key.text.replace(" ", "")
    visitor.fill(code=code_at(secret, clock.now()), name="New").press("add-app")

    with provider.database.reading() as tx:
        assert [each.name for each in authenticator_apps.listed(tx, anne.id)] == ["New"]


def test_who_lost_the_mailbox_gives_another_address_with_the_phone(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, X-17, X-18: the old mailbox is told, and can undo it"""
    visitor.get(LOGIN)
    give_password(visitor, anne)
    give_code(visitor, mailbox, "sms")
    visitor.get("/change-email?portal=e-services")
    visitor.fill(email="anne.neu@example.ch").press("get-code")
    visitor.fill(code=mailbox.last(to="anne.neu@example.ch").code).press("verify")

    with provider.database.reading() as tx:
        address = emails.of_person(tx, anne.id)
    assert address is not None
    assert address.address == "anne.neu@example.ch"
    assert mailbox.last(to=anne.address).subject


def test_who_lost_phone_and_mailbox_gives_both_anew_with_a_recovery_code(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-18: without recovery codes a letter or the desk helps (`test_phone_replacement.py`)"""
    codes = give_codes(provider, anne.id)
    visitor.get(LOGIN)
    give_password(visitor, anne)
    visitor.press("use-recovery")
    visitor.fill(code=codes[0]).press("verify")
    visitor.get("/change-email?portal=e-services")
    visitor.fill(email="anne.neu@example.ch").press("get-code")
    visitor.fill(code=mailbox.last(to="anne.neu@example.ch").code).press("verify")
    visitor.get("/change-phone?portal=e-services")
    visitor.fill(phone="079 555 66 77").press("get-code")
    visitor.fill(code=mailbox.last(to=NEW_NUMBER).code).press("verify")

    with provider.database.reading() as tx:
        phone, address = phones.of_person(tx, anne.id), emails.of_person(tx, anne.id)
    assert phone is not None
    assert address is not None
    assert (phone.number, address.address) == (NEW_NUMBER, "anne.neu@example.ch")


@pytest.mark.parametrize("portal", PORTALS)
def test_the_page_of_losses_names_each_of_them(visitor: Browser, portal: str) -> None:
    """X-18: from the page of a forgotten password"""
    visitor.get(f"/recovery?portal={portal}")
    visitor.get(visitor.page.link("I have lost something else"))

    assert visitor.page.heading == "What have you lost?"
    headings = [each.get("id") for each in visitor.page.all("h2") if each.get("id")]
    assert headings[:7] == ["password", "phone", "app", "passkey", "codes", "mailbox", "several"]


def test_the_page_of_losses_needs_a_portal(app: Flask) -> None:
    """X-18"""
    browser = Browser(app, language="en")

    browser.get("/lost-access?portal=nowhere")

    assert browser.page.status == 404
