"""A slow or dead recipient harms itself only: places, shares, circuits, and a line in the log."""

import io
import json
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest

from idp.outbound.client import Outbound, OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.web_server import Served, serving


@pytest.fixture
def gate() -> Iterator[Event]:
    gate = Event()
    yield gate
    gate.set()


@pytest.fixture
def slow(gate: Event) -> Iterator[Served]:
    """A portal that answers nobody before the gate is open."""
    with serving() as served:
        served.before = lambda _: gate.wait(5)
        yield served


@pytest.fixture
def quick() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def outbound(clock: MovableClock) -> Outbound:
    return Outbound(clock, at_once=4)


def to(name: str, **more: Any) -> Recipient:
    return Recipient(name=name, purpose="test", allow_private=True, **more)


def outcome(outbound: Outbound, served: Served, recipient: Recipient) -> str:
    try:
        outbound.fetch(served.url, recipient)
    except OutboundFailed as failure:
        return type(failure).__name__
    return "answered"


def under_way(served: Served, count: int) -> None:
    until = time.monotonic() + 5
    while len(served.requests) < count:
        assert time.monotonic() < until, "the calls did not arrive"
        time.sleep(0.005)


def hold(outbound: Outbound, slow: Served, *names: str) -> list[Thread]:
    """Calls that are under way until the gate opens."""
    threads = [Thread(target=outcome, args=(outbound, slow, to(name))) for name in names]
    for thread in threads:
        thread.start()
    under_way(slow, len(names))
    return threads


def release(gate: Event, threads: list[Thread]) -> None:
    gate.set()
    for thread in threads:
        thread.join()


def test_a_slow_recipient_holds_its_share_and_others_are_called(
    outbound: Outbound, slow: Served, quick: Served, gate: Event
) -> None:
    held = hold(outbound, slow, "slow", "slow")

    assert outcome(outbound, slow, to("slow")) == "OutboundBusy"
    assert outcome(outbound, quick, to("quick")) == "answered"

    release(gate, held)
    assert outcome(outbound, slow, to("slow")) == "answered"


def test_all_recipients_together_hold_no_more_than_the_places_of_the_process(
    outbound: Outbound, slow: Served, quick: Served, gate: Event
) -> None:
    held = hold(outbound, slow, "a", "b", "c", "d")

    assert outcome(outbound, quick, to("quick")) == "OutboundBusy"

    release(gate, held)


def test_who_waits_for_a_place_gets_it(clock: MovableClock, slow: Served, gate: Event) -> None:
    patient = Outbound(clock, at_once=1, patience=5)
    gate.set()

    assert in_parallel(*[lambda: outcome(patient, slow, to("a"))] * 4) == ["answered"] * 4


def test_after_three_failures_a_recipient_is_left_alone_and_then_tried_by_one(
    outbound: Outbound, quick: Served, clock: MovableClock
) -> None:
    quick.status = 503
    assert [outcome(outbound, quick, to("dead")) for _ in range(5)] == ["OutboundFailed"] * 3 + ["OutboundBusy"] * 2
    assert outcome(outbound, quick, to("another")) == "OutboundFailed"

    clock.forward(seconds=15)
    assert [outcome(outbound, quick, to("dead")) for _ in range(2)] == ["OutboundFailed", "OutboundBusy"]

    quick.status = 200
    clock.forward(seconds=30)
    assert [outcome(outbound, quick, to("dead")) for _ in range(2)] == ["answered", "answered"]


def test_a_refusal_is_no_failure_of_the_recipient(outbound: Outbound, quick: Served) -> None:
    quick.status = 404

    assert [outcome(outbound, quick, to("portal")) for _ in range(5)] == ["OutboundFailed"] * 5


def test_a_failure_is_logged_with_client_purpose_and_reason(
    outbound: Outbound, quick: Served, log: io.StringIO
) -> None:
    """ASVS 16.3.4"""
    quick.status = 503
    for _ in range(4):
        outcome(outbound, quick, to("portal"))

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [(line["event"], line["client"], line["kind"], line["reason"]) for line in lines]
    assert told[0] == ("outbound_call_failed", "portal", "test", "answered 503")
    assert told[3] == ("outbound_call_not_made", "portal", "test", "it failed before and is left alone")


def test_who_is_refused_learns_when_to_come_back(outbound: Outbound, quick: Served) -> None:
    quick.status = 500
    for _ in range(3):
        outcome(outbound, quick, to("dead"))

    with pytest.raises(OutboundBusy) as refused:
        outbound.fetch(quick.url, to("dead"))

    assert 0 < refused.value.retry_after <= 16
