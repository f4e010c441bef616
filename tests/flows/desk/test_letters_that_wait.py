"""A job whose letters nobody orders does not stay open, and orders nothing of which its files are gone."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.database import Transaction
from idp.invitations.letters.job import LETTER_JOBS, JobState
from idp.jobs import job_files
from idp.provider import Provider
from idp.staff import prepared_acts
from idp.staff.prepared_acts import Decision, PreparedAct
from idp.upkeep import retention
from tests.flows.desk.conftest import Colleague, Desk
from tests.flows.desk.letters import confirmed, decision, job, prepared
from tests.support.browser import Browser, Page
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"desk": {"second_person_above": 1}}


def issued_again(author: Browser, second: Browser, provider: Provider) -> Page:
    """Let letters that two ordered wait to be issued again."""
    author.get(confirmed(author, second, provider))
    return author.fill(which="unused", reason="the printer ate them").press("issue-again")


def lose(provider: Provider, kind: str, number: int) -> None:
    """Delete a piece of the newest job, as happens when it was kept long enough."""
    with provider.database.transaction() as tx:
        job_files.delete_one(tx, job(provider).id, kind, number)


@pytest.mark.parametrize("button", ["refuse", "withdraw"])
def test_letters_to_issue_again_end_with_the_decision_against_them(
    author: Colleague, second: Browser, provider: Provider, desk: Desk, button: str
) -> None:
    issued_again(author.browser, second, provider)
    browser = second if button == "refuse" else author.browser
    decision(browser)

    page = browser.press(button)

    assert "No new letter was issued, and the order was discarded." in page.text
    ended = job(provider)
    assert (ended.state, ended.is_open) == (JobState.DISCARDED, False)
    with provider.database.reading() as tx:
        assert job_files.places(tx, ended.id, job_files.NUMBERS) == []
    (discarded,) = desk.events("LetterJobDiscarded")
    assert discarded.details["job_id"] == ended.id


def test_letters_to_issue_again_whose_numbers_are_gone_are_not_ordered(
    author: Colleague, second: Browser, provider: Provider, desk: Desk
) -> None:
    issued_again(author.browser, second, provider)
    decision(second)
    lose(provider, job_files.NUMBERS, 0)

    assert second.press("confirm").status == 409

    assert job(provider).state == JobState.CHECKED
    assert len(desk.events("LettersOrdered")) == 1


def test_a_register_of_which_a_piece_is_gone_is_neither_prepared_nor_ordered(
    author: Colleague, second: Browser, provider: Provider, desk: Desk
) -> None:
    address = prepared(author.browser, provider).path
    decision(second)
    lose(provider, job_files.UPLOAD, 0)

    assert second.press("confirm").status == 409
    decision(second)
    second.press("refuse")
    author.browser.get(address)

    assert author.browser.press("order-letters").status == 422
    assert desk.events("LettersOrdered") == []


def test_what_nobody_ordered_in_time_is_discarded(
    author: Colleague, second: Browser, provider: Provider, desk: Desk, clock: MovableClock
) -> None:
    issued_again(author.browser, second, provider)
    waited, kept = job(provider).id, timedelta(seconds=provider.settings.retention.runs)
    clock.forward(seconds=int(kept.total_seconds()) + 1)
    desk.signed_in(author)
    prepared(author.browser, provider)

    assert retention.purge(provider)["waiting_letter_jobs"] == 1

    with provider.database.reading() as tx:
        assert LETTER_JOBS.read(tx, waited).state == JobState.DISCARDED
    assert job(provider).state == JobState.CHECKED
    (discarded,) = desk.events("LetterJobDiscarded")
    assert (discarded.actor, discarded.details["job_id"]) == ("worker", waited)


def test_a_decision_and_its_author_who_issues_letters_again_do_not_block_each_other(
    author: Colleague, second: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both need the author's account and the act: they take the account first."""
    issued_again(author.browser, second, provider)
    campaign = f"/desk/letters/campaigns/{job(provider).of_campaign}"
    author.browser.get(campaign)
    author.browser.fill(which="unused", reason="once more")
    decision(second)
    decide = prepared_acts.decide

    with ThreadPoolExecutor(1) as pool:
        begun: list[Future[TestResponse]] = []

        def decided(tx: Transaction, act: PreparedAct, which: Decision, *, by: str) -> bool:
            is_decided = decide(tx, act, which, by=by)
            begun.append(pool.submit(author.browser.send, "issue-again"))
            wait(begun, timeout=1)
            return is_decided

        monkeypatch.setattr(prepared_acts, "decide", decided)
        answer = second.send("confirm")

    assert (answer.status_code, begun[0].result().status_code) == (303, 303)


def test_a_job_shows_its_own_act_however_many_others_wait(
    author: Colleague, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_acts, "MOST_SHOWN", 1)
    pages = [prepared(author.browser, provider) for _ in range(2)]

    assert [author.browser.get(page.path).by_id("waiting") is None for page in pages] == [False, False]
