"""A person's own pages in a real browser: by mouse, by keys alone, without scripts, on a narrow and dark screen."""

import pytest

from tests.e2e.sites import Sites
from tests.e2e.walks import account
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.support.chromium import SCHEMES, Chromium, Scheme

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_of_an_account_are_accessible(town: Sites, chromium: Chromium, width: int, scheme: Scheme) -> None:
    """X-12, X-16, X-22, C-24"""
    with chromium.page(width, scheme, bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, account.look_after(visitor, f"own{width}{scheme}@example.ch"))

    assert found == []


def test_the_pages_of_an_account_need_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-16, X-22"""
    with chromium.page() as page:
        seen = pages_of(account.look_after(KeyboardVisitor(page, town), "own-keys@example.ch"))

    assert seen[-1] == "protected"


def test_the_pages_of_an_account_need_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01, X-16"""
    with chromium.page(java_script_enabled=False) as page:
        seen = pages_of(account.look_after(Visitor(page, town), "own-plain@example.ch"))

    assert seen[-1] == "protected"
