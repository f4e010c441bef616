"""Guards, which keep a run from going on wherever it is; and the subject, which a run is about."""

import pytest
import sqlalchemy as sa

from idp.audit.events.event import Event
from idp.audit.log import record
from idp.provider import Provider
from idp.runs import FlowRun
from tests.flows.engine.conftest import events, say
from tests.support.browser import Browser

pytestmark = pytest.mark.both_databases

TOUR = "/tour?portal=e-services&place=Chillon"


def end_the_tour(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        record(tx, Event(person_id="the tour is over"))


@pytest.fixture
def on_tour(visitor: Browser) -> Browser:
    """At the second step."""
    visitor.get(TOUR)
    say(visitor, "good")
    assert "This is Chillon." in visitor.page.text
    return visitor


def test_a_guard_answers_in_place_of_the_first_page(visitor: Browser, provider: Provider) -> None:
    end_the_tour(provider)

    visitor.get(TOUR)

    assert "Closed." in visitor.page.text


def test_a_guard_answers_in_place_of_any_later_page(on_tour: Browser, provider: Provider) -> None:
    end_the_tour(provider)

    on_tour.get(on_tour.page.url)

    assert "Closed." in on_tour.page.text


def test_nothing_is_done_by_a_post_that_a_guard_stops(on_tour: Browser, provider: Provider) -> None:
    end_the_tour(provider)

    on_tour.press("continue")

    assert "Closed." in on_tour.page.text
    assert "seen" not in events(provider)


def test_no_run_is_kept_of_a_first_post_that_a_guard_stops(visitor: Browser, provider: Provider) -> None:
    visitor.get(TOUR)
    end_the_tour(provider)

    say(visitor, "good")

    assert "Closed." in visitor.page.text
    with provider.database.reading() as tx:
        assert tx.session.query(FlowRun).count() == 0


def test_a_step_behind_a_guard_is_not_entered(visitor: Browser, provider: Provider) -> None:
    """A-32: no code is sent on a way that is closed."""
    visitor.get(TOUR)

    say(visitor, "close")

    assert "Closed." in visitor.page.text
    assert "entered" not in events(provider)


def test_a_guard_may_send_elsewhere(visitor: Browser) -> None:
    visitor.get(TOUR)

    say(visitor, "detour")

    assert visitor.page.path == "/elsewhere"


def test_a_run_that_is_over_has_no_guard(on_tour: Browser, provider: Provider) -> None:
    on_tour.press("continue")
    end_the_tour(provider)

    on_tour.get(on_tour.page.url)

    assert "Arrived" in on_tour.page.text


def test_what_a_run_is_about_is_read_from_the_first_address_alone(on_tour: Browser) -> None:
    on_tour.get(on_tour.page.url + "?place=Elsewhere")

    assert "This is Chillon." in on_tour.page.text


def test_a_run_that_is_about_nothing_offers_a_new_start(on_tour: Browser, provider: Provider) -> None:
    """The previous version stored no subject."""
    with provider.database.transaction() as tx:
        tx.execute(sa.update(FlowRun).values(subject={}))

    on_tour.get(on_tour.page.url)

    assert on_tour.page.status == 404
    assert on_tour.page.heading == "There is nothing to continue here"
