"""Every macro in every state, as Chromium shows it: nothing for axe to find, nothing wider than a small phone."""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from flask import Flask

from idp.settings import HOME
from tests.support.chromium import SCHEMES, Chromium, Look, Scheme, flaws, overflows, serving, visit
from tests.web.gallery import BRANDS, PAGES, hang_up

pytestmark = pytest.mark.e2e

LOOKS = (Look(1280), Look(320, "dark"))

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as chromium:
        yield chromium


@pytest.fixture
def gallery(app: Flask) -> Iterator[str]:
    hang_up(app)
    with serving(app) as address:
        yield address + "/gallery/"


def test_the_style_sheet_keeps_its_budget() -> None:
    assert (HOME / "templates/static/vestibule.css").stat().st_size <= 20 * 1024


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wide_and_light_or_narrow_and_dark(chromium: Chromium, gallery: str, name: str) -> None:
    """X-22"""
    assert chromium.flaws(gallery + name, *LOOKS) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("brand", BRANDS)
def test_every_brand_has_contrast(chromium: Chromium, gallery: str, brand: str, scheme: Scheme) -> None:
    assert chromium.flaws(f"{gallery}notices?brand={brand}", Look(1280, scheme)) == []


@pytest.mark.parametrize("layout", ["split", "plain"])
@pytest.mark.parametrize("name", ["sign-in", "table"])
def test_every_layout_fits_without_a_fault(chromium: Chromium, gallery: str, name: str, layout: str) -> None:
    """X-22"""
    with chromium.page(bypass_csp=True) as page:
        visit(page, f"{gallery}{name}?layout={layout}")
        found = flaws(page, LOOKS)
        Look(390).wear(page)

        assert found == []
        assert not overflows(page)


@pytest.mark.parametrize("layout", ["card", "split", "plain"])
@pytest.mark.parametrize("name", ["sign-in", "table", "done"])
def test_the_footer_follows_the_page_at_once(chromium: Chromium, gallery: str, name: str, layout: str) -> None:
    gap = """() => {
        const box = name => document.querySelector(name).getBoundingClientRect();
        return box(".foot").top - box("main").bottom;
    }"""
    with chromium.page() as page:
        visit(page, f"{gallery}{name}?layout={layout}")
        for width in (1280, 390):
            Look(width).wear(page)

            assert abs(page.evaluate(gap)) < 1


def test_a_picture_stands_beside_the_page_where_there_is_room(chromium: Chromium, gallery: str) -> None:
    with chromium.page(1280) as page:
        visit(page, gallery + "sign-in?layout=split")
        picture, main = page.locator(".picture").bounding_box(), page.locator("main").bounding_box()
        assert picture is not None
        assert main is not None
        assert picture["width"] > 400
        assert picture["x"] + picture["width"] <= main["x"]

    for width, name in ((390, "sign-in"), (1280, "table")):
        with chromium.page(width) as page:
            visit(page, f"{gallery}{name}?layout=split")
            assert page.locator(".picture").is_hidden()


def test_phones_show_the_languages_in_one_control(chromium: Chromium, gallery: str) -> None:
    with chromium.page(1280) as page:
        visit(page, gallery + "sign-in")
        assert page.locator(".languages button").evaluate_all("all => all.every(one => one.checkVisibility())")
        assert page.locator(".languages summary").is_hidden()

    with chromium.page(320, java_script_enabled=False) as page:
        visit(page, gallery + "sign-in")
        assert page.locator(".languages button:visible").count() == 0
        page.locator(".languages summary").press("Enter")
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.get_by_role("button", name="Deutsch").click()

    assert "page_language=de" in (sent.value.post_data or "")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_small_phone(chromium: Chromium, gallery: str, name: str) -> None:
    """X-22: 320 px is also 400 % zoom of 1280 px (WCAG 1.4.10)."""
    with chromium.page(320) as page:
        visit(page, gallery + name)

        assert not overflows(page)


