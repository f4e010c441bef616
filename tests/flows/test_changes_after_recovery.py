"""After a recovery the ways to sign in, the address and the number stay as they are for two days."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from flows import JOURNEYS
from flows.guards.changes_wait import ChangesWait
from idp.credentials import passkeys, passwords
from idp.people import emails, enrolments, phones
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, give_password, sign_in
from tests.flows.passkeys import give_passkey, options, send
from tests.flows.recovering import NEW, ask, customer, finish, open_link
from tests.support.authenticator import Authenticator
from tests.support.authenticators import give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

WAITING = (
    "add-authenticator",
    "recovery-codes",
    "add-passkey",
    "remove-method",
    "change-email",
    "change-phone",
)
WAITS = "This change has to wait"


@pytest.fixture
def recovered(provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock) -> Account:
    """Anne recovered her password a moment ago, in a browser where nobody is signed in."""
    anne = customer(provider, "e-services")
    recover(visitor, mailbox, anne)
    clock.forward(minutes=1)
    return Account(anne.id, anne.address, anne.phone, NEW)


def recover(browser: Browser, mailbox: Mailbox, anne: Account) -> None:
    ask(browser, "e-services", anne.address)
    open_link(browser, mailbox)
    finish(browser, mailbox)
    mailbox.deliver()


def test_every_journey_that_changes_a_way_to_sign_in_waits() -> None:
    """X-16, X-18: no other journey of signed-in people changes one by itself"""
    assert {flow.name for flow in JOURNEYS if any(isinstance(guard, ChangesWait) for guard in flow.guards)} == set(
        WAITING
    )


@pytest.mark.parametrize("journey", WAITING)
def test_a_change_waits_two_days_after_a_recovery(
    visitor: Browser, recovered: Account, mailbox: Mailbox, clock: MovableClock, journey: str
) -> None:
    """X-16, X-18, NIST SP 800-63B-4 §4.2: and the person signs in as usual"""
    sign_in(visitor, recovered, mailbox)
    visitor.get(f"/{journey}?portal=e-services")
    assert visitor.page.heading == WAITS
    assert "before 18.07.2026 at 14:00" in visitor.page.text

    clock.forward(hours=48, minutes=1)
    sign_in(visitor, recovered, mailbox)
    visitor.get(f"/{journey}?portal=e-services")
    assert visitor.page.heading != WAITS


def test_a_change_that_was_begun_before_is_not_finished(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """X-16, X-18: the page of a thief stays open, the owner recovers meanwhile"""
    anne = customer(provider, "e-services")
    sign_in(stranger, anne, mailbox)
    stranger.get("/change-email?portal=e-services")
    stranger.fill(email="eve@example.ch").press("get-code")
    code = mailbox.last(to="eve@example.ch").code

    recover(visitor, mailbox, anne)
    stranger.fill(code=code).press("verify")

    with provider.database.reading() as tx:
        address = emails.of_person(tx, anne.id)
    assert address is not None
    assert address.address == anne.address


def test_the_wait_is_announced_on_the_page_before_and_by_mail(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """X-15, X-18"""
    anne = customer(provider, "e-services")
    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)
    assert (
        "For your security, you cannot change your email address, mobile number or sign-in methods" in visitor.page.text
    )

    finish(visitor, mailbox)
    assert (
        "For your security, you cannot change your email address, mobile number or sign-in methods" in visitor.page.text
    )

    mail = mailbox.last(to=anne.address)
    assert "moyens de connexion" in mail.text


def test_the_page_of_security_says_until_when(
    visitor: Browser, recovered: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16"""
    sign_in(visitor, recovered, mailbox)
    visitor.get("/account/security?portal=e-services")
    assert "nothing else can be changed before" in visitor.page.text

    clock.forward(hours=48, minutes=1)
    sign_in(visitor, recovered, mailbox)
    visitor.get("/account/security?portal=e-services")
    assert "nothing else can be changed before" not in visitor.page.text


