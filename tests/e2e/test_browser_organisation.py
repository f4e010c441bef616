"""Journey B.2 in a real browser: the administrator of a company and the person who is let in, each in a browser."""

import pytest
from playwright.sync_api import expect

from tests.e2e.people import PASSWORD, administrator, demote, give_password
from tests.e2e.sites import Sites
from tests.e2e.walks import organisation
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import KeyboardVisitor, Visitor
from tests.support.chromium import EVERY_LOOK, Chromium

pytestmark = pytest.mark.e2e


def company(town: Sites, address: str, number: str) -> tuple[str, str]:
    """A company whose administrator has this address; the ids of both."""
    person, company_id = administrator(town.provider, address, number)
    give_password(town.provider, person, PASSWORD)
    return person, company_id


def test_somebody_is_invited_accepts_elsewhere_and_is_deactivated(town: Sites, chromium: Chromium) -> None:
    """B-20 to B-25, B-27, B-29, B-42, B-48: the two guides to the end, and what the portal then knows."""
    company(town, "anne1@example.ch", "20001")

    with chromium.page() as computer, chromium.page(320) as telephone:
        anne, luca = Visitor(computer, town), Visitor(telephone, town)
        pages_of(organisation.invite(anne, "anne1@example.ch", "luca1@example.ch"))
        expect(computer.get_by_text("Invité").first).to_be_visible()
        pages_of(organisation.accept(luca, "luca1@example.ch"))
        expect(telephone.get_by_text("Menuiserie Favre SA").first).to_be_visible()

        computer.reload()
        pages_of(organisation.deactivate(anne, "Bernasconi, Luca"))
        expect(computer.get_by_text("Désactivé").first).to_be_visible()
        telephone.reload()
        expect(telephone.get_by_text("Menuiserie Favre SA")).to_have_count(0)


def test_a_person_is_opened_by_a_double_click_or_by_a_tick_and_the_button(town: Sites, chromium: Chromium) -> None:
    """B-27, B-29: « Double-cliquer sur la personne à désactiver ou cocher la personne et sélectionner Détail »."""
    company(town, "anne6@example.ch", "20006")

    with chromium.page() as page:
        anne = Visitor(page, town)
        pages_of(organisation.to_users(anne, "anne6@example.ch"))
        users = page.url
        with page.expect_navigation():
            page.get_by_role("row", name="Rochat, Anne").get_by_text("Administrateur").dblclick()
        expect(page.locator("h1")).to_have_text("Anne Rochat")

        page.goto(users)
        page.get_by_label("Cocher Anne Rochat").check()
        anne.press("details")
        expect(page.locator("h1")).to_have_text("Anne Rochat")


def test_the_user_management_needs_no_mouse(town: Sites, chromium: Chromium) -> None:
    """B-31, X-22"""
    company(town, "anne2@example.ch", "20002")

    with chromium.page() as page:
        seen = pages_of(organisation.invite(KeyboardVisitor(page, town), "anne2@example.ch", "luca2@example.ch"))

    assert seen[-1] == "users-and-invited"


def test_the_user_management_needs_no_script(town: Sites, chromium: Chromium) -> None:
    """X-01"""
    company(town, "anne3@example.ch", "20003")

    with chromium.page(java_script_enabled=False) as one, chromium.page(java_script_enabled=False) as other:
        pages_of(organisation.invite(Visitor(one, town), "anne3@example.ch", "luca3@example.ch"))
        seen = pages_of(organisation.accept(Visitor(other, town), "luca3@example.ch"))

    assert seen[-1] == "portal"


def test_the_pages_of_the_user_management_are_accessible_at_320_pixels(town: Sites, chromium: Chromium) -> None:
    """X-12, X-22, C-24: 320 px is also what 1280 px leave at a zoom of 400 %. With and without errors."""
    company(town, "anne4@example.ch", "20004")

    with chromium.page(320, bypass_csp=True) as one, chromium.page(320, bypass_csp=True) as other:
        anne, luca = Visitor(one, town, stumbles=True), Visitor(other, town, stumbles=True)
        found = [
            *flaws_of(anne, organisation.invite(anne, "anne4@example.ch", "marie-louise.zuercher@example.ch")),
            *flaws_of(luca, organisation.accept(luca, "marie-louise.zuercher@example.ch")),
        ]
        one.reload()
        found += flaws_of(anne, organisation.deactivate(anne, "Bernasconi, Luca"))
        found += flaws_of(anne, organisation.automate(anne), EVERY_LOOK)

    assert found == []


def test_a_name_and_its_sign_out_stand_side_by_side(town: Sites, chromium: Chromium) -> None:
    """On the right above a narrow card too, where they need a line of their own."""
    company(town, "anne7@example.ch", "20007")

    with chromium.page() as page:
        anne = Visitor(page, town)
        steps = organisation.invite(anne, "anne7@example.ch", "luca7@example.ch")
        while next(steps) != "new-user-email":
            pass
        page.locator(".own-name").evaluate("each => each.textContent = 'Marie-Louise Zürcher-Bernasconi'")

        name, way_out, card = (page.locator(place).bounding_box() for place in (".own-name", "#sign-out", "main"))
        assert name is not None
        assert way_out is not None
        assert card is not None
        assert name["x"] + name["width"] < way_out["x"]
        assert abs(name["y"] + name["height"] / 2 - way_out["y"] - way_out["height"] / 2) < 4
        assert way_out["x"] + way_out["width"] > card["x"] + card["width"] - 60


def test_a_form_that_stayed_open_ends_with_the_right(town: Sites, chromium: Chromium) -> None:
    """B-30, B-52: the second tab's form is refused once the administrator is none any more."""
    person, company_id = company(town, "anne5@example.ch", "20005")

    with chromium.page() as page:
        first = Visitor(page, town)
        steps = organisation.invite(first, "anne5@example.ch", "luca5@example.ch")
        while next(steps) != "new-user-email":
            pass
        demote(town.provider, person, company_id)
        first.fill(email="luca5@example.ch")
        first.press("continue")

        assert first.page.locator("[name=given_name]").count() == 0
        assert first.page.locator("h1").is_visible()
