"""A person's own passkeys: adding, being offered one, removing; and who must not."""

import json
from collections.abc import Sequence

import pytest
from flask import Flask

from idp import methods
from idp.credentials import passkeys
from idp.people import phones
from idp.provider import Provider
from idp.sessions import signing_in
from tests.flows.conftest import Account, give_code, give_password, make_account
from tests.flows.passkeys import form, give_passkey, options, send, use
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.proofs import proved

pytestmark = pytest.mark.both_databases

ADD, REMOVE = "/add-passkey?portal=e-services", "/remove-method?portal=e-services"


def signed_in(app: Flask, provider: Provider, person_id: str, *proofs: str, portal: str = "e-services") -> Browser:
    browser = Browser(app, language="en")
    browser.get("/")
    client = provider.registry.current().client(portal)
    assert client is not None
    with provider.database.transaction() as tx:
        started = signing_in.start(
            tx,
            provider.settings.sessions,
            person_id=person_id,
            group=client.sso_group,
            proofs=proved(tx.now, *(proofs or (methods.PASSWORD, methods.SMS))),
            browser=browser.cookie("browser"),
        )
    browser.client.set_cookie(f"session-{client.sso_group}", started.token)
    return browser


@pytest.fixture
def home(app: Flask, provider: Provider, anne: Account) -> Browser:
    """Anne's browser, in which she has just signed in with her password and a code by SMS."""
    return signed_in(app, provider, anne.id)


def create(browser: Browser, device: Authenticator, *, name: str = "", **bent: object) -> None:
    answer = device.create(options(browser), **bent)
    send(browser, answer, name=name or browser.page.value("name"))


def names(provider: Provider, account: Account) -> Sequence[str]:
    with provider.database.reading() as tx:
        return [each.name for each in passkeys.listed(tx, account.id)]