def test_the_strictest_portal_decides_how_long(
    provider: Provider, visitor: Browser, recovered: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18, rulings 32: wherever the person changes it"""
    recovery = provider.registry.current().client("connect-assures").policy.recovery  # type: ignore[union-attr]
    bend(provider, "connect-assures", policy={"recovery": type(recovery)(changes_wait=10 * 86400)})
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, recovered.id, "connect-assures", reason="test")

    clock.forward(days=9)
    sign_in(visitor, recovered, mailbox)
    visitor.get("/change-phone?portal=e-services")
    assert visitor.page.heading == WAITS

    clock.forward(days=1, minutes=1)
    sign_in(visitor, recovered, mailbox)
    visitor.get("/change-phone?portal=e-services")
    assert visitor.page.heading != WAITS


def test_another_password_does_not_end_the_wait(
    provider: Provider, visitor: Browser, recovered: Account, mailbox: Mailbox
) -> None:
    """X-18: whoever recovered it can choose yet another one"""
    with provider.database.transaction() as tx:
        hashed = provider.hasher.hash("encore une autre phrase")
        passwords.replace(tx, recovered.id, hashed, floor=12, reason="test")
    sign_in(visitor, Account(recovered.id, recovered.address, recovered.phone, "encore une autre phrase"), mailbox)

    visitor.get("/change-email?portal=e-services")

    assert visitor.page.heading == WAITS


def test_nobody_is_offered_a_passkey_meanwhile(
    provider: Provider, visitor: Browser, recovered: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18"""
    bend(provider, "e-services", policy={"offer_passkey": True})
    sign_in(visitor, recovered, mailbox)
    assert visitor.left_for

    clock.forward(hours=48, minutes=1)
    sign_in(visitor, recovered, mailbox)
    assert visitor.page.by_id("later") is not None


def test_a_portal_that_demands_a_phone_gets_it_all_the_same(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18, B-50: the wait keeps nobody out of a portal"""
    bend(provider, "connect-assures", policy={"without_phone": False})
    anne = customer(provider, "connect-assures", phone="")
    app = give_app(provider, clock, anne.id)
    clock.forward(hours=49)
    ask(visitor, "connect-assures", anne.address)
    visitor.get(mailbox.last(to=anne.address).link)
    visitor.press("continue")
    visitor.fill(code=app.code()).press("verify")
    visitor.fill(new_password=NEW, new_password_again=NEW).press("replace")
    clock.forward(minutes=1)

    visitor.get("/complete?portal=connect-assures")
    visitor.fill(identifier=anne.address, password=NEW).press("sign-in")
    visitor.fill(code=app.code()).press("verify")
    visitor.fill(phone="079 765 43 21").press("continue")
    visitor.fill(code=mailbox.last(to="+41797654321").code).press("verify")

    with provider.database.reading() as tx:
        phone = phones.of_person(tx, anne.id)
    assert phone is not None
    assert phone.number == "+41797654321"


def test_a_request_cannot_talk_a_portal_into_adding_a_method_meanwhile(
    app: Flask, provider: Provider, visitor: Browser, recovered: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16, X-18: anybody can write a request; the person signs in as well as they can"""
    bend(provider, "e-services", policy={"enrol_on_the_way": True})
    portal = RelyingParty(app, "e-services")
    asked = "/authorize?" + urlencode(portal.request(scope="openid", acr_values="phr"))

    sign_in(visitor, recovered, mailbox, asked)
    assert portal.redeem(arrived(visitor))["claims"]["acr"] == "mfa"

    clock.forward(hours=48, minutes=1)
    sign_in_first = Browser(app, language="en")
    sign_in_first.get(asked)
    give_password(sign_in_first, recovered)
    assert sign_in_first.page.heading == "This portal asks for a stronger sign-in method"


def test_a_session_adds_none_for_a_request_either(
    app: Flask, provider: Provider, visitor: Browser, recovered: Account, mailbox: Mailbox
) -> None:
    """X-18, RFC 9470"""
    bend(provider, "e-services", policy={"enrol_on_the_way": True, "sso": "within"})
    portal = RelyingParty(app, "e-services")
    sign_in(visitor, recovered, mailbox)

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", acr_values="phr")))

    assert visitor.page.heading != "This portal asks for a stronger sign-in method"


def test_a_portal_that_accepts_none_of_ones_methods_gets_one_all_the_same(
    provider: Provider, visitor: Browser, recovered: Account, mailbox: Mailbox
) -> None:
    """X-18: its own rule demands it in this very sign-in, after the strongest proof the person has"""
    bend(provider, "e-services", policy={"methods": ("totp", "passkey"), "enrol_on_the_way": True})

    visitor.get("/login?portal=e-services")
    give_password(visitor, recovered)
    assert visitor.page.heading == "This portal asks for a stronger sign-in method"
    visitor.press("continue")
    give_code(visitor, mailbox, "sms")
    send(visitor, Authenticator().create(options(visitor)), name="Phone")

    assert visitor.left_for
    with provider.database.reading() as tx:
        assert [each.name for each in passkeys.listed(tx, recovered.id)] == ["Phone"]


def test_what_a_thief_added_goes_at_once_and_what_was_there_before_stays(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-16, X-18: neither does the owner wait with a thief's passkey, nor does a thief remove the owner's"""
    anne = customer(provider, "e-services")
    give_passkey(provider, anne.id, Authenticator(), name="Old")
    clock.forward(days=4)
    thiefs = give_passkey(provider, anne.id, Authenticator(), name="New")
    recover(visitor, mailbox, anne)
    clock.forward(minutes=1)
    visitor.get("/login?portal=e-services")
    give_password(visitor, Account(anne.id, password=NEW))
    visitor.press("use-sms")
    give_code(visitor, mailbox, "sms")
    visitor.get("/remove-method?portal=e-services")
    assert visitor.page.heading == WAITS

    visitor.get(visitor.page.link("Protect my account"))
    visitor.press("protect")
    assert [label.text for label in visitor.page.all("label")] == ["Passkey: New"]
    visitor.fill(methods=thiefs.id).press("continue")

    assert visitor.page.heading == "Choose a new password"
    with provider.database.reading() as tx:
        assert [each.name for each in passkeys.listed(tx, anne.id)] == ["Old"]
