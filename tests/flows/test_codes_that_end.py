"""Pages where a code is typed: how it looks, where it went, and the way on when it has ended."""

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, give_password
from tests.flows.registrations import ADDRESS, Letters, give_address, give_letter
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

PAGE = "/login?portal=e-services"


@pytest.fixture
def letters(provider: Provider) -> Letters:
    return Letters(provider)


@pytest.fixture
def rosa(app: Flask) -> Browser:
    return Browser(app, language="en")


def primary(browser: Browser) -> list[str]:
    """The words of the page's primary buttons."""
    return [each.text for each in browser.page.all("button") if each.get("class") == "primary" and each.get("id")]


def test_the_page_of_an_expired_code_says_so_and_its_button_asks_for_a_new_one(
    visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    """A-33, X-06"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    assert primary(visitor) == ["Check the code"]

    clock.forward(minutes=6)
    visitor.get(visitor.page.url)

    assert primary(visitor) == ["Get a new code"]
    assert visitor.page.text.count("That code has expired. Request a new one.") == 1
    assert visitor.page.by_id("code") is None


def test_an_expired_code_that_is_sent_is_answered_once_and_with_a_way_on(
    visitor: Browser, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    """A-33"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    late = mailbox.last().code
    clock.forward(minutes=6)

    visitor.fill(code=late).press("verify")

    assert visitor.page.errors == ["That code has expired. Request a new one."]
    assert visitor.page.text.count("That code has expired. Request a new one.") == 1
    visitor.press("Get a new code")
    assert primary(visitor) == ["Check the code"]


def test_five_wrong_codes_turn_the_button_into_one_for_a_new_code(visitor: Browser, anne: Account) -> None:
    """A-34"""
    visitor.get(PAGE)
    give_password(visitor, anne)

    for _ in range(5):
        visitor.fill(code="000000").press("verify")

    assert primary(visitor) == ["Get a new code"]
    assert visitor.page.text.count("Too many wrong codes. Request a new one.") == 1


def test_a_code_with_missing_symbols_is_told_how_many_it_has_and_costs_no_try(visitor: Browser, anne: Account) -> None:
    """X-06"""
    visitor.get(PAGE)
    give_password(visitor, anne)

    for _ in range(6):
        visitor.fill(code="123 45").press("verify")
        assert visitor.page.errors == ["The code has 6 characters. Enter all of them."]
    visitor.fill(code="000000").press("verify")

    assert visitor.page.errors == ["That code is not correct. You have 4 tries left."]


def test_two_codes_in_a_row_are_told_apart_from_a_wrong_one_and_cost_no_try(visitor: Browser, anne: Account) -> None:
    """X-03, X-06: Back fills an earlier code in again, and the newer one is typed behind it"""
    visitor.get(PAGE)
    give_password(visitor, anne)

    for _ in range(6):
        visitor.fill(code="123456654321").press("verify")
        assert visitor.page.errors == ["The code has 6 characters. You have typed more."]
    visitor.fill(code="000000").press("verify")

    assert visitor.page.errors == ["That code is not correct. You have 4 tries left."]


def test_a_short_code_of_a_letter_is_told_that_twelve_characters_are_needed(rosa: Browser) -> None:
    """C-12"""
    give_letter(rosa, "7KQ4 M2XT 9H")

    assert rosa.page.errors == ["The code has 12 characters. Enter all of them."]


def test_what_was_typed_in_this_browser_is_shown_in_full_and_masked_in_another(
    app: Flask, rosa: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """A-33, B-11"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    assert ADDRESS in rosa.page.text

    elsewhere = Browser(app, language="en")
    elsewhere.get(mailbox.last(ADDRESS).link)

    assert "•••@" in elsewhere.page.text
    assert ADDRESS not in elsewhere.page.text


def test_a_number_on_file_stays_masked(visitor: Browser, anne: Account) -> None:
    """X-13"""
    visitor.get(PAGE)
    give_password(visitor, anne)

    assert "••• •• 67" in visitor.page.text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_says_how_the_code_looks(rosa: Browser, letters: Letters, visitor: Browser, anne: Account) -> None:
    """X-06"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    assert "6 digits." in visitor.page.text

    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    assert "12 letters and numbers: XXXX XXXX XXXX" in rosa.page.text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_other_channel_is_a_line_outside_the_help(visitor: Browser, anne: Account) -> None:
    """A-39: under the primary button, so that nothing stands between the field and its button"""
    visitor.get(PAGE)
    give_password(visitor, anne)
    button = visitor.page.button("Get it by email instead")
    order = [each.get("id") for each in visitor.page.all("button")]

    assert button.get("class") == "plain"
    assert order.index("verify") < order.index(button.get("id"))
    assert all(button not in each.walk() for each in visitor.page.all("details"))
