"""A portal demands more than any method of the person reaches: they add one while they sign in."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.credentials import passkeys
from idp.people import accounts, phones
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account, sign_in
from tests.flows.passkeys import form, options, send
from tests.support.authenticator import Authenticator
from tests.support.authenticators import code_at, give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases


@pytest.fixture
def portal(app: Flask, provider: Provider) -> RelyingParty:
    """The methods of a client file that names none, but for the phone; and people may add one on the way."""
    bend(provider, "e-services", policy={"methods": ("totp", "passkey"), "enrol_on_the_way": True})
    return RelyingParty(app, "e-services")


def begin(browser: Browser, portal: RelyingParty, anne: Account, **asked: str) -> None:
    browser.get("/authorize?" + urlencode(portal.request(scope="openid", **asked)))
    give_password(browser, anne)


def make(browser: Browser, device: Authenticator) -> None:
    send(browser, device.create(options(browser)), name="Phone")


def out_of_turn(browser: Browser, step: str, **typed: str) -> None:
    """Send the form of a step that the page does not show; the page stays."""
    heading = browser.page.heading
    browser.post(browser.page.url, {"csrf_token": browser.page.value("csrf_token"), "step": step, **typed})
    assert browser.page.heading == heading


def test_a_passkey_is_added_on_the_way(
    portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """X-16, X-18: after a proof with what the person has; it is the second step of this sign-in"""
    begin(visitor, portal, anne)
    assert visitor.page.heading == "This portal asks for a stronger sign-in method"
    assert mailbox.sent() == []

    visitor.press("continue")
    give_code(visitor, mailbox, "sms")
    make(visitor, Authenticator())

    claims = portal.redeem(arrived(visitor))["claims"]
    assert claims["acr"] == "phr"
    with provider.database.reading() as tx:
        assert [each.name for each in passkeys.listed(tx, anne.id)] == ["Phone"]


def test_the_person_chooses_an_app_instead(
    portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-31: a browser without scripts makes no passkey"""
    begin(visitor, portal, anne)
    visitor.press("add-totp")
    give_code(visitor, mailbox, "sms")
    key = visitor.page.by_id("key")
    assert key is not None
    visitor.fill(code=code_at(key.text.replace(" ", ""), clock.now())).press("add-app")

    assert portal.redeem(arrived(visitor))["claims"]["acr"] == "mfa"


