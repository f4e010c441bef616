"""Announced, active, retired: what a ring says at a given time."""

from datetime import UTC, datetime, timedelta

from keys.ring import Ring, RingKey

NOW = datetime(2026, 7, 16, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def key(number: int, signs_from: datetime, algorithm: str = "ES256") -> RingKey:
    return RingKey(f"{algorithm}-{number}", algorithm, number, signs_from)


def test_the_newest_key_whose_time_has_come_signs() -> None:
    old, present, coming = key(1, NOW - 9 * DAY), key(2, NOW), key(3, NOW + DAY)

    ring = Ring([coming, old, present])

    assert ring.active("ES256", NOW) == present
    assert [ring.state(k, NOW) for k in (old, present, coming)] == ["retired", "active", "announced"]


def test_a_key_becomes_active_by_time_alone() -> None:
    ring = Ring([key(1, NOW - DAY), key(2, NOW + DAY)])

    assert ring.active("ES256", NOW).number == 1  # type: ignore[union-attr]
    assert ring.active("ES256", NOW + DAY).number == 2  # type: ignore[union-attr]


def test_algorithms_have_lines_of_their_own() -> None:
    ring = Ring([key(1, NOW, "RS256"), key(1, NOW - DAY, "ES256")])

    assert ring.active("RS256", NOW).kid == "RS256-1"  # type: ignore[union-attr]
    assert ring.active("ES256", NOW).kid == "ES256-1"  # type: ignore[union-attr]
    assert ring.active("PS256", NOW) is None


def test_a_key_is_retired_since_its_own_successor_signs_and_not_a_later_one() -> None:
    ring = Ring([key(1, NOW - 9 * DAY), key(2, NOW - 5 * DAY), key(3, NOW - DAY)])

    assert ring.retired_since(ring.keys[0], NOW) == 5 * DAY
    assert ring.retired_since(ring.keys[2], NOW) is None


def test_numbers_go_on_counting() -> None:
    ring = Ring([key(7, NOW)])

    assert ring.next_number("ES256") == 8
    assert ring.next_number("RS256") == 1
