"""The pages of a sign-in as Chromium shows them: axe, language switch, Enter, time limit."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from idp.provider import Provider
from tests.flows.conftest import Account, make_account
from tests.support.chromium import Chromium, flaws, serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture
def page(app: Flask, chromium: Chromium) -> Iterator[Page]:
    with serving(app) as address, chromium.page(320, bypass_csp=True, base_url=address) as page:
        yield page


@pytest.fixture
def anne(provider: Provider) -> Account:
    return make_account(provider, Account(""))


def test_a_sign_in_has_no_flaw_with_and_without_errors(page: Page, anne: Account) -> None:
    """X-12, X-22"""
    page.goto("/login?portal=e-services")
    assert flaws(page) == []

    page.locator("#sign-in").click()
    page.locator(".summary").wait_for()
    assert page.title().startswith("Erreur\u00a0:")
    assert flaws(page) == []

    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").wait_for()
    page.get_by_text("Je n’ai pas reçu de code").click()
    assert flaws(page) == []

    page.locator("#code").fill("000000")
    page.locator("#code").press("Enter")
    page.locator(".error").wait_for()
    assert flaws(page) == []


def test_switching_the_language_keeps_the_step_and_what_was_typed(page: Page, anne: Account) -> None:
    """X-10"""
    page.goto("/login?portal=e-services")
    page.locator("#identifier").fill(anne.address)
    page.locator(".languages summary").click()
    page.get_by_role("button", name="Deutsch").click()

    page.locator("html[lang=de]").wait_for()
    assert page.locator("#identifier").input_value() == anne.address
    assert page.locator(".summary").count() == 0


def test_the_time_of_a_page_can_be_extended_from_its_warning(page: Page, anne: Account) -> None:
    """X-04"""
    page.clock.install()
    page.goto("/login?portal=e-services")
    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").fill("123")
    assert not page.locator("dialog").is_visible()

    page.clock.run_for("58:30")
    assert page.locator("dialog").is_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/extend")) as extended:
        page.get_by_role("button", name="Rester sur cette page").click()

    assert extended.value.ok
    page.locator("dialog").wait_for(state="hidden")
    assert page.locator("#code").input_value() == "123"


def test_a_code_that_expires_in_front_of_the_person_leaves_a_button_for_a_new_one(page: Page, anne: Account) -> None:
    """A-33, X-22: said aloud, by the page's own clock"""
    page.clock.install()
    page.goto("/login?portal=e-services")
    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").fill("123")

    page.clock.run_for("05:01")

    assert not page.locator("#code").is_visible()
    assert page.get_by_role("alert").inner_text().strip() == "Ce code n’est plus valable. Demandez un nouveau code."
    assert page.locator(".primary:visible").all_inner_texts() == ["Recevoir un nouveau code"]
    assert flaws(page) == []
    page.keyboard.press("Enter")
    page.locator("#code").wait_for()
    assert page.locator(".summary").count() == 0


def test_the_name_of_a_portal_and_its_languages_share_a_line_of_the_smallest_phone(page: Page) -> None:
    """X-22: the longest name as words, the widest mark as a picture."""
    end_of_name = """() => {
        const words = document.createRange();
        words.selectNodeContents(document.querySelector(".wordmark"));
        return words.getBoundingClientRect().right;
    }"""
    for language, address in (("de", "/AK00/register"), ("it", "/AK00/register"), ("fr", "/login?portal=e-services")):
        page.set_extra_http_headers({"Accept-Language": language})
        page.goto(address)

        name, languages = (page.locator(place).bounding_box() for place in (".wordmark", ".languages summary"))
        assert name is not None
        assert languages is not None
        assert page.evaluate(end_of_name) <= languages["x"]
        assert languages["y"] < name["y"] + name["height"]


