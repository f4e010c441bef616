"""A POST that waited too long for its turn is refused politely; pages are shown."""

import pytest
from flask import Flask

from idp.web import overload
from tests.support.browser import Browser

JUST_TOO_LONG = overload.LONGEST_WAIT + 0.1


@pytest.fixture
def stranger(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def login(stranger: Browser) -> Browser:
    stranger.get("/login?portal=e-services")
    return stranger.fill(identifier="anne.rochat@example.ch", password="quatre mots sans aucun lien")


@pytest.fixture(autouse=True)
def _turn_is_over() -> None:
    overload.note_wait(0)


def test_a_sign_in_that_waited_too_long_is_told_when_to_come_again(login: Browser) -> None:
    overload.note_wait(JUST_TOO_LONG)

    answer = login.send("sign-in")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == str(overload.RETRY_AFTER)


def test_what_was_typed_is_not_lost(login: Browser) -> None:
    """X-27"""
    overload.note_wait(JUST_TOO_LONG)

    login.press("sign-in")

    assert login.page.value("identifier") == "anne.rochat@example.ch"


def test_a_sign_in_whose_turn_comes_in_time_is_looked_at(login: Browser) -> None:
    overload.note_wait(overload.LONGEST_WAIT)

    login.press("sign-in")

    assert login.page.status != 503


def test_a_page_is_shown_however_long_it_waited(stranger: Browser) -> None:
    overload.note_wait(JUST_TOO_LONG)

    stranger.get("/login?portal=e-services")

    assert stranger.page.status == 200


def test_the_wait_of_one_request_is_not_that_of_the_next(stranger: Browser, login: Browser) -> None:
    overload.note_wait(JUST_TOO_LONG)
    stranger.get("/login?portal=e-services")

    login.fill(identifier="anne.rochat@example.ch", password="x").press("sign-in")

    assert login.page.status != 503
