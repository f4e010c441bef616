"""Journey B.1 in a real browser: the administrator of a company accepts the fund's invitation."""

import pytest

from tests.e2e.sites import Sites
from tests.e2e.walks import registration
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.flows.registrations import COMPANY, Letters
from tests.support.chromium import Chromium
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.e2e


def test_an_invitation_makes_an_administrator_who_signs_in(town: Sites, chromium: Chromium) -> None:
    """B-02 to B-08: every page of the guide in its order; the portal knows the company and the right."""
    invitation = Letters(town.provider).administrator("10001")

    with chromium.page() as page:
        seen = pages_of(registration.accept_administration(Visitor(page, town), invitation, "rosa1@example.ch"))

        assert page.get_by_text(COMPANY).first.is_visible()
        assert page.get_by_text("administrateur").first.is_visible()
    assert " ".join(seen) == (
        "invitation-code address mail-code account phone phone-code review sign-in sign-in-code portal"
    )


def test_the_invitation_needs_no_mouse(town: Sites, chromium: Chromium) -> None:
    """X-22"""
    invitation = Letters(town.provider).administrator("10002")

    with chromium.page() as page:
        walk = registration.accept_administration(KeyboardVisitor(page, town), invitation, "rosa2@example.ch")

        assert pages_of(walk)[-1] == "portal"


def test_the_invitation_needs_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01"""
    invitation = Letters(town.provider).administrator("10003")

    with chromium.page(java_script_enabled=False) as page:
        walk = registration.accept_administration(Visitor(page, town), invitation, "rosa3@example.ch")

        assert pages_of(walk)[-1] == "portal"


def test_the_pages_of_the_invitation_are_accessible_at_320_pixels(town: Sites, chromium: Chromium) -> None:
    """X-12, X-22, C-24: 320 px is also what 1280 px leave at a zoom of 400 %. With and without errors."""
    invitation = Letters(town.provider).administrator("10004")

    with chromium.page(320, bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(
            visitor, registration.accept_administration(visitor, invitation, "marie-louise.zuercher@example.ch")
        )

    assert found == []


def test_the_mailed_link_asks_for_the_invitation_again_in_another_browser(town: Sites, chromium: Chromium) -> None:
    """B-11"""
    invitation = Letters(town.provider).administrator("10005")

    with chromium.page() as computer, chromium.page(320) as telephone:
        first, second = Visitor(computer, town), Visitor(telephone, town)
        pages_of(registration.to_mail_code(first, invitation, "rosa5@example.ch", "/AK01/register", "invitation-code"))
        second.open(Mailbox(town.provider).last("rosa5@example.ch").link)
        second.type_code("rosa5@example.ch")

        assert second.page.locator("[name=terms]").count() == 0
        second.fill(code=invitation.grouped)
        second.press("continue")
        assert second.page.locator("[name=terms]").is_visible()


def test_the_used_invitation_reads_like_an_unknown_one(town: Sites, chromium: Chromium) -> None:
    """B-09: with the way on for whoever registered already."""
    invitation = Letters(town.provider).administrator("10006")

    with chromium.page() as page:
        visitor = Visitor(page, town)
        pages_of(registration.accept_administration(visitor, invitation, "rosa6@example.ch"))
        said = []
        for code in (invitation.grouped, "AAAA BBBB CCCC"):
            visitor.open("/AK01/register")
            visitor.fill(code=code)
            visitor.press("continue")
            said.append(page.locator(".error").inner_text())

        assert said[0] == said[1]
        assert page.get_by_role("link", name="Se connecter").is_visible()