def test_they_share_a_line_above_the_narrow_card_of_a_sign_in_too(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    for language in ("fr", "de", "it", "en"):
        page.set_extra_http_headers({"Accept-Language": language})
        page.goto("/login?portal=connect-assures")

        name, languages = (page.locator(place).bounding_box() for place in (".wordmark", ".languages ul"))
        assert name is not None
        assert languages is not None
        assert languages["y"] < name["y"] + name["height"], language


def test_the_browsers_back_explains_what_stands_in_the_field_again(page: Page) -> None:
    """X-03"""
    page.goto("/recovery?portal=e-services")
    page.go_back()
    page.go_forward()
    page.locator("#reset").wait_for()
    assert not page.locator("[data-came-back]").is_visible()

    page.locator("#identifier").fill("anne.rochat@gmial.com")
    page.locator("#reset").click()
    page.get_by_role("heading", name="Consultez vos e-mails").wait_for()
    page.go_back()

    assert page.locator("#identifier").input_value() == "anne.rochat@gmial.com"
    page.get_by_text("Voici ce que vous aviez saisi.").wait_for()
    assert flaws(page) == []


def test_neither_reload_nor_back_sends_a_form_again(page: Page, anne: Account) -> None:
    """X-03: after an error and its correction"""
    sent: list[str] = []
    page.goto("/login?portal=e-services")
    page.locator("#sign-in").click()
    page.locator(".summary").wait_for()
    page.on("request", lambda request: sent.append(request.method) if request.is_navigation_request() else None)
    page.reload()
    page.locator("#sign-in").wait_for()
    assert sent == ["GET"]

    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").fill("000000")
    page.locator("#verify").click()
    page.locator("#code-error").wait_for()
    page.goto("/recovery?portal=e-services")
    sent.clear()
    page.go_back()

    page.locator("#code").wait_for()
    page.get_by_text("Vous êtes toujours à cette étape").wait_for()
    assert sent == ["GET"]


def test_an_address_that_is_too_long_goes_on_after_its_at_sign(page: Page) -> None:
    page.goto("/login?portal=e-services")
    page.evaluate("document.querySelector('h1').textContent = 'marie-louise.zuercher-simic@example.ch'")
    page.evaluate("breakAddresses()")

    pieces = page.locator("h1 wbr").evaluate("each => [each.previousSibling.data, each.nextSibling.data]")
    assert pieces == ["marie-louise.zuercher-simic@", "example.ch"]


def test_the_name_of_a_portal_breaks_after_its_at_sign(page: Page) -> None:
    """X-22"""
    page.goto("/login?portal=connect-assures")

    pieces = page.locator("h1 wbr").evaluate_all("all => all.map(each => each.previousSibling.data.slice(-8))")

    assert pieces == ["connect@"]


def test_the_code_of_a_letter_is_grouped_while_it_is_typed(page: Page) -> None:
    """C-12"""
    page.goto("/AK00/register")

    page.locator("#code").press_sequentially("7kq4m2xt9hwd")

    assert page.locator("#code").input_value() == "7KQ4 M2XT 9HWD"


def test_the_clock_of_a_page_shows_in_its_last_ten_minutes_only(page: Page, anne: Account) -> None:
    """X-04"""
    page.clock.install()
    at_code(page, anne)

    page.clock.run_for("49:00")
    assert not page.locator("[data-page-clock]").is_visible()
    page.clock.run_for("01:30")
    assert page.locator("[data-page-clock]").is_visible()


def test_back_is_a_link_above_the_heading(page: Page, anne: Account) -> None:
    """X-22"""
    at_code(page, anne)

    back, heading = (page.locator(place).bounding_box() for place in (".back", "h1"))

    assert back is not None
    assert heading is not None
    assert back["y"] + back["height"] <= heading["y"]


def at_code(page: Page, anne: Account) -> None:
    page.goto("/login?portal=e-services")
    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").wait_for()


def test_every_button_is_as_high_as_its_neighbours_and_large_enough_for_a_thumb(page: Page, anne: Account) -> None:
    """X-22: 48 px for buttons and links that look like one, 44 px for every other target"""
    small = """elements => elements.filter(e => e.offsetParent && !e.matches('.unseen, .option input'))
        .filter(e => !e.closest('.skip, p:not(.back)') || e.matches('.primary, .quiet'))
        .filter(e => e.getBoundingClientRect().height < (e.matches('.primary, .quiet') ? 48 : 44))
        .map(e => e.outerHTML)"""
    targets = page.locator("button, a, input, select, summary")
    page.goto("/login?portal=e-services")
    assert targets.evaluate_all(small) == []

    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").wait_for()
    page.get_by_text("Je n’ai pas reçu de code").click()
    assert targets.evaluate_all(small) == []


def test_a_sign_in_is_a_narrow_card_whose_button_is_as_wide_as_its_fields(page: Page, anne: Account) -> None:
    """And the page of the code begins in its only field."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/login?portal=e-services")
    card, field, button = (page.locator(place).bounding_box() for place in ("main", "#password", "#sign-in"))
    assert card is not None
    assert field is not None
    assert button is not None
    assert card["width"] <= 30 * 18
    assert abs(button["width"] - field["width"]) < 1

    page.locator("#identifier").fill(anne.address)
    page.locator("#password").fill(anne.password)
    page.locator("#password").press("Enter")
    page.locator("#code").wait_for()
    assert page.evaluate("document.activeElement.id") == "code"
