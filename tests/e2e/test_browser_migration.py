"""Journey A in a real browser: a former user ID becomes an e-mail address."""

import pytest

from tests.e2e.sites import Sites
from tests.e2e.walks import migration
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.flows.migrating import former_account
from tests.support.chromium import Chromium

pytestmark = pytest.mark.e2e


def test_a_former_account_moves_and_signs_in_with_its_address(town: Sites, chromium: Chromium) -> None:
    """A-01, A-04, A-05, A-07 to A-14, A-16: every page of the guide in its order, then the portal."""
    former_account(town.provider, "CVCI00000001")

    with chromium.page() as page:
        seen = pages_of(migration.migrate(Visitor(page, town), "CVCI00000001", "luc1@example.ch"))

        assert page.locator("#acr").text_content() == "mfa"
    assert " ".join(seen) == (
        "former-sign-in email email-code email-confirmed phone phone-code details migrated sign-in sign-in-code portal"
    )


def test_the_migration_needs_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-22"""
    former_account(town.provider, "CVCI00000002")

    with chromium.page() as page:
        seen = pages_of(migration.migrate(KeyboardVisitor(page, town), "CVCI00000002", "luc2@example.ch"))

    assert seen[-1] == "portal"


def test_the_migration_needs_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01"""
    former_account(town.provider, "CVCI00000003")

    with chromium.page(java_script_enabled=False) as page:
        seen = pages_of(migration.migrate(Visitor(page, town), "CVCI00000003", "luc3@example.ch"))

    assert seen[-1] == "portal"


def test_the_pages_of_the_migration_are_accessible_at_320_pixels(town: Sites, chromium: Chromium) -> None:
    """X-12, X-22, C-24: 320 px is also what 1280 px leave at a zoom of 400 %. With and without errors."""
    former_account(town.provider, "CVCI00000004")

    with chromium.page(320, bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, migration.migrate(visitor, "CVCI00000004", "marie-louise.zuercher@example.ch"))

    assert found == []


def test_a_second_tab_that_stayed_behind_goes_on_where_the_first_is(town: Sites, chromium: Chromium) -> None:
    """A-21, X-03: what the stale page sends changes nothing."""
    former_account(town.provider, "CVCI00000005")

    with chromium.page() as page:
        first = Visitor(page, town)
        pages_of(migration.to_email_code(first, "CVCI00000005", "luc5@example.ch"))
        stale = Visitor(page.context.new_page(), town)
        stale.open(page.url)
        first.type_code("luc5@example.ch", "email")
        stale.fill(code="000000")
        stale.press("verify")

        assert stale.heading == first.heading
        first.press("continue")
        first.press("skip")
        migration.complete(first)
        assert first.page.locator("#to-sign-in").is_visible()


def test_who_finishes_second_in_another_browser_reads_that_it_is_done(town: Sites, chromium: Chromium) -> None:
    """A-30, A-32: the other browser begins at the e-mail step, inherits nothing, and comes too late."""
    former_account(town.provider, "CVCI00000006")

    with chromium.page() as one, chromium.page(320) as other:
        first, second = Visitor(one, town), Visitor(other, town)
        pages_of(migration.to_email_code(first, "CVCI00000006", "luc6@example.ch"))
        pages_of(migration.to_email_code(second, "CVCI00000006", "luc6b@example.ch"))
        migration.without_phone(first, "luc6@example.ch")
        second.type_code("luc6b@example.ch", "email")

        assert second.heading == "Votre compte a déjà été mis à jour"
        second.press("to-sign-in")
        assert second.page.locator("[name=identifier]").is_visible()
