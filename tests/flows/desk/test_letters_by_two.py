"""Letters for many: one supervisor prepares their order, and another one of the fund confirms it."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from idp.invitations.campaigns import LetterCampaign
from idp.invitations.letters.job import JobState, LetterJob
from idp.people import insured
from idp.provider import Provider
from idp.staff import appointments, employing
from idp.staff.appointments import Appointment, Role
from tests.flows.desk.conftest import OPERATOR, SUPERVISOR, Colleague, Desk
from tests.flows.desk.letters import (
    HEADINGS,
    TWO,
    checked,
    confirmed,
    csv_of,
    decision,
    facts,
    job,
    line,
    prepared,
    states,
    upload,
    work,
)
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"desk": {"second_person_above": 1}}


def born_on(day: str, *rows: tuple[str, ...]) -> bytes:
    """A register of people who were born on that day."""
    return csv_of([(*row, day) for row in rows], (*HEADINGS, "birth_date"))


def count(provider: Provider, table: type) -> int:
    with provider.database.reading() as tx:
        return tx.session.query(table).count()


@pytest.mark.both_databases
def test_letters_for_many_are_ordered_by_two(
    desk: Desk, provider: Provider, author: Colleague, second: Browser
) -> None:
    page = prepared(author.browser, provider, format="print-shop", language="de", design="letterhead")

    assert "Another supervisor must confirm it" in page.text
    assert page.by_id("order-letters") is None
    assert work(provider) == 0
    with provider.database.reading() as tx:
        assert insured.without_account(tx, "AK01") == []
    page = decision(second)
    assert "first wave" in page.text
    told = facts(page)
    shown = ("Letters, by the check", "Letters at the most", "New in the register", "Design", "Language", "File")
    assert {name: told[name] for name in shown} == {
        "Letters, by the check": "2",
        "Letters at the most": "2",
        "New in the register": "2",
        "Design": "Black, for paper that bears the fund’s letterhead",
        "Language": "Deutsch",
        "File": "File for a print shop (CSV)",
    }
    assert "The letters have been ordered" in second.press("confirm").text
    work(provider)
    made = job(provider)
    assert (made.state, made.letters, made.format, made.language) == (JobState.READY, 2, "print-shop", "de")
    (ordered,), (decided,) = desk.events("LettersOrdered"), desk.events("ActDecided")
    assert (decided.details["prepared_by"], decided.details["job_id"]) == (author.id, made.id)
    assert ordered.actor == decided.actor != f"clerk:{author.id}"


def test_a_clerk_reads_whom_letters_wait_for_and_until_when(
    desk: Desk, provider: Provider, author: Colleague, second: Browser, clock: MovableClock
) -> None:
    address = prepared(author.browser, provider).path
    clerk = desk.works(Role.CLERK, fund="AK01")

    assert "Waiting for a second person" in clerk.get("/desk/letters").text
    page = clerk.get(address)

    until = (clock.now() + timedelta(hours=24)).astimezone(ZURICH)
    assert "Checked, not ordered yet" not in page.text
    assert f"prepared by Chloé Clerc, until {until:%d.%m.%Y} at {until:%H:%M}" in page.text
    assert "Another supervisor decides." in page.text
    assert [each for each in page.all("a") if "/prepared/" in each.get("href")] == []
    assert clerk.get("/desk").by_id("waiting") is None
    decision(second)
    second.press("refuse")
    assert "Checked, not ordered yet" in clerk.get(address).text
    author.browser.get(address)
    author.browser.press("order-letters")
    clock.forward(hours=25)
    other = desk.works(Role.CLERK, fund="AK01", email="other@fund.example.ch")
    assert "Checked, not ordered yet" in other.get(address).text, "nobody decided in time"


def test_letters_for_few_are_ordered_by_one(author: Colleague, provider: Provider) -> None:
    page = prepared(author.browser, provider, csv_of([line(1)]))

    assert "The letters have been ordered" in page.text


def test_many_small_orders_of_one_day_need_two_like_a_large_one(
    author: Colleague, desk: Desk, provider: Provider, clock: MovableClock
) -> None:
    prepared(author.browser, provider, csv_of([line(1)]))

    page = prepared(author.browser, provider, csv_of([line(2)]))

    assert "Another supervisor must confirm it" in page.text
    clock.forward(hours=25)
    desk.signed_in(author)
    assert "The letters have been ordered" in prepared(author.browser, provider, csv_of([line(3)])).text


def test_letters_that_two_ordered_count_for_neither(author: Colleague, second: Browser, provider: Provider) -> None:
    confirmed(author.browser, second, provider)

    for browser, number in ((author.browser, 3), (second, 4)):
        assert "The letters have been ordered" in prepared(browser, provider, csv_of([line(number)])).text


@pytest.mark.both_databases
def test_of_small_orders_at_the_same_moment_one_is_alone(author: Colleague, provider: Provider, desk: Desk) -> None:
    pages = [checked(author.browser, provider, csv_of([line(number)])) for number in range(4)]
    presses = []
    for page in pages:
        browser = desk.signed_in(replace(author, browser=Browser(desk.app, language="en")))
        browser.get(page.path)
        presses.append(partial(browser.send, "order-letters"))

    in_parallel(*presses)

    assert (len(desk.events("LettersOrdered")), len(desk.events("ActPrepared"))) == (1, 3)


def test_a_register_of_many_needs_two_although_it_foresees_no_letter(
    author: Colleague, second: Browser, provider: Provider
) -> None:
    """Letters that are valid now may be replaced, or expire before the order."""
    confirmed(author.browser, second, provider)
    page = checked(author.browser, provider)
    assert facts(page)["Letters"] == "0"

    page = author.browser.fill(replace="on").press("order-letters")

    assert "Another supervisor must confirm it" in page.text
    told = facts(decision(second))
    assert (told["Letters, by the check"], told["Valid letters"][:17]) == ("2", "They stop working")
    second.press("confirm")
    work(provider)
    with provider.database.reading() as tx:
        assert states(tx) == ["replaced", "replaced", "created", "created"]


def test_lines_that_are_faulty_today_count_for_tomorrow(
    desk: Desk, author: Colleague, provider: Provider, clock: MovableClock
) -> None:
    """A birth date in the future is none any more a day later, when the stored register is read again."""
    tomorrow = str(clock.now().date() + timedelta(days=1))
    address = checked(author.browser, provider, born_on(tomorrow, line(1), line(2))).path
    clock.forward(hours=25)
    desk.signed_in(author)
    author.browser.get(address)

    page = author.browser.press("order-letters")

    assert "Another supervisor must confirm it" in page.text
    assert work(provider) == 0
    told = facts(decision(desk.works(Role.SUPERVISOR, fund="AK01")))
    shown = ("Lines", "Faulty lines", "New in the register", "Letters, by the check", "Letters at the most")
    assert [told[name] for name in shown] == ["2", "2", "0", "0", "2"]


def test_the_author_can_only_withdraw_and_then_choose_anew(
    author: Colleague, second: Browser, provider: Provider
) -> None:
    browser = author.browser
    address = prepared(browser, provider, language="de").path
    page = decision(browser)
    assert (page.by_id("confirm"), page.by_id("refuse")) == (None, None)

    form = {"csrf_token": page.value("csrf_token"), "decision": "confirmed"}
    assert browser.post(page.path, form).status == 409
    assert job(provider).state == JobState.CHECKED
    decision(browser)
    assert "Cancelled. Nothing was changed." in browser.press("withdraw").text
    browser.get(address)
    browser.fill(language="it").press("order-letters")

    assert facts(decision(second))["Language"] == "Italiano"


def test_the_choice_that_waits_cannot_be_changed(author: Colleague, second: Browser, provider: Provider) -> None:
    """Otherwise the second person confirms what they have not seen."""
    page = checked(author.browser, provider)
    late = second.tab()
    late.get(page.path)
    author.browser.fill(language="de").press("order-letters")

    page = late.fill(language="it").press("order-letters")

    assert page.status == 422
    assert job(provider).language == "de"


def test_refused_letters_are_not_made(author: Colleague, second: Browser, provider: Provider) -> None:
    prepared(author.browser, provider)
    page = decision(second)

    assert "Refused. Nothing was changed." in second.press("refuse").text

    form = {"csrf_token": second.page.value("csrf_token"), "decision": "confirmed"}
    assert second.post(page.path, form).status == 404
    assert job(provider).state == JobState.CHECKED


def test_an_author_who_left_orders_nothing(author: Colleague, second: Browser, provider: Provider) -> None:
    prepared(author.browser, provider)
    with provider.database.transaction() as tx:
        assert employing.disable(tx, author.id, by=OPERATOR, reason="left")
    decision(second)

    page = second.press("confirm")

    assert (page.status, page.by_id("refusal") is not None) == (409, True)
    assert job(provider).state == JobState.CHECKED


def test_an_author_who_works_for_another_fund_now_orders_nothing(
    author: Colleague, second: Browser, provider: Provider
) -> None:
    prepared(author.browser, provider)
    with provider.database.transaction() as tx:
        appointments.write(tx, author.id, [Appointment(Role.SUPERVISOR, fund="AK00")])
    decision(second)

    assert second.press("confirm").status == 409
    assert job(provider).state == JobState.CHECKED


def test_clerks_and_other_funds_neither_see_nor_decide(desk: Desk, author: Colleague, provider: Provider) -> None:
    prepared(author.browser, provider)
    address = decision(author.browser).path

    for browser, refused in (
        (desk.works(Role.CLERK, fund="AK01"), 403),
        (desk.works(Role.SUPERVISOR, fund="AK00"), 404),
    ):
        assert browser.get("/desk").by_id("waiting") is None
        form = {"csrf_token": browser.page.value("csrf_token"), "decision": "confirmed"}
        assert (browser.get(address).status, browser.post(address, form).status) == (refused, refused)


def test_an_act_is_found_below_its_own_job_only(author: Colleague, second: Browser, provider: Provider) -> None:
    prepared(author.browser, provider)
    page = decision(second)
    other = upload(author.browser, TWO).path

    assert second.get(f"{other}/prepared/{page.path.rpartition('/')[2]}").status == 404


@pytest.mark.both_databases
def test_many_letters_are_issued_again_by_two(
    author: Colleague, second: Browser, provider: Provider, desk: Desk
) -> None:
    campaign = confirmed(author.browser, second, provider)
    author.browser.get(campaign)

    page = author.browser.fill(which="unused", reason="the printer ate them").press("issue-again")

    assert "Another supervisor must confirm it" in page.text
    assert work(provider) == 0
    page = decision(second)
    told = facts(page)
    assert "the printer ate them" in page.text
    assert (told["Letters at the most"], told["Which letters?"][:17]) == ("2", "Letters that are ")
    second.press("confirm")
    work(provider)
    with provider.database.reading() as tx:
        assert states(tx) == ["replaced", "replaced", "created", "created"]
    assert [event.details["of_campaign"] for event in desk.events("LettersOrdered")] == ["", campaign[-36:]]


@pytest.mark.parametrize(("button", "begins"), [("refuse", "Refused."), ("withdraw", "Cancelled.")])
def test_letters_that_are_not_issued_again_leave_a_discarded_order(
    author: Colleague, second: Browser, provider: Provider, button: str, begins: str
) -> None:
    campaign = confirmed(author.browser, second, provider)
    author.browser.get(campaign)
    author.browser.fill(which="unused", reason="the printer ate them").press("issue-again")
    browser = second if button == "refuse" else author.browser
    decision(browser)

    page = browser.press(button)

    assert f"{begins} No new letter was issued, and the order was discarded." in page.text
    assert "Prepared" in facts(page)
    assert "Ordered" not in facts(page)
    assert "Nothing was changed" not in page.text
    assert "Discarded" in page.text


def test_letters_that_wait_to_be_issued_again_wait_once_and_leave_no_second_job(
    author: Colleague, second: Browser, provider: Provider
) -> None:
    campaign = confirmed(author.browser, second, provider)
    for browser in (author.browser, second):
        browser.get(campaign)
        page = browser.fill(which="unused", reason="the printer ate them").press("issue-again")

    assert page.status == 422
    assert "A second person already has to decide about this." in page.text
    assert count(provider, LetterJob) == 2


def test_letters_that_are_discarded_wait_no_more(author: Colleague, second: Browser, provider: Provider) -> None:
    campaign = confirmed(author.browser, second, provider)
    author.browser.get(campaign)
    author.browser.fill(which="unused", reason="the printer ate them").press("issue-again")
    page = decision(second)
    form = {"csrf_token": page.value("csrf_token"), "decision": "confirmed"}

    author.browser.fill(reason="a mistake").press("discard-file")

    assert second.get("/desk").by_id("waiting") is None
    assert second.post(page.path, form).status == 404
    author.browser.get(campaign)
    again = author.browser.fill(which="unused", reason="after all").press("issue-again")
    assert "Another supervisor must confirm it" in again.text


def test_letters_whose_day_is_over_can_be_prepared_anew(
    author: Colleague, second: Browser, provider: Provider, clock: MovableClock, desk: Desk
) -> None:
    address = prepared(author.browser, provider).path
    clock.forward(hours=25)

    desk.signed_in(author)
    author.browser.get(address)
    page = author.browser.press("order-letters")

    assert "Another supervisor must confirm it" in page.text


@pytest.mark.both_databases
def test_of_many_who_decide_at_the_same_moment_one_counts(
    desk: Desk, author: Colleague, second: Browser, provider: Provider
) -> None:
    third = desk.signed_in(desk.employed(SUPERVISOR, email="third@fund.example.ch"))
    prepared(author.browser, provider)
    pressed = [(second, "confirm"), (third, "confirm"), (third, "refuse"), (author.browser, "withdraw")]
    tabs = []
    for browser, button in pressed:
        tab = browser.tab()
        decision(tab)
        tabs.append(partial(tab.send, button))

    answers = in_parallel(*tabs)

    won = [button for (_, button), answer in zip(pressed, answers, strict=True) if answer.status_code == 303]
    assert len(won) == 1
    assert {answer.status_code for answer in answers} <= {303, 404, 409}
    (decided,) = desk.events("ActDecided")
    is_ordered = decided.details["decision"] == "confirmed"
    assert is_ordered == (won == ["confirm"])
    assert job(provider).state == (JobState.IMPORTING if is_ordered else JobState.CHECKED)
    assert count(provider, LetterCampaign) == len(desk.events("LettersOrdered")) == int(is_ordered)


@pytest.mark.both_databases
def test_letters_that_are_discarded_and_confirmed_at_the_same_moment_are_not_made(
    desk: Desk, author: Colleague, second: Browser, provider: Provider
) -> None:
    prepared(author.browser, provider)
    decision(second)
    author.browser.fill(reason="a mistake")

    in_parallel(partial(author.browser.send, "discard-file"), partial(second.send, "confirm"))

    assert work(provider) == 0
    assert job(provider).state == JobState.DISCARDED
    with provider.database.reading() as tx:
        assert states(tx) == []


@pytest.mark.both_databases
def test_of_many_who_prepare_at_the_same_moment_the_choice_of_one_is_kept(
    desk: Desk, author: Colleague, second: Browser, provider: Provider
) -> None:
    page = checked(author.browser, provider)
    tabs = []
    for language in ("de", "it", "fr", "en"):
        tab = second.tab()
        tab.get(page.path)
        tabs.append(partial(tab.fill(language=language).send, "order-letters"))

    answers = in_parallel(*tabs)

    kept = [code for code, answer in zip(("de", "it", "fr", "en"), answers, strict=True) if answer.status_code == 303]
    assert kept == [job(provider).language]
    assert len(desk.events("ActPrepared")) == 1
