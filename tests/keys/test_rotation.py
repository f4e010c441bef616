"""Rotation by itself: a year of looking every hour, and the days when nobody looked."""

from datetime import UTC, datetime, timedelta

from keys.ring import Ring, RingKey
from keys.rotation import RotationPlan, Schedule, due

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEDULE = Schedule(announce=DAY, active=90 * DAY, retire=14 * DAY)


def carry_out(ring: Ring, plan: RotationPlan) -> Ring:
    made = [RingKey(f"{a.algorithm}-{a.number}", a.algorithm, a.number, a.signs_from) for a in plan.announce]
    return Ring([*(key for key in ring.keys if key.kid not in plan.drop), *made])


def test_a_first_key_signs_at_once() -> None:
    plan = due(Ring([]), ["RS256", "ES256"], SCHEDULE, START)

    assert [(a.algorithm, a.number, a.signs_from) for a in plan.announce] == [
        ("RS256", 1, START),
        ("ES256", 1, START),
    ]


def test_nothing_is_due_in_the_middle_of_a_key_s_time() -> None:
    ring = Ring([RingKey("a", "ES256", 1, START)])

    assert not due(ring, ["ES256"], SCHEDULE, START + 45 * DAY)


def test_a_successor_is_announced_before_it_signs() -> None:
    ring = Ring([RingKey("a", "ES256", 1, START)])

    plan = due(ring, ["ES256"], SCHEDULE, START + 89 * DAY)

    assert plan.announce[0].signs_from == START + 90 * DAY


def test_a_successor_is_announced_in_full_when_nobody_looked_in_time() -> None:
    ring = Ring([RingKey("a", "ES256", 1, START)])
    late = START + 200 * DAY

    plan = due(ring, ["ES256"], SCHEDULE, late)

    assert plan.announce[0].signs_from == late + DAY
    assert ring.active("ES256", late) is not None


def test_a_retired_key_stays_for_its_time_and_no_longer() -> None:
    ring = Ring([RingKey("a", "ES256", 1, START), RingKey("b", "ES256", 2, START + 90 * DAY)])

    assert due(ring, ["ES256"], SCHEDULE, START + 103 * DAY).drop == ()
    assert due(ring, ["ES256"], SCHEDULE, START + 104 * DAY).drop == ("a",)


def test_keys_of_an_algorithm_no_longer_configured_are_dropped_at_last() -> None:
    ring = Ring([RingKey("a", "PS256", 1, START)])

    assert due(ring, [], SCHEDULE, START + 103 * DAY).drop == ()
    assert due(ring, [], SCHEDULE, START + 104 * DAY).drop == ("a",)


def test_through_a_year_there_is_always_one_signer_and_it_was_announced() -> None:
    ring = carry_out(Ring([]), due(Ring([]), ["ES256"], SCHEDULE, START))
    published_since = {key.kid: START - DAY for key in ring.keys}

    for hour in range(24 * 365):
        now = START + timedelta(hours=hour)
        ring = carry_out(ring, due(ring, ["ES256"], SCHEDULE, now))
        for key in ring.keys:
            published_since.setdefault(key.kid, now)
        active = ring.active("ES256", now)
        assert active is not None
        assert now - published_since[active.kid] >= DAY
        assert len(ring.keys) <= 3
