"""A person's own pages in a real browser: by mouse, by keys alone, without scripts, on a narrow and dark screen."""

import pytest

from tests.e2e.sites import Sites
from tests.e2e.walks import account
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.support.chromium import EVERY_LOOK, Chromium

pytestmark = pytest.mark.e2e


WALKS = {"protected": account.look_after, "account-kept": account.decide}
"""The walks through all these pages, by the name of their last one."""


@pytest.mark.parametrize("end", WALKS)
def test_the_pages_of_an_account_are_accessible_wide_and_narrow_light_and_dark(
    town: Sites, chromium: Chromium, end: str
) -> None:
    """X-12, X-16, X-22, C-24: and the walk itself is made on a phone"""
    with chromium.page(320, "dark", bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, WALKS[end](visitor, f"{end}-looks@example.ch"), EVERY_LOOK)

    assert found == []


@pytest.mark.parametrize("end", WALKS)
def test_the_pages_of_an_account_need_no_mouse(town: Sites, chromium: Chromium, end: str) -> None:
    """X-16, X-22"""
    with chromium.page() as page:
        seen = pages_of(WALKS[end](KeyboardVisitor(page, town), f"{end}-keys@example.ch"))

    assert seen[-1] == end


@pytest.mark.parametrize("end", WALKS)
def test_the_pages_of_an_account_need_no_script(town: Sites, chromium: Chromium, end: str) -> None:
    """X-01, X-16"""
    with chromium.page(java_script_enabled=False) as page:
        seen = pages_of(WALKS[end](Visitor(page, town), f"{end}-plain@example.ch"))

    assert seen[-1] == end
