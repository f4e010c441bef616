"""The rule of circuits: one incident counts once, pauses are bounded, one call is the trial."""

from datetime import UTC, datetime, timedelta

from idp.outbound import breaker
from idp.outbound.breaker import BreakerRules, Breakers, Circuit
from tests.support.clock import MovableClock

RULES = BreakerRules(tolerated=3, pause=timedelta(seconds=15), longest=timedelta(seconds=30))
START = datetime(2026, 5, 4, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def after(*calls: tuple[float, float]) -> Circuit:
    """The circuit after calls that began and failed at these seconds."""
    circuit = None
    for began, failed in calls:
        circuit = breaker.after_failure(RULES, circuit, began=at(began), now=at(failed))
    assert circuit is not None
    return circuit


def test_calls_that_were_under_way_together_fail_once() -> None:
    assert after((0, 10), (1, 10), (2, 12), (9, 15)).failures == 1


def test_calls_one_after_the_other_count_each() -> None:
    assert after((0, 10), (10, 20), (20, 30)).failures == 3


def test_pauses_grow_no_longer_than_the_longest() -> None:
    many = [(10.0 * n, 10.0 * n + 9) for n in range(50)]
    circuit = after(*many)

    assert circuit.retry_at - circuit.counted_at == RULES.longest


def test_a_clock_that_goes_back_does_not_close_the_way_for_as_long() -> None:
    circuit = after((0, 10), (10, 20), (20, 30))

    assert breaker.after_claim(RULES, circuit, at(-600)) is not None


def test_of_many_who_ask_after_the_pause_one_is_the_trial(clock: MovableClock) -> None:
    breakers = Breakers(clock)
    for _ in range(3):
        breakers.failed("portal", RULES, began=breakers.now())
    clock.forward(seconds=15)

    assert [breakers.seconds_to_wait("portal", RULES) == 0 for _ in range(4)] == [True, False, False, False]


def test_only_so_many_circuits_are_remembered(clock: MovableClock) -> None:
    """Who registers clients chooses the hosts."""
    breakers = Breakers(clock)
    for number in range(breaker.REMEMBERED + 1):
        for _ in range(3):
            breakers.failed(number, RULES, began=breakers.now())

    assert breakers.seconds_to_wait(0, RULES) == 0
    assert breakers.seconds_to_wait(breaker.REMEMBERED, RULES) > 0
