"""What each outcome of a step keeps, undoes and shows."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from idp.audit.events.event import Event
from idp.audit.log import record
from idp.limits.rate_limit import Allowance
from idp.provider import Provider
from idp.runs import FlowRun
from tests.flows.engine.conftest import at_word, events, say
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


@pytest.fixture
def here(visitor: Browser, mailbox: Mailbox) -> Browser:
    return at_word(visitor, mailbox)


def test_done_leads_to_the_next_step(here: Browser, provider: Provider) -> None:
    say(here, "good")

    assert "Farewell, good." in here.page.text
    assert events(provider) == ["good"]


def test_retry_undoes_what_the_step_wrote(here: Browser, provider: Provider) -> None:
    """Rulings 14"""
    say(here, "retry")

    assert here.page.status == 422
    assert here.page.errors == ["Another word, please."]
    assert events(provider) == []


def test_refused_keeps_what_was_counted_and_recorded(here: Browser, provider: Provider) -> None:
    """Rulings 14"""
    say(here, "refused")

    assert here.page.errors == ["A wrong word."]
    assert events(provider) == ["refused"]


def test_restart_drops_every_result_and_says_why(here: Browser, provider: Provider) -> None:
    """Rulings 14"""
    say(here, "restart")

    assert here.page.heading == "Your email address"
    assert "From the beginning, please." in here.page.text
    assert here.page.value("email") == "anne@example.ch"
    assert events(provider) == ["why"]


def test_restart_enters_the_first_step(here: Browser, provider: Provider) -> None:
    say(here, "restart")

    with provider.database.reading() as tx:
        (run,) = tx.session.query(FlowRun)
        assert (run.step, run.scratch) == ("email-address", {})


def test_away_leads_to_a_foreign_address_whose_answer_comes_back_to_the_step(here: Browser, provider: Provider) -> None:
    """An answer by GET changes nothing; the form of its page sends it on."""
    address = here.page.url

    say(here, "away")
    foreign = here.left_for
    state = parse_qs(urlsplit(foreign).query)["state"][0]
    here.get("/callback?" + urlencode({"state": state, "word": "answered", "step": "farewell"}))
    assert events(provider) == ["away"]
    here.press("continue")

    assert foreign.startswith("https://elsewhere.example/")
    assert here.page.url == address
    assert "Farewell, answered." in here.page.text


def test_a_callback_without_its_state_leads_nowhere(here: Browser) -> None:
    assert here.get("/callback?state=made-up&word=x").status == 404


def test_another_journey_may_take_over(here: Browser, provider: Provider) -> None:
    """A-04: its first step counts as done, with the facts handed over."""
    before = here.page.url

    say(here, "over")
    assert here.page.path.startswith("/successor/")
    assert "Farewell, handed." in here.page.text

    assert here.get(before).path.startswith("/successor/")


def test_a_conflict_with_somebody_else_becomes_a_value(here: Browser, provider: Provider) -> None:
    """Rulings 14"""
    with provider.database.transaction() as tx:
        record(tx, Event(person_id="first"))

    say(here, "conflict")

    assert here.page.status == 409
    assert "at the same time" in here.page.errors[0]
    assert events(provider) == ["first"]


def test_a_debit_is_given_back_only_when_the_step_is_met(here: Browser, provider: Provider) -> None:
    say(here, "refused")
    say(here, "good")

    assert left(provider, "refused") == 24 - 1
    assert left(provider, "good") == 25 - 1


def left(provider: Provider, word: str) -> int:
    with provider.database.transaction() as tx:
        verdict = provider.limiter.debit(tx, "password", "word", word)
        assert isinstance(verdict, Allowance)
        return verdict.left


def test_the_end_is_shown_on_every_look_and_nothing_can_be_replayed(here: Browser, provider: Provider) -> None:
    """A-21"""
    say(here, "good")
    last = here.page

    here.press("continue")
    assert "Arrived: anne@example.ch" in here.page.text
    address = here.page.url
    here.page = last
    here.press("continue")

    assert here.page.url == address
    assert "Arrived: anne@example.ch" in here.page.text
    assert "Arrived: anne@example.ch" in here.get(address).text