def test_who_goes_back_chooses_anew(portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-02"""
    begin(visitor, portal, anne)
    visitor.press("continue")
    give_code(visitor, mailbox, "sms")
    assert form(visitor)

    while visitor.page.by_id("add-totp") is None:
        visitor.press("back")

    assert visitor.page.heading == "This portal asks for a stronger sign-in method"


def test_a_request_for_the_strongest_sign_in_offers_the_passkey_only(
    provider: Provider, app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-18, OIDC Core §5.5.1.1: an app would not be enough"""
    bend(provider, "e-services", policy={"enrol_on_the_way": True})
    portal = RelyingParty(app, "e-services")
    begin(visitor, portal, anne, acr_values="phr")
    assert visitor.page.by_id("add-totp") is None

    visitor.press("continue")
    give_code(visitor, mailbox, "sms")
    make(visitor, Authenticator())

    assert portal.redeem(arrived(visitor))["claims"]["acr"] == "phr"


def test_a_session_adds_the_missing_factor_only(
    provider: Provider, app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-18, RFC 9470: the password is not asked again; a sign-in by code of a moment ago is the proof"""
    bend(provider, "e-services", policy={"enrol_on_the_way": True, "sso": "within"})
    portal = RelyingParty(app, "e-services")
    sign_in(visitor, anne, mailbox)

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", acr_values="phr")))
    assert visitor.page.heading == "This portal asks for a stronger sign-in method"
    visitor.press("continue")
    make(visitor, Authenticator())

    assert portal.redeem(arrived(visitor))["claims"]["acr"] == "phr"


def test_a_password_alone_adds_no_passkey_on_the_way(
    portal: RelyingParty, visitor: Browser, anne: Account, provider: Provider
) -> None:
    """X-18: whoever knows only the password does not give themselves the strongest key"""
    begin(visitor, portal, anne)
    visitor.press("continue")
    assert visitor.page.heading == "Your sign-in code"

    out_of_turn(visitor, "enrol-passkey", credential="{}")

    with provider.database.reading() as tx:
        assert not passkeys.has_any(tx, anne.id)


def test_the_passkey_of_another_is_not_added(
    portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """X-18: a device that is somebody's already answers for nobody else"""
    luc = make_account(provider, Account("", "luc@example.ch"), names=("Luc", "Favre"))
    device = Authenticator()
    begin(visitor, portal, anne)
    visitor.press("continue")
    give_code(visitor, mailbox, "sms")
    answer = device.create(options(visitor))
    make(visitor, device)
    assert visitor.left_for

    other = visitor.tab()
    other.get("/login?portal=e-services")
    with provider.database.transaction() as tx:
        phones.remove(tx, luc.id)
    give_password(other, luc)
    other.press("continue")
    other.fill(code=mailbox.last(to=luc.address).code).press("verify")
    send(other, answer)

    with provider.database.reading() as tx:
        assert not passkeys.has_any(tx, luc.id)


NUMBER = "+41795556677"


def without_phone(provider: Provider, anne: Account) -> None:
    """Anne has signed in before: who never did names a phone without all this."""
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)
        accounts.note_sign_in(tx, anne.id)


def test_a_phone_is_added_where_the_portal_accepts_one(
    provider: Provider, app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, X-18: after a proof with the mailbox; the code to the new number is the second step of this sign-in"""
    bend(provider, "e-services", policy={"methods": ("totp", "sms"), "enrol_on_the_way": True})
    portal = RelyingParty(app, "e-services")
    without_phone(provider, anne)
    begin(visitor, portal, anne)

    visitor.press("add-sms")
    assert mailbox.sent(to=NUMBER) == []
    give_code(visitor, mailbox, "email")
    visitor.fill(phone="079 555 66 77").press("get-code")
    assert visitor.page.heading == "Your confirmation code"
    with provider.database.reading() as tx:
        assert phones.of_person(tx, anne.id) is None
    visitor.fill(code=mailbox.last(to=NUMBER).code).press("verify")

    assert portal.redeem(arrived(visitor))["claims"]["acr"] == "mfa"
    with provider.database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
    assert phone is not None
    assert phone.number == NUMBER
    assert any("téléphone" in mail.subject for mail in mailbox.sent(to=anne.address))


def test_who_has_another_factor_proves_it_before_a_phone_is_added(
    provider: Provider, app: Flask, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    """X-18: neither the password nor the mailbox names a phone for who has an app"""
    bend(provider, "e-services", policy={"methods": ("sms",), "enrol_on_the_way": True})
    without_phone(provider, anne)
    own = give_app(provider, clock, anne.id)
    begin(visitor, RelyingParty(app, "e-services"), anne)
    visitor.press("continue")

    assert visitor.page.by_id("use-email") is None
    out_of_turn(visitor, "enrol-phone", phone="079 555 66 77")
    visitor.fill(code=own.code()).press("verify")

    assert visitor.page.field("phone") is not None


@pytest.mark.parametrize("policy", [{"phone": "off"}, {"methods": ("totp", "passkey")}])
def test_no_phone_is_offered_where_the_portal_takes_none(
    provider: Provider, app: Flask, visitor: Browser, anne: Account, policy: dict[str, object]
) -> None:
    """X-18"""
    methods = {"methods": ("totp", "sms"), "enrol_on_the_way": True}
    bend(provider, "e-services", policy={**methods, **policy})
    without_phone(provider, anne)

    begin(visitor, RelyingParty(app, "e-services"), anne)

    assert visitor.page.heading == "This portal asks for a stronger sign-in method"
    assert visitor.page.by_id("add-sms") is None
