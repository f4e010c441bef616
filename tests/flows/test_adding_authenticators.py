"""A signed-in person adds an authenticator app, makes recovery codes, and removes them."""

import re
from urllib.parse import unquote, urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.credentials import authenticator_apps, passwords, recovery_codes
from idp.people import phones
from idp.provider import Provider
from idp.runs import FlowRun
from idp.sessions import known_browsers
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account, sign_in
from tests.support.authenticators import SECRET, App, code_at, give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

ADD, CODES, REMOVE = (f"/{name}?portal=e-services" for name in ("add-authenticator", "recovery-codes", "remove-method"))
SECURITY = "/account/security?portal=e-services"


@pytest.fixture
def signed_in(visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock) -> Browser:
    """Anne signed in by SMS a moment ago."""
    sign_in(visitor, anne, mailbox)
    clock.forward(seconds=40)
    return visitor


def key_on(browser: Browser) -> str:
    key = browser.page.by_id("key")
    assert key is not None, browser.page.text
    return key.text.replace(" ", "")


def add_app(browser: Browser, clock: MovableClock) -> None:
    browser.get(ADD)
    browser.press("continue")
    browser.fill(code=code_at(key_on(browser), clock.now())).press("add-app")
    assert browser.page.heading == "Your app has been added"


def apps_of(provider: Provider, person_id: str) -> list[str]:
    with provider.database.reading() as tx:
        return [app.name for app in authenticator_apps.listed(tx, person_id)]


def codes_on(browser: Browser) -> list[str]:
    return [element.text for element in browser.page.all("code") if re.fullmatch(r"(\w{5} ){2}\w{5}", element.text)]


