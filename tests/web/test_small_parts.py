"""Choices, pills and marks keep their shape where there is little room: nothing is cut, torn or pressed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from idp.settings import HOME
from tests.support.chromium import FORCED, Chromium, Look

pytestmark = pytest.mark.e2e

SHEETS = "".join((HOME / f"templates/static/{name}.css").read_text(encoding="utf-8") for name in ("vestibule", "desk"))
DRAWN = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 246 40' width='246' height='40'/>"
LONG = "Ausgleichskasse Muster des Kantons Beispiel (AK00)"
PAGE = f"""<!doctype html><html lang="de"><title>A page</title><style>{SHEETS}</style>
<body class="account"><header class="top"><p class="wordmark"><img src="{DRAWN}" alt="A portal"></p>
<form><details class="menu languages"><summary>DE</summary><ul><li><span>DE</span></li><li><button>FR</button></li>
<li><button>IT</button></li><li><button>EN</button></li></ul></details></form>
<div class="signed-in"><p class="own-name">Anne Rochat</p><a class="sign-out" href="/">Abmelden</a></div>
</header><main><h1>A title</h1><form class="field">
<select id="short"><option>One</option></select><select id="long"><option>{LONG}</option></select></form>
<p><span class="pill waiting">Wartet auf eine zweite Person, die es bestätigt</span></p>
<p><span class="pill good" id="active">Active</span> <span class="pill off" id="ended">Withdrawn</span></p>
</main></body></html>"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    with chromium.page(bypass_csp=True) as page:
        page.set_content(PAGE)
        yield page


def style(page: Page, selector: str, name: str) -> str:
    return str(page.locator(selector).first.evaluate("(found, name) => getComputedStyle(found)[name]", name))


def height(page: Page, selector: str) -> float:
    return float(page.locator(selector).first.evaluate("found => found.getBoundingClientRect().height"))


def test_a_long_choice_takes_a_second_line_on_a_phone(page: Page) -> None:
    Look(320).wear(page)

    assert height(page, "#long") > height(page, "#short") + 20


def test_a_choice_that_cannot_take_a_second_line_says_that_it_is_longer(page: Page) -> None:
    Look(390, forced_colours=FORCED).wear(page)

    assert style(page, "#long", "textOverflow") == "ellipsis"
    assert height(page, "#long") == height(page, "#short")


def test_a_pill_is_one_shape_however_many_lines_it_has(page: Page) -> None:
    Look(320).wear(page)

    assert page.locator(".pill").first.evaluate("found => found.getClientRects().length") == 1
    assert height(page, ".pill") > height(page, "#active") + 20


@pytest.mark.parametrize("forced", ["none", FORCED])
def test_the_pill_of_what_has_ended_looks_unlike_the_others_without_colours_too(page: Page, forced) -> None:
    Look(1280, forced_colours=forced).wear(page)

    assert (style(page, "#ended", "borderStyle"), style(page, "#active", "borderStyle")) == ("dashed", "solid")


@pytest.mark.parametrize("width", [1280, 768, 640, 390])
def test_the_mark_is_as_large_beside_a_name_as_without_one(page: Page, width: int) -> None:
    Look(width).wear(page)
    measure = "found => found.getBoundingClientRect().width"

    beside = page.locator(".wordmark img").evaluate(measure)
    page.evaluate("document.querySelector('.signed-in').remove()")

    assert beside == page.locator(".wordmark img").evaluate(measure)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mark_keeps_its_ground_where_readers_have_colours_of_their_own(page: Page, scheme) -> None:
    plain = Look(1280, scheme)
    plain.wear(page)
    ground = style(page, "main", "backgroundColor")

    Look(1280, scheme, FORCED).wear(page)

    assert style(page, ".wordmark img", "backgroundColor") == ground
