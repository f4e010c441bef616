"""Authenticator apps and recovery codes in a real browser: by mouse, by keys, without scripts, narrow and dark."""

import pytest

from tests.e2e.sites import Sites
from tests.e2e.walks import authenticators
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.support.chromium import EVERY_LOOK, Chromium

pytestmark = pytest.mark.e2e


def test_the_pages_of_apps_and_recovery_codes_are_accessible_wide_and_narrow_light_and_dark(
    town: Sites, chromium: Chromium
) -> None:
    """X-12, X-18, X-22: and the walk itself is made on a phone"""
    with chromium.page(320, "dark", bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, authenticators.keep(visitor, "app-looks@example.ch"), EVERY_LOOK)

    assert found == []


def test_apps_and_recovery_codes_need_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-18, X-22: and the content security policy is in force"""
    with chromium.page() as page:
        seen = pages_of(authenticators.keep(KeyboardVisitor(page, town), "app-keys@example.ch"))

    assert seen[-1] == "remove-method"


def test_apps_and_recovery_codes_need_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01, X-18"""
    with chromium.page(java_script_enabled=False) as page:
        seen = pages_of(authenticators.keep(Visitor(page, town), "app-plain@example.ch"))

    assert seen[-1] == "remove-method"
