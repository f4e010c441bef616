"""A number on the way, an undone theft and changes that wait, in Chromium: in every language, and by keys alone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.sites import Sites, serving
from tests.e2e.walks import losses
from tests.e2e.walks.looking import flaws, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.support.chromium import Chromium

pytestmark = pytest.mark.e2e

PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of these pages, for who wants to look at them."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("town")
    shutil.copyfile(sqlite_template, folder / "idp.sqlite3")
    more = {"strict": losses.STRICT}
    with serving(folder, f"sqlite:///{folder / 'idp.sqlite3'}", "e-services", more_clients=more) as running:
        yield running


@pytest.mark.parametrize("locale", ["de-CH", "it-CH", "en-GB"])
def test_the_pages_are_accessible_on_a_phone_in_every_language(town: Sites, chromium: Chromium, locale: str) -> None:
    """X-12, X-18, X-22"""
    found = []
    with chromium.page(320, locale=locale, bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        for name in losses.lose(visitor, f"losses-{locale.lower()}@example.ch"):
            assert page.locator("html").get_attribute("lang", timeout=1000) in {locale, locale[:2]}, name
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{locale}.png", full_page=True)
            found += [f"{name}: {flaw}" for flaw in flaws(page)]

    assert found == []


def test_the_pages_need_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-18, X-22"""
    with chromium.page() as page:
        seen = pages_of(losses.lose(KeyboardVisitor(page, town), "losses-keys@example.ch"))

    assert seen[-1] == "changes-wait"
