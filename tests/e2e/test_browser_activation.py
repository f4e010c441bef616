"""Journey C in a real browser: an insured person opens an account with a letter."""

import pytest
import requests

from tests.e2e.sites import Sites
from tests.e2e.walks import registration
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.flows.registrations import Letters
from tests.support.chromium import Chromium
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.e2e


def test_a_letter_opens_an_account_that_signs_in(town: Sites, chromium: Chromium) -> None:
    """C-01, C-03 to C-10: every page of the guide in its order, then the portal."""
    letter = Letters(town.provider).insured("1")

    with chromium.page() as page:
        seen = pages_of(registration.activate(Visitor(page, town), letter, "rosa1@example.ch"))

        assert page.locator("#acr").text_content() == "mfa"
    assert " ".join(seen) == (
        "letter-code address mail-code account password phone phone-code sign-in sign-in-code portal"
    )


def test_the_activation_needs_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-22"""
    letter = Letters(town.provider).insured("2")

    with chromium.page() as page:
        seen = pages_of(registration.activate(KeyboardVisitor(page, town), letter, "rosa2@example.ch"))

    assert seen[-1] == "portal"


def test_the_activation_needs_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01"""
    letter = Letters(town.provider).insured("3")

    with chromium.page(java_script_enabled=False) as page:
        seen = pages_of(registration.activate(Visitor(page, town), letter, "rosa3@example.ch"))

    assert seen[-1] == "portal"


def test_the_pages_of_the_activation_are_accessible_at_320_pixels(town: Sites, chromium: Chromium) -> None:
    """X-12, X-22, C-24: 320 px is also what 1280 px leave at a zoom of 400 %. With and without errors."""
    letter = Letters(town.provider).insured("4")

    with chromium.page(320, bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, registration.activate(visitor, letter, "marie-louise.zuercher@example.ch"))

    assert found == []


def test_the_mailed_link_works_in_another_browser_which_proves_the_letter_again(
    town: Sites, chromium: Chromium
) -> None:
    """B-11, B-12, C-15: also after a scanner has opened it."""
    letter = Letters(town.provider).insured("5")

    with chromium.page() as computer, chromium.page(320) as telephone:
        first, second = Visitor(computer, town), Visitor(telephone, town)
        pages_of(registration.to_mail_code(first, letter, "rosa5@example.ch", "/AK00/register", "letter-code"))
        mail = Mailbox(town.provider).last("rosa5@example.ch")
        assert requests.get(mail.link, timeout=10).ok
        assert requests.head(mail.link, timeout=10).ok
        second.open(mail.link)
        second.type_code("rosa5@example.ch")

        assert second.page.locator("[name=terms]").count() == 0
        second.fill(code=letter.grouped)
        second.press("continue")
        assert second.page.locator("[name=terms]").is_visible()
        assert second.page.locator("#email").input_value() == "rosa5@example.ch"


def test_a_second_tab_that_stayed_behind_goes_on_where_the_first_is(town: Sites, chromium: Chromium) -> None:
    """X-03: what the stale page sends changes nothing."""
    letter = Letters(town.provider).insured("6")

    with chromium.page() as page:
        first = Visitor(page, town)
        pages_of(registration.to_mail_code(first, letter, "rosa6@example.ch", "/AK00/register", "letter-code"))
        stale = Visitor(page.context.new_page(), town)
        stale.open(page.url)
        first.type_code("rosa6@example.ch")
        stale.fill(code="AAAA BBBB CCCC")
        stale.press("verify")

        assert stale.heading == first.heading
        assert stale.page.locator("[name=terms]").is_visible()
