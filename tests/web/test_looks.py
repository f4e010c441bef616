"""The looks in which pages are walked once: a flaw that one of them alone has is found."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from idp.settings import HOME
from tests.support.chromium import EVERY_LOOK, Chromium, Look, flaws

pytestmark = pytest.mark.e2e

PAGE = """<!doctype html><html lang="en"><title>A page</title><style>
body {{ color: #111; background: #fff }}
{flaw}
</style><main><h1>A page</h1><p>Words.</p><button class="odd" hidden></button></main></html>"""
LIGHT_WORDS = "p { color: #eee }"
DARK = re.compile(r"@media screen and \(prefers-color-scheme: dark\) \{(.*?)\n\}", re.S)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    with chromium.page() as page:
        yield page


def media(look: Look) -> str:
    width = "max-width: 400px" if look.width <= 400 else "min-width: 401px"
    return f"@media ({width}) and (prefers-color-scheme: {look.scheme})"


def test_a_page_without_a_flaw_has_none_in_any_look(page: Page) -> None:
    page.set_content(PAGE.format(flaw=""))

    assert flaws(page, EVERY_LOOK) == []


@pytest.mark.parametrize("look", EVERY_LOOK, ids=[look.name for look in EVERY_LOOK])
def test_words_that_one_look_alone_makes_unreadable_are_found(page: Page, look: Look) -> None:
    page.set_content(PAGE.format(flaw=f"{media(look)} {{ {LIGHT_WORDS} }}"))

    assert flaws(page, EVERY_LOOK) == [f"{look.name}: color-contrast: ['p']"]


@pytest.mark.parametrize("width", ["min-width: 401px", "max-width: 400px"], ids=["wide", "narrow"])
def test_a_button_without_a_name_that_is_there_at_one_width_alone_is_found(page: Page, width: str) -> None:
    page.set_content(PAGE.format(flaw=f"@media ({width}) {{ .odd {{ display: block !important }} }}"))

    look = "1280-light" if "min" in width else "320-light"
    assert flaws(page, EVERY_LOOK) == [f"{look}: button-name: ['button']"]


def test_a_page_that_is_too_wide_for_a_phone_alone_is_found(page: Page) -> None:
    page.set_content(PAGE.format(flaw="h1 { width: 600px }"))

    assert flaws(page, EVERY_LOOK) == ["320-light: overflows", "320-dark: overflows"]


def test_the_page_keeps_the_last_look(page: Page) -> None:
    page.set_content(PAGE.format(flaw=""))
    flaws(page, EVERY_LOOK)

    assert page.viewport_size == {"width": 320, "height": 640}
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_what_else_is_to_be_found_is_looked_for_in_each_look(page: Page) -> None:
    page.set_content(PAGE.format(flaw=""))

    assert flaws(page, EVERY_LOOK, lambda page: ["odd"]) == [f"{look.name}: odd" for look in EVERY_LOOK]


def test_a_dark_screen_changes_nothing_but_colours() -> None:
    """So the rules of colours suffice for the second scheme of a width."""
    style = (HOME / "templates/static/vestibule.css").read_text(encoding="utf-8")
    blocks = DARK.findall(style)
    assert len(blocks) == style.count("prefers-color-scheme") == 1

    declared = re.findall(r"([\w-]+):", blocks[0].replace(":root", ""))
    assert declared
    assert [name for name in declared if not name.startswith("--")] == []