def test_a_person_adds_a_passkey_and_is_told(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, X-15"""
    home.get(ADD)
    create(home, Authenticator(), name="Blue key")

    assert home.page.heading == "Your passkey is ready"
    assert names(provider, anne) == ["Blue key"]
    assert "passkey" in mailbox.last(anne.address, "email").text


def test_looking_at_the_page_stores_nothing(home: Browser, provider: Provider, anne: Account) -> None:
    home.get(ADD)

    with provider.database.reading() as tx:
        assert passkeys.handle_of(tx, anne.id) == ""


def test_a_name_is_proposed(home: Browser, provider: Provider, anne: Account) -> None:
    """Browser and system; a well-known authenticator says more"""
    home.get(ADD)
    assert home.page.value("name") == "Firefox, Linux"
    create(home, Authenticator())
    home.get(ADD)
    create(home, Authenticator(aaguid="ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"))

    assert names(provider, anne) == ["Firefox, Linux", "Google Password Manager"]


def test_a_device_with_a_passkey_is_asked_for_no_second_one(home: Browser, provider: Provider, anne: Account) -> None:
    """WebAuthn §5.4: excludeCredentials, and the same handle"""
    device = Authenticator()
    give_passkey(provider, anne.id, device)
    home.get(ADD)

    asked = json.loads(options(home))
    assert [each["id"] for each in asked["excludeCredentials"]] == [device.id]
    assert asked["user"]["id"] == device.handle
    assert anne.id not in options(home)


def test_a_new_passkey_signs_in(home: Browser, visitor: Browser) -> None:
    device = Authenticator("EdDSA")
    home.get(ADD)
    create(home, device)

    visitor.get("/login?portal=e-services")
    use(visitor, device)
    assert visitor.left_for


@pytest.mark.parametrize(
    "bent", [{"verified": False}, {"origin": "https://evil.example"}, {"attestation": b"\xff"}], ids=str
)
def test_a_bent_answer_adds_nothing(home: Browser, provider: Provider, anne: Account, bent: dict[str, object]) -> None:
    home.get(ADD)
    create(home, Authenticator(), **bent)

    assert home.page.errors == [
        "Your device did not create a passkey that works here. Try again or use another device."
    ]
    assert names(provider, anne) == []


def test_an_answer_adds_one_passkey(home: Browser, provider: Provider, anne: Account) -> None:
    """X-31: sent a second time from the same page, nothing is added"""
    home.get(ADD)
    page, answer = home.page, Authenticator().create(options(home))
    send(home, answer)
    home.page = page
    send(home, answer, page="another page")

    assert len(names(provider, anne)) == 1


def test_a_sign_in_of_some_minutes_ago_is_proved_anew_first(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """ASVS 7.5.1: whoever finds the screen unlocked, or holds a stolen cookie, adds nothing"""
    home.get(ADD)
    page, answer = home.page, Authenticator().create(options(home))
    clock.forward(minutes=4, seconds=59)
    home.get(ADD)
    assert home.page.heading == "Add a passkey"
    clock.forward(seconds=2)

    home.page = page
    send(home, answer)
    assert home.page.heading == "Enter your password again"
    home.get(ADD)
    assert home.page.heading == "Enter your password again"
    assert names(provider, anne) == []


def test_a_password_alone_adds_no_passkey_where_its_owner_has_a_second_factor(
    app: Flask, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """At a portal that asks for no second step, a thief of the password would give themselves the strongest key"""
    browser = signed_in(app, provider, anne.id, methods.PASSWORD, portal="basic")
    bend(provider, "basic", policy={"methods": ("email", "passkey")})
    browser.get("/add-passkey?portal=basic")
    assert browser.page.heading == "One more step"
    browser.press("continue")
    give_code(browser, mailbox, "sms")

    assert browser.page.heading == "Add a passkey"
    create(browser, Authenticator())
    assert len(names(provider, anne)) == 1


def test_who_has_no_second_factor_proves_the_mailbox(app: Flask, provider: Provider, mailbox: Mailbox) -> None:
    beat = make_account(provider, Account("", "beat@example.ch", "+41791234568"))
    with provider.database.transaction() as tx:
        phones.remove(tx, beat.id)
    browser = signed_in(app, provider, beat.id, methods.PASSWORD, portal="basic")
    browser.get("/add-passkey?portal=basic")
    browser.press("continue")
    give_code(browser, mailbox, "email")

    assert browser.page.heading == "Add a passkey"


def test_nobody_adds_a_passkey_without_a_session(visitor: Browser) -> None:
    visitor.get(ADD)

    assert visitor.page.heading == "Please sign in"


def test_the_browser_is_told_what_is_still_good(home: Browser, provider: Provider, anne: Account) -> None:
    """WebAuthn §5.1.10"""
    device = Authenticator()
    home.get(ADD)
    create(home, device)

    told = {
        each.get("data-signal"): json.loads(each.get("data-details"))
        for each in home.page.all("div")
        if each.get("data-signal")
    }
    accepted = {"rpId": "localhost", "userId": device.handle, "allAcceptedCredentialIds": [device.id]}
    assert told["signalAllAcceptedCredentials"] == accepted
    assert told["signalCurrentUserDetails"]["name"] == anne.address


def test_a_passkey_is_removed_and_other_sessions_end(
    app: Flask, home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, ASVS 7.4.3"""
    passkey = give_passkey(provider, anne.id, Authenticator())
    other = signed_in(app, provider, anne.id)
    home.get(REMOVE)
    home.fill(method=passkey.id).press("remove")

    assert home.page.heading == "This sign-in method has been removed"
    assert names(provider, anne) == []
    assert "retiré" in mailbox.last(anne.address, "email").subject
    other.get(ADD)
    assert other.page.heading == "Please sign in"


def test_the_last_method_that_a_portal_demands_stays(home: Browser, provider: Provider, anne: Account) -> None:
    bend(provider, "e-services", policy={"methods": ("passkey", "totp")})
    passkey = give_passkey(provider, anne.id, Authenticator())
    home.get(REMOVE)
    home.fill(method=passkey.id).press("remove")

    assert home.page.errors == [
        "e-services CVCI asks for a second step, and this is your last one that it accepts. "
        "Add another sign-in method first."
    ]
    assert len(names(provider, anne)) == 1


def test_one_of_two_passkeys_may_go(home: Browser, provider: Provider, anne: Account) -> None:
    bend(provider, "e-services", policy={"methods": ("passkey", "totp")})
    passkey = give_passkey(provider, anne.id, Authenticator(), name="old")
    give_passkey(provider, anne.id, Authenticator(), name="new")
    home.get(REMOVE)
    home.fill(method=passkey.id).press("remove")

    assert names(provider, anne) == ["new"]


def test_nobody_removes_the_passkey_of_another(home: Browser, provider: Provider, anne: Account) -> None:
    beat = make_account(provider, Account("", "beat@example.ch", "+41791234568"))
    his = give_passkey(provider, beat.id, Authenticator())
    give_passkey(provider, anne.id, Authenticator())
    home.get(REMOVE)
    home.fill(method=his.id).press("remove")

    assert len(names(provider, beat)) == 1


def offered(provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    bend(provider, "e-services", policy={"offer_passkey": True})
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    give_code(visitor, mailbox, "sms")


def test_after_a_code_a_passkey_is_offered_and_may_wait(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """« Later » is remembered for 90 days"""
    offered(provider, visitor, anne, mailbox)
    assert visitor.page.heading == "Sign in more easily next time"
    visitor.press("later")
    assert visitor.left_for.startswith("https://e-services.example.ch/")

    clock.forward(days=89)
    offered(provider, visitor, anne, mailbox)
    assert visitor.left_for
    clock.forward(days=1)
    offered(provider, visitor, anne, mailbox)
    assert visitor.page.heading == "Sign in more easily next time"


def test_a_passkey_that_was_offered_is_added_on_the_way(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    offered(provider, visitor, anne, mailbox)
    create(visitor, Authenticator())

    assert visitor.left_for.startswith("https://e-services.example.ch/")
    assert names(provider, anne) == ["Firefox, Linux"]


def test_nothing_is_offered_where_the_portal_does_not_want_it(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    give_code(visitor, mailbox, "sms")

    assert visitor.left_for


def test_without_scripts_the_page_says_what_is_missing(home: Browser) -> None:
    home.get(ADD)

    assert "Passkeys need JavaScript" in home.page.first("noscript").text
    assert "hidden" in form(home).attributes
