"""Journey D in a real browser: a forgotten access code is replaced."""

import pytest
import requests

from tests.e2e.people import customer
from tests.e2e.sites import Sites
from tests.e2e.walks import recovery
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.support.chromium import Chromium

pytestmark = pytest.mark.e2e


def test_a_customer_replaces_the_forgotten_code_and_signs_in(town: Sites, chromium: Chromium) -> None:
    """D-01 to D-07, D-09, D-10: every page of the guide in its order, then the portal."""
    customer(town.provider, "paul1@example.fr", "CMP-000001")

    with chromium.page() as page:
        seen = pages_of(recovery.recover(Visitor(page, town), "CMP-000001", "paul1@example.fr"))

    assert " ".join(seen) == "request requested new-password replaced sign-in sign-in-code portal"


def test_the_recovery_needs_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-22"""
    customer(town.provider, "paul2@example.fr", "CMP-000002")

    with chromium.page() as page:
        seen = pages_of(recovery.recover(KeyboardVisitor(page, town), "CMP-000002", "paul2@example.fr"))

    assert seen[-1] == "portal"


def test_the_recovery_needs_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01"""
    customer(town.provider, "paul3@example.fr", "CMP-000003")

    with chromium.page(java_script_enabled=False) as page:
        seen = pages_of(recovery.recover(Visitor(page, town), "CMP-000003", "paul3@example.fr"))

    assert seen[-1] == "portal"


def test_the_pages_of_the_recovery_are_accessible_at_320_pixels(town: Sites, chromium: Chromium) -> None:
    """X-12, X-22, C-24: 320 px is also what 1280 px leave at a zoom of 400 %. With and without errors."""
    customer(town.provider, "paul4@example.fr", "CMP-000004")

    with chromium.page(320, bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, recovery.recover(visitor, "CMP-000004", "paul4@example.fr"))

    assert found == []


def test_the_link_is_opened_in_another_browser_after_a_scanner(town: Sites, chromium: Chromium) -> None:
    """D-13, X-25: asked on a computer, finished on a telephone; neither is signed in by it."""
    customer(town.provider, "paul5@example.fr", "CMP-000005")

    with chromium.page() as computer, chromium.page(320) as telephone:
        asking, finishing = Visitor(computer, town), Visitor(telephone, town)
        pages_of(recovery.ask(asking, "CMP-000005"))
        link = recovery.link_for(finishing, "paul5@example.fr")
        assert requests.get(link, timeout=10).ok
        finishing.open(link)
        pages_of(recovery.replace(finishing))

        for visitor in (asking, finishing):
            visitor.open(town.url("espace-personnel") + "/login")
            assert visitor.page.locator("[name=identifier]").is_visible()


def test_a_second_tab_with_the_link_comes_too_late(town: Sites, chromium: Chromium) -> None:
    """D-12: whoever was first has replaced it; the other tab reads so and leads on."""
    customer(town.provider, "paul6@example.fr", "CMP-000006")

    with chromium.page() as page:
        first = Visitor(page, town)
        pages_of(recovery.ask(first, "CMP-000006"))
        link = recovery.link_for(first, "paul6@example.fr")
        stale = Visitor(page.context.new_page(), town)
        first.open(link)
        stale.open(link)
        pages_of(recovery.replace(first))
        stale.fill(code="zzzzz", new_password="encore une autre phrase", new_password_again="encore une autre phrase")
        stale.press("replace")

        assert stale.heading == "Ce lien a déjà été utilisé"
        stale.press("to-sign-in")
        assert stale.page.locator("[name=identifier]").is_visible()
