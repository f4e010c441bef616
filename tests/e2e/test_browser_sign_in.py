"""People in a real browser: from each portal through password and code and back; one sign-in for two portals.

The content security policy is in force; only the pages that axe looks at are opened without it.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import administrator, enrol, give_password
from tests.e2e.sites import Sites
from tests.support.chromium import WIDE_AND_NARROW, Chromium, flaws
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.e2e

EMAIL, PASSWORD = "anne.rochat@example.ch", "quatre chevaux bleus"
PORTALS = ("e-services", "connect", "connect-assures", "espace-personnel")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture
def anne(sites: Sites) -> str:
    """Somebody who uses all four portals, with a phone."""
    person, _company = administrator(sites.provider)
    enrol(sites.provider, person, *PORTALS)
    give_password(sites.provider, person, PASSWORD)
    return person


def type_credentials(page: Page, sites: Sites, portal: str) -> None:
    page.goto(sites.url(portal) + "/login")
    page.fill("[name=identifier]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("#sign-in")


def type_code(page: Page, sites: Sites, channel: str) -> None:
    page.fill("[name=code]", Mailbox(sites.provider).last(channel=channel).code)
    page.click("#verify")


def sign_in(page: Page, sites: Sites, portal: str, channel: str = "sms") -> None:
    type_credentials(page, sites, portal)
    expect(page.locator("[name=code]")).to_be_visible()
    if channel == "email":
        page.locator("#not-received summary").first.click()
        page.locator("button", has_text=re.compile("e-mail")).first.click()
    type_code(page, sites, channel)
    expect(page.get_by_text("Bonjour Anne")).to_be_visible()


@pytest.mark.usefixtures("anne")
@pytest.mark.parametrize("portal", PORTALS)
def test_a_person_signs_in_with_a_code_by_sms(sites: Sites, chromium: Chromium, portal: str) -> None:
    """A-16, B-08, C-10"""
    with chromium.page() as page:
        sign_in(page, sites, portal)

        assert page.url == sites.url(portal) + "/"
        assert page.locator("#acr").text_content() == "mfa"


@pytest.mark.usefixtures("anne")
@pytest.mark.parametrize("portal", ["e-services", "espace-personnel"])
def test_a_person_takes_the_code_by_mail_instead(sites: Sites, chromium: Chromium, portal: str) -> None:
    """A-39: where the portal's policy lets people choose."""
    with chromium.page() as page:
        sign_in(page, sites, portal, "email")

        assert page.locator("#acr").text_content() == "two-step"
        assert "email" in page.locator("#amr").text_content()


@pytest.mark.usefixtures("anne")
def test_one_sign_in_serves_connect_and_connect_assures_and_not_e_services(sites: Sites, chromium: Chromium) -> None:
    """X-24: single sign-on stays inside its group of portals."""
    with chromium.page() as page:
        sign_in(page, sites, "connect")

        page.goto(sites.url("connect-assures") + "/login")
        expect(page.get_by_text("Bonjour Anne")).to_be_visible()
        page.goto(sites.url("e-services") + "/login")

        expect(page.locator("[name=identifier]")).to_be_visible()


@pytest.mark.usefixtures("anne")
def test_logging_out_of_one_portal_ends_the_other_too(sites: Sites, chromium: Chromium) -> None:
    """X-24: the other portal hears of it through the back channel, at its next click."""
    with chromium.page() as page:
        sign_in(page, sites, "connect")
        page.goto(sites.url("connect-assures") + "/login")

        page.get_by_text("Se déconnecter").click()
        expect(page.get_by_text("Se connecter").first).to_be_visible()
        Mailbox(sites.provider).deliver()
        page.goto(sites.url("connect") + "/login")

        expect(page.locator("[name=identifier]")).to_be_visible()


@pytest.mark.usefixtures("anne")
def test_the_pages_of_signing_in_are_accessible_and_fit_the_screen(sites: Sites, chromium: Chromium) -> None:
    """X-22, C-24: axe finds nothing on the pages and their error states; nothing scrolls sideways at 320 px."""
    found: list[str] = []

    def look(page: Page) -> None:
        page.wait_for_load_state()  # a click returns before the page that it leads to has a document
        found.extend(flaws(page, WIDE_AND_NARROW))

    with chromium.page(320, bypass_csp=True) as page:
        page.goto(sites.url("e-services") + "/login")
        look(page)
        page.fill("[name=identifier]", EMAIL)
        page.fill("[name=password]", "wrong")
        page.click("#sign-in")
        look(page)
        assert page.title().startswith("Erreur")
        type_credentials(page, sites, "e-services")
        look(page)
        page.fill("[name=code]", "000000")
        page.click("#verify")
        look(page)
        page.locator("#not-received summary").first.click()
        look(page)

    assert found == []


@pytest.mark.usefixtures("anne")
def test_signing_in_needs_no_script_and_no_mouse(sites: Sites, chromium: Chromium) -> None:
    """X-01, X-22"""
    with chromium.page(java_script_enabled=False) as page:
        page.goto(sites.url("e-services") + "/login")
        page.locator("[name=identifier]").focus()
        page.keyboard.type(EMAIL)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.locator("[name=code]").focus()
        page.keyboard.type(Mailbox(sites.provider).last(channel="sms").code)
        page.keyboard.press("Enter")

        expect(page.get_by_text("Bonjour Anne")).to_be_visible()