def test_a_person_adds_an_app_and_signs_in_with_it(
    signed_in: Browser, stranger: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-18, X-31"""
    signed_in.get(ADD)
    signed_in.press("continue")
    assert signed_in.page.heading == "Connect the app"
    secret = key_on(signed_in)
    signed_in.fill(code=code_at(secret, clock.now()), name="Anne’s phone").press("add-app")

    assert signed_in.page.heading == "Your app has been added"
    assert signed_in.page.link("Create recovery codes") == "/recovery-codes?portal=e-services"
    assert apps_of(provider, anne.id) == ["Anne’s phone"]
    assert mailbox.last(channel="email").subject.endswith("un moyen de connexion a été ajouté")

    clock.forward(minutes=1)
    stranger.get("/login?portal=e-services")
    give_password(stranger, anne)
    stranger.fill(code=code_at(secret, clock.now())).press("verify")
    assert stranger.left_for


def test_an_app_that_was_added_is_asked_for_first_wherever_a_weaker_method_was_used(
    signed_in: Browser, stranger: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-31: the page says that the person signs in with it from now on."""
    sign_in(stranger, anne, mailbox)
    clock.forward(minutes=1)
    add_app(signed_in, clock)
    clock.forward(minutes=1)

    for browser in (signed_in, stranger):
        browser.get("/login?portal=e-services")
        give_password(browser, anne)
        assert browser.page.heading == "The code from your app"


def test_a_passkey_stays_first_in_the_browser_where_it_serves_when_an_app_is_added(
    provider: Provider, anne: Account
) -> None:
    """A passkey is stronger."""
    with provider.database.transaction() as tx:
        for browser, method in (("one", "passkey"), ("two", "sms")):
            known_browsers.remember(tx, anne.id, browser, known=False)
            known_browsers.note_method(tx, anne.id, browser, method)
        known_browsers.prefer(tx, anne.id, "totp")

    with provider.database.reading() as tx:
        assert [known_browsers.last_method(tx, anne.id, browser) for browser in ("one", "two")] == ["passkey", "totp"]


def test_the_picture_carries_the_portal_and_the_address(signed_in: Browser, anne: Account) -> None:
    """The issuer and the account are what the app shows its owner."""
    signed_in.get(ADD)
    signed_in.press("continue")

    link = signed_in.page.by_id("open-app")
    assert link is not None
    assert unquote(link.get("href")).startswith(f"otpauth://totp/e-services CVCI:{anne.address}?secret=")
    svg = signed_in.page.first("svg")
    assert "style" not in svg.attributes, "the content security policy allows no inline style"


def test_the_key_stays_in_sight_after_a_wrong_code(signed_in: Browser, clock: MovableClock) -> None:
    signed_in.get(ADD)
    assert "Aegis, FreeOTP, Google Authenticator or Microsoft Authenticator" in signed_in.page.text
    signed_in.press("continue")
    folded = signed_in.page.by_id("no-scan")

    signed_in.fill(code=code_at(key_on(signed_in), clock.now(), steps=-5)).press("add-app")

    unfolded = signed_in.page.by_id("no-scan")
    assert folded is not None
    assert "open" not in folded.attributes
    assert unfolded is not None
    assert "open" in unfolded.attributes


def test_an_app_that_showed_a_wrong_code_is_not_added(
    signed_in: Browser, anne: Account, clock: MovableClock, provider: Provider
) -> None:
    signed_in.get(ADD)
    signed_in.press("continue")
    stale = code_at(key_on(signed_in), clock.now(), steps=-5)

    signed_in.fill(code=stale).press("add-app")

    assert signed_in.page.errors[0].startswith("This code is not correct.")
    assert apps_of(provider, anne.id) == []


def test_a_picture_that_newer_ones_replaced_leads_to_a_new_one(signed_in: Browser) -> None:
    """Who opens one page after the other has the newest of them; an older one says so"""
    signed_in.get(ADD)
    first = signed_in.press("continue").url
    for _ in range(authenticator_apps.MOST):
        signed_in.get(ADD)
        signed_in.press("continue")

    signed_in.get(first)

    assert signed_in.page.status == 200
    assert "This picture is too old." in signed_in.page.text
    assert signed_in.page.by_id("add-app") is None
    assert signed_in.page.link("Start again") == ADD


def test_a_stale_session_adds_nothing(signed_in: Browser, anne: Account, clock: MovableClock) -> None:
    """ASVS 7.5.1: the password is asked again after five minutes"""
    clock.forward(minutes=5)

    for address in (ADD, CODES, REMOVE):
        signed_in.get(address)
        assert signed_in.page.heading == "Enter your password again"


def test_a_session_that_goes_stale_on_the_way_adds_nothing(
    signed_in: Browser, anne: Account, clock: MovableClock, provider: Provider
) -> None:
    signed_in.get(ADD)
    signed_in.press("continue")
    secret = key_on(signed_in)
    clock.forward(minutes=6)

    signed_in.fill(code=code_at(secret, clock.now())).press("add-app")

    assert apps_of(provider, anne.id) == []


def test_a_password_alone_puts_no_app_in_the_place_of_the_phone(
    visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """X-18: a portal that asks for a password only is no way around the second step of the others."""
    bend(provider, "e-services", policy={"second_step": "never"})
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    visitor.get(ADD)
    visitor.press("continue")

    assert visitor.page.heading == "Your sign-in code"
    assert mailbox.last().channel == "sms"
    assert "use-email" not in {button.get("id") for button in visitor.page.all("button")}, "a mailbox is no factor"
    give_code(visitor, mailbox, "sms")
    assert visitor.page.heading == "Connect the app"


def test_a_person_without_phone_proves_the_mailbox_besides(
    visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """X-31"""
    bend(provider, "e-services", policy={"second_step": "never"})
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    visitor.get(ADD)
    visitor.press("continue")

    give_code(visitor, mailbox, "email")

    assert visitor.page.heading == "Connect the app"


def test_a_password_that_rests_on_the_mailbox_adds_nothing_by_the_mailbox(
    visitor: Browser, anne: Account, provider: Provider, clock: MovableClock
) -> None:
    """X-18: never e-mail alone (NIST SP 800-63B-4 §4.2.2.2)"""
    bend(provider, "e-services", policy={"second_step": "never"})
    hashed = provider.hasher.hash(anne.password)
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)
        passwords.recover(tx, anne.id, hashed, floor=12, reason="test", by_mailbox_alone=True)
    clock.forward(hours=49)
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    visitor.get(ADD)
    visitor.press("continue")

    assert visitor.page.heading == "You cannot complete sign-in here"


def test_recovery_codes_work_once_the_owner_keeps_them(
    signed_in: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """Shown once; the former list works until then"""
    signed_in.get(CODES)
    signed_in.press("continue")
    shown = codes_on(signed_in)
    assert len(shown) == 10
    signed_in.press("keep")
    assert signed_in.page.errors == ["Keep the list first, then tick the box."]
    with provider.database.reading() as tx:
        assert recovery_codes.left(tx, anne.id) == 0
    page = signed_in.page.url
    signed_in.tick("kept").press("keep")

    signed_in.get(page)
    assert codes_on(signed_in) == []
    with provider.database.transaction() as tx:
        assert recovery_codes.use(tx, anne.id, shown[3])
    assert mailbox.last(channel="email").subject.endswith("un moyen de connexion a été ajouté")


@pytest.mark.parametrize("start", ["added app", "own pages", "address"])
def test_who_keeps_a_list_reads_on_their_own_pages_that_it_is_saved(
    signed_in: Browser, clock: MovableClock, start: str
) -> None:
    """X-31: and signs in nowhere again"""
    if start == "added app":
        add_app(signed_in, clock)
    elif start == "own pages":
        signed_in.get(SECURITY)
    signed_in.get(CODES if start == "address" else signed_in.page.link("Create recovery codes"))
    signed_in.press("continue")
    signed_in.tick("kept").press("keep")

    assert signed_in.page.heading == "Sign-in and security"
    assert "Your recovery codes have been saved. They can be used from now on." in signed_in.page.text


def test_who_adds_an_app_by_an_address_without_return_continues_on_their_own_pages(
    signed_in: Browser, clock: MovableClock
) -> None:
    add_app(signed_in, clock)

    signed_in.get(signed_in.page.link("Later"))

    assert signed_in.page.heading == "Sign-in and security"


def test_the_list_can_be_kept_without_a_script(signed_in: Browser) -> None:
    signed_in.get(CODES)
    signed_in.press("continue")

    link = signed_in.page.by_id("download")
    assert link is not None
    file = unquote(link.get("href").partition(",")[2]).splitlines()
    assert file == ["e-services CVCI", *codes_on(signed_in)]


def test_the_codes_on_the_page_cannot_be_read_in_the_database(
    signed_in: Browser, provider: Provider, database_url: str
) -> None:
    """Secrets are never facts: while the page is open they are sealed in the run."""
    signed_in.get(CODES)
    signed_in.press("continue")
    shown = codes_on(signed_in)

    with provider.database.reading() as tx:
        held = str(
            [row for (row,) in tx.execute(sa.select(FlowRun.scratch))]
            + list(tx.session.scalars(sa.select(FlowRun.results)))
        )
    assert not any(code in held for code in shown)


def test_a_removed_app_is_gone_everywhere_and_the_person_is_told(
    signed_in: Browser, anne: Account, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    app = give_app(provider, clock, anne.id)
    page = signed_in.get(REMOVE)
    assert "Authenticator app: Phone" in page.text, "its kind too: beside it stands the number"
    signed_in.fill(method=app.id).press("remove")

    assert apps_of(provider, anne.id) == []
    assert mailbox.last(channel="email").subject.endswith("un moyen de connexion a été retiré"), "in her own language"


def test_the_last_method_of_a_portal_is_not_removed_and_the_page_says_why(
    provider: Provider, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    """X-18"""
    bend(provider, "e-services", policy={"methods": ("totp",)})
    app = App(SECRET, clock, give_app(provider, clock, anne.id).id)
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    visitor.fill(code=app.code()).press("verify")
    visitor.get(REMOVE)
    visitor.fill(method=app.id).press("remove")

    assert len(visitor.page.errors) == 1
    assert "asks for a second step" in visitor.page.errors[0]
    assert apps_of(provider, anne.id) == ["Phone"]


def test_somebody_elses_app_cannot_be_removed(
    signed_in: Browser, stranger: Browser, anne: Account, provider: Provider, clock: MovableClock
) -> None:
    marc = make_account(provider, Account("", address="marc.dubois@example.ch"), names=("Marc", "Dubois"))
    his, hers = give_app(provider, clock, marc.id), give_app(provider, clock, anne.id)
    signed_in.get(REMOVE)
    signed_in.fill(method=his.id).press("remove")

    assert apps_of(provider, marc.id) == ["Phone"]
    assert hers.id != his.id


@pytest.fixture
def portal(app: Flask, provider: Provider) -> RelyingParty:
    """A portal that accepts apps only, and lets people add one on the way."""
    bend(provider, "e-services", policy={"methods": ("totp",), "enrol_on_the_way": True})
    return RelyingParty(app, "e-services")


def test_who_has_no_method_that_suffices_adds_one_on_the_way(
    portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """X-31: after the proof that any change of methods takes"""
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid")))
    give_password(visitor, anne)
    assert visitor.page.heading == "This portal asks for a stronger sign-in method"
    assert mailbox.sent() == []
    visitor.press("continue")
    give_code(visitor, mailbox, "email")
    visitor.fill(code=code_at(key_on(visitor), clock.now())).press("add-app")

    claims = portal.redeem(arrived(visitor))["claims"]
    assert (claims["acr"], set(claims["amr"])) == ("mfa", {"pwd", "email", "otp", "mfa"})
    assert apps_of(provider, anne.id) == ["My phone"]


def test_a_code_that_the_portal_does_not_accept_is_no_second_step_there(
    portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider
) -> None:
    """The proof before the change of methods does not end the sign-in."""
    with provider.database.transaction() as tx:
        phones.remove(tx, anne.id)
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid")))
    give_password(visitor, anne)
    visitor.press("continue")
    give_code(visitor, mailbox, "email")

    assert visitor.page.heading == "Connect the app"
    assert not visitor.left_for
    assert not visitor.cookie("session-e-services")


def test_who_has_another_factor_proves_it_before_adding_one_on_the_way(
    portal: RelyingParty, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid")))
    give_password(visitor, anne)
    visitor.press("continue")

    assert mailbox.last().channel == "sms"
    assert "use-email" not in {button.get("id") for button in visitor.page.all("button")}


def test_nobody_adds_a_method_on_the_way_where_the_portal_does_not_say_so(
    portal: RelyingParty, visitor: Browser, anne: Account, provider: Provider
) -> None:
    bend(provider, "e-services", policy={"enrol_on_the_way": False})
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid")))
    give_password(visitor, anne)

    assert visitor.page.heading == "You cannot complete sign-in here"


def test_a_stronger_sign_in_leads_to_the_missing_step_by_the_way_of_adding_it(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """RFC 9470: the password is not asked again"""
    bend(provider, "basic", policy={"methods": ("totp",), "enrol_on_the_way": True})
    basic = RelyingParty(app, "basic")
    visitor.get("/authorize?" + urlencode(basic.request(scope="openid")))
    give_password(visitor, anne)
    assert visitor.left_for
    clock.forward(minutes=2)

    wanted = '{"id_token": {"acr": {"essential": true, "value": "mfa"}}}'
    visitor.get("/authorize?" + urlencode(basic.request(scope="openid", claims=wanted)))
    assert visitor.page.heading == "This portal asks for a stronger sign-in method"
    visitor.press("continue")
    give_code(visitor, mailbox, "sms")
    visitor.fill(code=code_at(key_on(visitor), clock.now())).press("add-app")

    claims = basic.redeem(arrived(visitor))["claims"]
    assert claims["acr"] == "mfa"
    assert "otp" in claims["amr"]