@pytest.mark.parametrize("name", PAGES)
def test_targets_are_large_enough_for_a_thumb(chromium: Chromium, gallery: str, name: str) -> None:
    small = """elements => elements
        .filter(e => e.offsetParent && !e.closest('.unseen, p, li, td, .skip') && !e.matches('.unseen, .option input'))
        .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
    with chromium.page(320) as page:
        visit(page, gallery + name)

        assert page.locator("button, a, input, select, summary").evaluate_all(small) == []


def test_a_line_does_not_end_in_the_middle_of_e_mail(chromium: Chromium, gallery: str) -> None:
    with chromium.page(320, bypass_csp=True) as page:
        visit(page, gallery + "sign-in")
        word = page.locator("label .whole").first

        assert word.inner_text() == "e-mail"
        page.add_style_tag(content="label { display: block; width: 8.2rem }")
        assert word.evaluate("word => word.getClientRects().length") == 1


def test_enter_presses_the_primary_button_and_not_the_language(chromium: Chromium, gallery: str) -> None:
    with chromium.page(java_script_enabled=False) as page:
        visit(page, gallery + "sign-in")
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.get_by_label("Adresse e-mail").press("Enter")

    assert "page_language" not in (sent.value.post_data or "")


def test_the_focus_goes_to_the_error_summary(chromium: Chromium, gallery: str) -> None:
    """A-23, X-12"""
    with chromium.page() as page:
        visit(page, gallery + "errors")

        assert page.evaluate("document.activeElement.className") == "summary"
        page.locator(".summary a").nth(2).click()
        assert page.evaluate("document.activeElement.id") == "phone"


def test_a_lone_wrong_code_keeps_the_focus_in_its_field(chromium: Chromium, gallery: str) -> None:
    """A-34"""
    with chromium.page() as page:
        visit(page, gallery + "code-wrong")

        assert page.evaluate("document.activeElement.id") == "code"


def test_a_password_is_shown_and_hidden_again(chromium: Chromium, gallery: str) -> None:
    """X-07"""
    with chromium.page() as page:
        visit(page, gallery + "sign-in")
        reveal = page.get_by_role("button", name="Afficher Mot de passe")

        reveal.click()
        assert page.locator("#password").get_attribute("type") == "text"
        assert page.evaluate("document.activeElement.id") == "password"

        page.get_by_role("button", name="Masquer Mot de passe").click()
        assert page.locator("#password").get_attribute("type") == "password"


def test_a_new_password_is_answered_in_words(chromium: Chromium, gallery: str) -> None:
    with chromium.page() as page:
        visit(page, gallery + "profile")
        page.locator("#password").press_sequentially("onze lettre")
        page.get_by_text("Encore un caractère.").wait_for()
        page.locator("#password").press_sequentially("s")
        page.get_by_text("Longueur suffisante.").wait_for()


def test_a_new_code_can_be_asked_for_when_the_countdown_is_over(chromium: Chromium, gallery: str) -> None:
    """X-03"""
    with chromium.page() as page:
        page.clock.install()
        visit(page, gallery + "code")
        resend = page.locator("#resend")
        assert resend.get_attribute("aria-disabled") == "true"
        assert "(dans\u00a045" in resend.inner_text()

        page.clock.run_for(46_000)

        assert resend.inner_text() == "Renvoyer un code"
        assert resend.get_attribute("aria-disabled") is None


def test_what_is_left_of_a_code_is_counted_in_minutes_and_seconds(chromium: Chromium, gallery: str) -> None:
    """X-26"""
    with chromium.page() as page:
        page.clock.install()
        visit(page, gallery + "code")
        left = page.locator("[data-left]")
        page.clock.run_for(1_000)
        assert re.fullmatch(r"Encore 4 min \d\d? s\.", left.inner_text().replace("\N{NO-BREAK SPACE}", " "))

        page.clock.run_for(242_000)

        assert re.fullmatch(r"Encore \d\d s\.", left.inner_text().replace("\N{NO-BREAK SPACE}", " "))


def test_a_double_press_sends_one_request(chromium: Chromium, gallery: str) -> None:
    """X-02"""
    with chromium.page() as page:
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        visit(page, gallery + "sign-in")
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.evaluate("const b = document.querySelector('#sign-in'); b.click(); b.click()")
        page.wait_for_load_state("networkidle")

    assert len(posts) == 1


def test_without_scripts_nothing_is_missing(chromium: Chromium, gallery: str) -> None:
    """X-01"""
    with chromium.page(java_script_enabled=False) as page:
        visit(page, gallery + "code")

        assert page.locator("#resend").is_enabled()
        assert page.locator("#verify").is_visible()


def test_a_passkey_is_made_and_sent(chromium: Chromium, gallery: str) -> None:
    with chromium.page() as page:
        authenticator = page.context.new_cdp_session(page)
        authenticator.send("WebAuthn.enable", {"enableUI": False})
        authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        visit(page, gallery + "passkey")
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.locator("#add").click()
        page.locator("h1").wait_for()  # Chromium may not close a page that is still on its way to the next one
        page.wait_for_load_state()
        authenticator.send("WebAuthn.disable")

    credential = json.loads(parse_qs(sent.value.post_data or "")["credential"][0])
    assert credential["type"] == "public-key"
    assert credential["response"]["attestationObject"]
