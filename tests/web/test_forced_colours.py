"""The style sheets for readers with colours of their own (high contrast): backgrounds and shades say nothing there.

And distances that rules of equal weight took away.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from idp.settings import HOME
from tests.support.chromium import FORCED, Chromium, Look

pytestmark = pytest.mark.e2e

SHEETS = "".join((HOME / f"templates/static/{name}.css").read_text(encoding="utf-8") for name in ("vestibule", "desk"))
WIDE, NARROW = Look(1280, forced_colours=FORCED), Look(390, forced_colours=FORCED)
PAGE = f"""<!doctype html><html lang="en"><title>A page</title><style>{SHEETS}</style><body><main>
<h1>A title</h1><p class="portal" id="close">A company</p>
<h1>A title</h1><div hidden></div><p class="portal" id="behind">A company</p>
<nav class="stepper"><ol>
<li class="now"><span class="mark">1</span></li><li class="later"><span class="mark">2</span></li>
</ol></nav><form class="field"><select id="choice"><option>One</option></select><input id="fixed" readonly value="One">
<input id="free" value="One"><button class="quiet" id="waits" aria-disabled="true">Send</button>
<button class="quiet" id="ready">Send</button></form>
<ol class="recovery-codes" id="codes"><li>One</li></ol>
<ul class="things"><li><p class="actions"><a class="quiet" id="remove">Remove</a></p>
<p><a class="quiet" id="add">Add</a></p>
</li></ul>
<div class="desk-chart"><svg><rect id="bar" width="9" height="9"></rect></svg><p id="words">Words</p></div>
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


def test_a_choice_keeps_its_arrow(page: Page) -> None:
    WIDE.wear(page)

    assert style(page, "#choice", "appearance") == "auto"
    assert style(page, "#choice", "backgroundImage") == "none"


def test_a_field_that_cannot_be_changed_looks_unlike_the_others(page: Page) -> None:
    WIDE.wear(page)

    assert (style(page, "#fixed", "borderStyle"), style(page, "#free", "borderStyle")) == ("dashed", "solid")


def test_a_button_that_waits_looks_unlike_one_that_works(page: Page) -> None:
    WIDE.wear(page)

    assert style(page, "#waits", "color") != style(page, "#ready", "color")
    assert style(page, "#waits", "borderColor") != style(page, "#ready", "borderColor")


def test_steps_to_come_are_seen_on_a_phone(page: Page) -> None:
    NARROW.wear(page)

    assert style(page, ".later", "borderStyle") == "solid"


def test_bars_have_the_colour_of_the_words(page: Page) -> None:
    WIDE.wear(page)

    assert style(page, "#bar", "fill") == style(page, "#words", "color")


@pytest.mark.parametrize(("look", "width"), [(WIDE, "1px"), (NARROW, "0px")], ids=["wide", "phone"])
def test_the_frame_of_a_page_does_not_run_along_the_edges_of_a_phone(page: Page, look: Look, width: str) -> None:
    look.wear(page)

    assert style(page, "main", "borderLeftWidth") == width


def test_the_line_below_the_title_looks_the_same_with_a_hidden_hint_between(page: Page) -> None:
    Look(1280).wear(page)

    for name in ("color", "marginTop"):
        assert style(page, "#behind", name) == style(page, "#close", name)


def test_the_number_ten_of_the_recovery_codes_has_room(page: Page) -> None:
    Look(1280).wear(page)

    assert style(page, "#codes", "paddingLeft") == "45px"  # 2.5rem


def test_the_button_that_adds_stands_apart_from_those_above(page: Page) -> None:
    Look(1280).wear(page)

    above, below = page.locator("#remove").bounding_box(), page.locator("#add").bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] - above["y"] - above["height"] >= 12
