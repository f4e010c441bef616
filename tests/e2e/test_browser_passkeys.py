"""Passkeys in Chromium with a virtual authenticator: adding, signing in by itself, second factor, step-up, removing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import administrator, enrol, give_password
from tests.e2e.sites import Sites
from tests.support.chromium import EVERY_LOOK, Chromium, flaws
from tests.support.inbox import Mailbox
from tests.support.virtual_device import Device

pytestmark = pytest.mark.e2e

EMAIL, PASSWORD = "anne.rochat@example.ch", "quatre chevaux bleus"
PORTAL = "e-services"


@pytest.fixture
def client_ids() -> tuple[str, ...]:
    return (PORTAL,)


@pytest.fixture(autouse=True)
def anne(sites: Sites) -> str:
    person, _company = administrator(sites.provider)
    enrol(sites.provider, person, PORTAL)
    give_password(sites.provider, person, PASSWORD)
    return person


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    with chromium.page() as page:
        yield page


@pytest.fixture
def device(page: Page) -> Device:
    return Device(page)


def type_password(page: Page, sites: Sites) -> None:
    page.goto(sites.url(PORTAL) + "/login")
    page.fill("[name=identifier]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("#sign-in")


def sign_in(page: Page, sites: Sites) -> None:
    type_password(page, sites)
    expect(page.locator("[name=code]")).to_be_visible()
    page.fill("[name=code]", Mailbox(sites.provider).last(channel="sms").code)
    page.click("#verify")
    expect(page.get_by_text("Bonjour Anne")).to_be_visible()


def add_passkey(page: Page, sites: Sites, name: str = "") -> None:
    page.goto(f"{sites.issuer}/add-passkey?portal={PORTAL}")
    if name:
        page.fill("[name=name]", name)
    page.click("#create-passkey")
    expect(page.get_by_role("heading", name="Votre clé d’accès est prête")).to_be_visible()


def leave(page: Page) -> None:
    page.context.clear_cookies()


def test_a_passkey_is_added_and_signs_in_by_the_identifier_field(page: Page, device: Device, sites: Sites) -> None:
    """X-16, X-31: conditional mediation, without a press of any button"""
    sign_in(page, sites)
    add_passkey(page, sites)
    leave(page)

    page.goto(sites.url(PORTAL) + "/login")

    expect(page.get_by_text("Bonjour Anne")).to_be_visible()
    assert page.locator("#acr").text_content() == "phr"


def test_a_passkey_signs_in_by_its_button(page: Page, device: Device, sites: Sites) -> None:
    sign_in(page, sites)
    add_passkey(page, sites)
    leave(page)
    device.touches(False)  # the identifier field waits in vain
    page.goto(sites.url(PORTAL) + "/login")
    expect(page.locator("#use-passkey")).to_be_visible()

    device.touches(True)
    page.click("#use-passkey")

    expect(page.get_by_text("Bonjour Anne")).to_be_visible()


def test_a_passkey_is_the_second_factor(page: Page, device: Device, sites: Sites) -> None:
    sign_in(page, sites)
    add_passkey(page, sites)
    leave(page)
    device.touches(False)
    type_password(page, sites)
    expect(page.locator("#use-sms")).to_be_visible()

    device.touches(True)
    page.click("#use-passkey")

    expect(page.get_by_text("Bonjour Anne")).to_be_visible()
    assert "pwd" in page.locator("#amr").text_content()


def test_a_device_that_does_not_know_its_user_signs_nobody_in(page: Page, device: Device, sites: Sites) -> None:
    sign_in(page, sites)
    add_passkey(page, sites)
    leave(page)
    device.set("setUserVerified", isUserVerified=False)
    type_password(page, sites)
    page.click("#use-passkey")

    expect(page.locator("#passkey-form .failed")).to_be_visible()
    expect(page.locator("#use-sms")).to_be_visible()


def test_a_person_has_two_passkeys_and_removes_one(page: Page, device: Device, sites: Sites) -> None:
    sign_in(page, sites)
    add_passkey(page, sites, "Premier")
    device.set("removeVirtualAuthenticator")
    device.id = device.plug_in()
    add_passkey(page, sites, "Deuxième")

    page.goto(f"{sites.issuer}/remove-method?portal={PORTAL}")
    page.get_by_label("Premier").check()
    page.click("#remove")

    expect(page.get_by_role("heading", name="Ce moyen de connexion a été retiré")).to_be_visible()
    assert page.locator("main li").all_inner_texts() == ["Deuxième"]


def test_the_pages_are_readable_by_everybody(sites: Sites, chromium: Chromium) -> None:
    """WCAG 2.2 AA: wide and narrow, light and dark; the walk itself is made on a phone"""
    with chromium.page(320, "dark", bypass_csp=True) as page:
        device = Device(page)
        sign_in(page, sites)
        page.goto(f"{sites.issuer}/add-passkey?portal={PORTAL}")
        look(page, "add")
        add_passkey(page, sites)
        look(page, "added")
        page.goto(f"{sites.issuer}/remove-method?portal={PORTAL}")
        look(page, "remove")
        leave(page)
        device.touches(False)
        page.goto(sites.url(PORTAL) + "/login")
        look(page, "sign-in")
        type_password(page, sites)
        look(page, "second-step")


def look(page: Page, name: str) -> None:
    page.wait_for_load_state()  # a click returns before the page that it leads to has a document
    assert flaws(page, EVERY_LOOK) == [], name
