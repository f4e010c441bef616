"""A run and its browser: what a GET may do, repeating, going back, being away, coming from elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.provider import Provider
from idp.runs import FlowRun
from tests.flows.engine.conftest import START, at_code, at_word, say
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases


def rows(provider: Provider) -> list[dict[str, Any]]:
    with provider.database.reading() as tx:
        return [dict(row._mapping) for row in tx.execute(sa.select(FlowRun.__table__).order_by(FlowRun.id))]


# Looking


def test_looking_changes_nothing(visitor: Browser, mailbox: Mailbox, provider: Provider, clock: MovableClock) -> None:
    """X-30, B-12"""
    visitor.get(START)
    assert rows(provider) == []
    at_code(visitor)
    before, sent = rows(provider), len(mailbox.sent())

    clock.forward(minutes=3)
    for _ in range(3):
        visitor.get(visitor.page.url)
        visitor.head(visitor.page.url)

    assert rows(provider) == before
    assert len(mailbox.sent()) == sent


def test_the_page_says_until_when_it_can_be_sent_and_can_be_kept_open(
    visitor: Browser, provider: Provider, clock: MovableClock
) -> None:
    """X-04"""
    at_code(visitor)
    assert "You can submit this page until 15:00." in visitor.page.text

    for _ in range(12):
        clock.forward(minutes=50)
        visitor.press("extend")

    assert visitor.page.heading == "Check your email"
    assert "You can submit this page until 01:00." in visitor.page.text


def test_keeping_a_page_open_finds_no_fault_with_what_is_typed_so_far(visitor: Browser) -> None:
    """X-04"""
    at_code(visitor)

    visitor.fill(code="12 34 5").press("extend")

    assert (visitor.page.status, visitor.page.errors) == (200, [])


def test_the_script_extends_without_leaving_the_page(visitor: Browser, provider: Provider, clock: MovableClock) -> None:
    """X-04"""
    at_code(visitor)
    clock.forward(minutes=50)

    visitor.send("extend")
    token = visitor.page.value("csrf_token")
    response = visitor.client.post(visitor.page.path + "/extend", headers={"X-CSRF-Token": token})

    assert response.status_code == 204
    assert rows(provider)[0]["bound_until"] == clock.now() + timedelta(hours=1)


# Repeating


def test_a_double_first_post_makes_one_run_and_sends_one_mail(
    visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """X-02"""
    visitor.get(START)
    first = visitor.fill(email="anne@example.ch").send("get-code")
    second = visitor.send("get-code")

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(rows(provider)) == 1
    assert len(mailbox.sent()) == 1


def test_simultaneous_first_posts_make_one_run(visitor: Browser, mailbox: Mailbox, provider: Provider) -> None:
    """X-02"""
    visitor.get(START)
    visitor.fill(email="anne@example.ch")
    tabs = [visitor.tab() for _ in range(4)]

    answers = in_parallel(*(lambda tab=tab: tab.send("get-code") for tab in tabs))

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(rows(provider)) == 1
    assert len(mailbox.sent()) == 1


def test_a_repeated_post_shows_the_result_of_the_first(visitor: Browser, mailbox: Mailbox) -> None:
    """X-02, A-20"""
    at_code(visitor).fill(code=mailbox.last().code)
    before = visitor.page

    visitor.press("verify")
    visitor.page = before
    visitor.press("verify")

    assert "Which word?" in visitor.page.text
    assert visitor.page.errors == []


def test_simultaneous_posts_of_one_step_are_carried_out_once(
    visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """X-02: both databases, real threads"""
    at_code(visitor).fill(code=mailbox.last().code)
    tabs = [visitor.tab() for _ in range(4)]

    answers = in_parallel(*(lambda tab=tab: tab.send("verify") for tab in tabs))

    assert {answer.status_code for answer in answers} <= {200, 303}
    assert rows(provider)[0]["results"]["email-code"] == {"mailbox_proved": True}


def test_a_page_that_is_no_longer_current_leads_to_the_one_that_is(visitor: Browser, mailbox: Mailbox) -> None:
    """X-03, A-21"""
    visitor.get(START)
    visitor.fill(email="anne@example.ch").press("get-code")
    code_page = visitor.page
    visitor.fill(code=mailbox.last().code).press("verify")
    say(visitor, "good")

    visitor.page = code_page
    visitor.press("verify")

    assert "Farewell, good." in visitor.page.text
    assert "You had already got further." in visitor.page.text


def test_a_page_that_was_given_up_by_going_back_does_not_claim_that_more_was_done(
    visitor: Browser, mailbox: Mailbox
) -> None:
    """X-03"""
    at_word(visitor, mailbox)
    ahead = visitor.page
    visitor.press("back")

    visitor.page = ahead
    say(visitor, "good")

    assert visitor.page.heading == "Check your email"
    assert "You went back to an earlier step in the meantime." in visitor.page.text
    assert "further" not in visitor.page.text


def test_no_step_can_be_jumped_over(visitor: Browser, provider: Provider) -> None:
    """A-21 (ASVS 2.3.1)"""
    at_code(visitor)

    visitor.post(visitor.page.url, {**visitor.page.submission(visitor.page.button("verify")), "step": "farewell"})

    assert visitor.page.heading == "Check your email"
    assert list(rows(provider)[0]["results"]) == ["email-address"]


# Going back


def test_back_opens_the_step_before_and_drops_what_came_after(
    visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """X-03"""
    at_word(visitor, mailbox)

    visitor.press("back")
    assert visitor.page.heading == "Check your email"
    visitor.press("back")

    assert visitor.page.heading == "Your email address"
    assert visitor.page.value("email") == "anne@example.ch"
    assert rows(provider)[0]["results"] == {}


def test_back_to_a_code_uses_the_one_that_lives(visitor: Browser, mailbox: Mailbox, clock: MovableClock) -> None:
    """Rulings 16"""
    at_code(visitor)
    clock.forward(minutes=2)

    visitor.press("back")
    visitor.press("get-code")

    assert len(mailbox.sent()) == 1
    visitor.fill(code=mailbox.last().code).press("verify")
    assert "Which word?" in visitor.page.text


def test_another_address_gets_its_own_code(visitor: Browser, mailbox: Mailbox) -> None:
    """Rulings 16"""
    at_code(visitor)
    old = mailbox.last().code

    visitor.press("back")
    visitor.fill(email="luc@example.ch").press("get-code")
    assert mailbox.last().to == "luc@example.ch"
    visitor.fill(code=old).press("verify")

    assert visitor.page.errors


# Another browser


def test_a_run_is_not_shown_to_another_browser(visitor: Browser, stranger: Browser, mailbox: Mailbox) -> None:
    at_word(visitor, mailbox)

    page = stranger.get(visitor.page.url)

    assert page.status == 403
    assert page.heading == "This is open in another browser or on another device"
    assert "Which word?" not in page.text
    assert page.link("e-services").startswith("https://e-services.example.ch/login")


def test_a_code_typed_in_another_browser_brings_the_run_there_with_what_it_proves(
    visitor: Browser, stranger: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """B-11, rulings 15"""
    at_code(visitor)
    address = visitor.page.url

    stranger.get(address)
    assert stranger.page.heading == "Check your email"
    stranger.fill(code=mailbox.last().code).press("verify")

    assert "Which word?" in stranger.page.text
    assert set(rows(provider)[0]["results"]) == {"email-address", "email-code"}
    assert visitor.get(address).status == 403


def test_a_code_typed_in_another_browser_drops_what_it_does_not_prove(
    visitor: Browser, stranger: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """B-11, rulings 15"""
    visitor.get("/letter?portal=e-services")
    say(visitor, "proved")
    visitor.fill(email="anne@example.ch").press("get-code")

    stranger.get(visitor.page.url)
    stranger.fill(code=mailbox.last().code).press("verify")

    assert "Which word?" in stranger.page.text
    [row] = rows(provider)
    assert set(row["results"]) == {"email-address", "email-code"}
    assert set(row["kept"]) == {"email-address"}


def test_a_wrong_code_in_another_browser_brings_nothing(visitor: Browser, stranger: Browser, mailbox: Mailbox) -> None:
    """X-25"""
    at_code(visitor)
    address = visitor.page.url
    stranger.get(address)

    stranger.fill(code="000000" if mailbox.last().code != "000000" else "111111").press("verify")

    assert stranger.page.status == 422
    assert visitor.get(address).heading == "Check your email"


def test_another_browser_cannot_go_back_in_the_run(visitor: Browser, stranger: Browser, provider: Provider) -> None:
    at_code(visitor)
    stranger.get(visitor.page.url)
    sent = stranger.page.submission(stranger.page.button("verify"))

    stranger.post(visitor.page.url, {**sent, "action": "back:email-address"})

    assert list(rows(provider)[0]["results"]) == ["email-address"]


# Time


def test_after_an_hour_proofs_are_asked_again_and_what_was_typed_stays(
    visitor: Browser, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """X-04"""
    at_word(visitor, mailbox)
    clock.forward(minutes=61)
    before = rows(provider)

    page = visitor.get(visitor.page.url)
    assert page.heading == "Continue where you left off"
    assert rows(provider) == before
    visitor.press("continue")

    assert visitor.page.heading == "Check your email"
    assert "You were away for a while." in visitor.page.text
    assert len(mailbox.sent()) == 2
    visitor.fill(code=mailbox.last().code).press("verify")
    assert "Which word?" in visitor.page.text


def test_a_post_that_comes_too_late_keeps_what_was_typed(
    visitor: Browser, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """X-04"""
    at_word(visitor, mailbox)
    clock.forward(minutes=61)

    say(visitor, "kept", secret="not kept")

    assert visitor.page.heading == "Check your email"
    [row] = rows(provider)
    assert row["kept"]["word"] == {"word": "kept"}


def test_after_its_lifetime_a_run_offers_a_new_start(visitor: Browser, clock: MovableClock) -> None:
    """X-05"""
    at_code(visitor)
    clock.forward(days=8)

    page = visitor.get(visitor.page.url)

    assert page.status == 410
    assert page.link("e-services").startswith("https://e-services.example.ch/login")


@pytest.mark.parametrize("address", ["/excursion/unknown", "/excursion/" + "x" * 2000, "/excursion/%F0%9F%98%80"])
def test_an_unknown_run_offers_a_way_on(visitor: Browser, address: str) -> None:
    """X-05"""
    visitor.get(START)

    page = visitor.get(address)

    assert page.status == 404
    assert page.all("a")


def test_a_request_that_is_no_longer_known_offers_a_new_start(visitor: Browser) -> None:
    """X-05"""
    page = visitor.get("/login?request=test.nonsense")

    assert page.status == 400
    assert page.heading == "Start again from the portal"


def test_a_journey_that_was_renewed_meanwhile_starts_over_politely(
    visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    at_word(visitor, mailbox)
    with provider.database.transaction() as tx:
        tx.execute(sa.update(FlowRun).values(signature="the steps of yesterday"))

    visitor.get(visitor.page.url)
    assert "This page was updated" in visitor.page.text
    visitor.press("continue")

    assert visitor.page.heading == "Your email address"
    assert visitor.page.value("email") == "anne@example.ch"


# Language


def test_the_language_switch_keeps_the_step_and_what_was_typed(app: Flask, visitor: Browser) -> None:
    """X-10"""
    visitor.get(START)

    visitor.fill(email="anne@example.ch").press("Deutsch")
    assert visitor.page.language == "de"
    assert visitor.page.value("email") == "anne@example.ch"
    visitor.press("get-code")

    assert visitor.page.language == "de"
    visitor.press("Italiano")
    assert visitor.page.language == "it"
    assert visitor.page.path.startswith("/excursion/")


def test_messages_speak_the_language_of_the_page(visitor: Browser, mailbox: Mailbox) -> None:
    """C-14"""
    visitor.get(START)
    visitor.fill(email="anne@example.ch").press("Français")
    visitor.press("get-code")

    assert "Bonjour" in mailbox.last().text or "code" in mailbox.last().text
