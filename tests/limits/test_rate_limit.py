"""Limits count exactly, wait as long as they say, and count the same from many threads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from idp.database import Database
from idp.limits import rate_limit
from idp.limits.counts import RateLimit
from idp.limits.rate_limit import Allowance, Hit, Limiter, LimitHit, Settlement
from idp.settings import Limit
from tests.support.clock import MovableClock
from tests.support.counting import counting
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases

LIMITER = Limiter(
    {
        "three": Limit(times=3, window=60),
        "ten": Limit(times=10, window=3600),
        "growing": Limit(times=25, window=86400, delay_after=5, delay=60),
    }
)


def debit(database: Database, name: str, *keys: str) -> Allowance | LimitHit:
    with database.transaction() as tx:
        return LIMITER.debit(tx, name, *keys)


def test_as_many_hits_as_the_limit_says_are_allowed(database: Database) -> None:
    answers = [debit(database, "three", "a") for _ in range(4)]

    assert answers[:3] == [Allowance(2), Allowance(1), Allowance(0)]
    assert isinstance(answers[3], LimitHit)


def test_the_window_slides_so_that_no_window_ever_holds_more(database: Database, clock: MovableClock) -> None:
    debit(database, "three", "a")
    clock.forward(seconds=50)
    debit(database, "three", "a")
    debit(database, "three", "a")
    clock.forward(seconds=10)

    assert isinstance(debit(database, "three", "a"), Allowance)
    assert isinstance(debit(database, "three", "a"), LimitHit)


def test_a_refusal_says_when_to_come_back_and_keeps_its_word(database: Database, clock: MovableClock) -> None:
    """X-29"""
    for _ in range(3):
        debit(database, "three", "a")
    refused = debit(database, "three", "a")

    assert isinstance(refused, LimitHit)
    assert refused.retry_at == clock.now() + timedelta(seconds=60)
    clock.set(refused.retry_at - timedelta(milliseconds=1))
    assert isinstance(debit(database, "three", "a"), LimitHit)
    clock.set(refused.retry_at)
    assert isinstance(debit(database, "three", "a"), Allowance)


def test_delays_begin_after_five_failures_and_double(database: Database, clock: MovableClock) -> None:
    """NIST SP 800-63B-4 §3.2.2; X-14"""
    waits = []
    for _ in range(5):
        debit(database, "growing", "a")
    for _ in range(4):
        refused = debit(database, "growing", "a")
        assert isinstance(refused, LimitHit)
        waits.append((refused.retry_at - clock.now()).total_seconds())
        clock.set(refused.retry_at)
        assert isinstance(debit(database, "growing", "a"), Allowance)

    assert waits == [60, 120, 240, 480]


def test_no_day_holds_more_than_twenty_five_failures(database: Database, clock: MovableClock) -> None:
    begin = clock.now()
    failures = 0
    while clock.now() - begin < timedelta(days=1):
        answer = debit(database, "growing", "a")
        if isinstance(answer, Allowance):
            failures += 1
        else:
            clock.set(answer.retry_at)

    assert failures <= 25


def test_a_refund_gives_one_hit_back(database: Database) -> None:
    for _ in range(3):
        debit(database, "three", "a")
    with database.transaction() as tx:
        rate_limit.refund(tx, "three", "a")

    assert isinstance(debit(database, "three", "a"), Allowance)
    assert isinstance(debit(database, "three", "a"), LimitHit)


def debit_network(database: Database, address: str) -> Allowance | LimitHit:
    with database.transaction() as tx:
        return LIMITER.debit_network(tx, "three", address)


@pytest.mark.parametrize(
    ("neighbours", "elsewhere"),
    [
        ([f"203.0.113.{number}" for number in range(31)], "203.0.114.1"),
        ([f"2001:db8:1:{number:x}::9" for number in range(31)], "2001:db8:2::9"),
        ([f"::ffff:203.0.113.{number}" for number in range(31)], "::ffff:203.0.114.1"),
    ],
)
def test_who_owns_a_wider_network_gets_ten_times_as_much_and_no_more(
    database: Database, neighbours: list[str], elsewhere: str
) -> None:
    """RFC 6177: a /48 holds 65 536 networks of /64"""
    answers = [debit_network(database, address) for address in neighbours]

    assert all(isinstance(answer, Allowance) for answer in answers[:30])
    assert isinstance(answers[30], LimitHit)
    assert isinstance(debit_network(database, elsewhere), Allowance)


def test_a_network_that_is_refused_uses_up_nothing_of_its_neighbours(database: Database) -> None:
    for _ in range(40):
        debit_network(database, "203.0.113.7")

    answers = [debit_network(database, f"203.0.113.{number}") for number in range(100, 127)]

    assert all(isinstance(answer, Allowance) for answer in answers)


def test_a_refund_of_a_network_is_one_of_the_wider_network_too(database: Database) -> None:
    for number in range(30):
        debit_network(database, f"203.0.113.{number}")
    with database.transaction() as tx:
        rate_limit.refund_network(tx, "three", "203.0.113.1")

    assert isinstance(debit_network(database, "203.0.113.1"), Allowance)
    assert isinstance(debit_network(database, "203.0.113.99"), LimitHit)


@pytest.mark.parametrize("address", ["", "unix:", "localhost"])
def test_a_sender_without_an_address_is_a_network_of_its_own(database: Database, address: str) -> None:
    answers = [debit_network(database, address) for _ in range(4)]

    assert answers[:3] == [Allowance(2), Allowance(1), Allowance(0)]
    assert isinstance(answers[3], LimitHit)


def test_a_refund_of_nothing_changes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        rate_limit.refund(tx, "three", "never seen")

    assert debit(database, "three", "never seen") == Allowance(2)


def test_a_reset_forgets_every_hit(database: Database) -> None:
    for _ in range(3):
        debit(database, "three", "a")
    with database.transaction() as tx:
        rate_limit.reset(tx, "three", "a")

    assert debit(database, "three", "a") == Allowance(2)


def test_a_reset_forgets_nothing_of_others(database: Database) -> None:
    """X-14: a sign-in gives the tries of one identifier back, not of all"""
    for key in ("a", "b"):
        for _ in range(3):
            debit(database, "three", key)
    with database.transaction() as tx:
        rate_limit.reset(tx, "three", "a")

    assert isinstance(debit(database, "three", "b"), LimitHit)


def test_what_is_left_of_several_limits_is_what_the_tightest_leaves(database: Database) -> None:
    with database.transaction() as tx:
        assert LIMITER.debit_all(tx, (("ten", "a"), ("three", "a"))) == Allowance(2)


def test_limits_and_keys_do_not_share_counts(database: Database) -> None:
    for _ in range(3):
        debit(database, "three", "ab", "c")

    assert isinstance(debit(database, "three", "a", "bc"), Allowance)
    assert isinstance(debit(database, "ten", "ab", "c"), Allowance)


def test_a_debit_against_several_limits_counts_in_all_or_in_none(database: Database) -> None:
    for _ in range(3):
        debit(database, "three", "a")

    with database.transaction() as tx:
        answer = LIMITER.debit_all(tx, (("ten", "a"), ("three", "a")))

    assert isinstance(answer, LimitHit)
    assert debit(database, "ten", "a") == Allowance(9)


def test_a_decoy_is_refused_like_a_hit_and_counts_nothing(database: Database) -> None:
    with database.transaction() as tx:
        for _ in range(5):
            assert LIMITER.debit_all(tx, (), decoys=(("three", "a"),)) == Allowance(2)
    for _ in range(3):
        debit(database, "three", "a")

    with database.transaction() as tx:
        refused = LIMITER.debit_all(tx, (("ten", "a"),), decoys=(("three", "a"),))

    assert isinstance(refused, LimitHit)
    assert debit(database, "ten", "a") == Allowance(9)


@pytest.mark.parametrize("key", ["nul\x00", "😀" * 10, "x" * 100_000, "\ud800"])
def test_any_text_can_be_a_key(database: Database, key: str) -> None:
    assert debit(database, "three", key) == Allowance(2)


def test_the_table_holds_no_key_in_clear(database: Database) -> None:
    debit(database, "three", "anna@example.ch")

    with database.reading() as tx:
        row = tx.session.scalars(sa.select(RateLimit)).one()
    assert "anna" not in f"{row.digest} {row.name} {row.hits}"


def test_parallel_debits_are_all_counted(database: Database) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: debit(database, "ten", "a"), range(20)))

    assert sum(isinstance(answer, Allowance) for answer in answers) == 10


def test_hits_in_turn_are_counted_one_by_one(database: Database) -> None:
    for _ in range(3):
        debit(database, "three", "a")

    with database.transaction() as tx:
        answers = LIMITER.debit_in_turn(
            tx, [Hit("ten", ("a",)), Hit("three", ("a",), stops=False), Hit("ten", ("b",)), Hit("ten", ("b",))]
        )

    assert [isinstance(answer, LimitHit) for answer in answers] == [False, True, False, False]
    assert answers[2:] == [Allowance(9), Allowance(8)]


def test_after_a_refusal_that_stops_nothing_more_is_counted(database: Database) -> None:
    for _ in range(3):
        debit(database, "three", "a")

    with database.transaction() as tx:
        answers = LIMITER.debit_in_turn(tx, [Hit("ten", ("a",)), Hit("three", ("a",)), Hit("ten", ("b",))])

    assert len(answers) == 2
    assert debit(database, "ten", "a") == Allowance(8)
    assert debit(database, "ten", "b") == Allowance(9)


def test_several_hits_are_given_back_together(database: Database) -> None:
    hits = [Hit("three", network="203.0.113.7"), Hit("ten", ("a",))]
    with database.transaction() as tx:
        LIMITER.debit_in_turn(tx, [*hits, Hit("ten", ("a",))])
    with database.transaction() as tx:
        rate_limit.refund_all(tx, [*hits, Hit("ten", ("never seen",))])

    with database.reading() as tx:
        assert LIMITER.used(tx, "ten", "a") == 1
        assert LIMITER.used(tx, "three", "203.0.113.7") == 0
        assert LIMITER.used(tx, "three", "203.0.113.0/24") == 0


@pytest.mark.parametrize("known", [True, False])
def test_a_debit_of_several_limits_takes_two_statements_and_giving_back_one(database: Database, known: bool) -> None:
    hits = [Hit("three", network="203.0.113.7"), Hit("ten", ("a",)), Hit("growing", ("b",))]
    if known:
        with database.transaction() as tx:
            LIMITER.debit_in_turn(tx, hits)

    with counting(database) as asked, database.transaction() as tx:
        LIMITER.debit_in_turn(tx, hits)
    assert asked.statements == 2
    with counting(database) as asked, database.transaction() as tx:
        Settlement(refunds=hits[:2], resets=[("ten", "a"), ("growing", "b")]).write(tx)
    assert asked.statements == 1
    with database.reading() as tx:
        assert [LIMITER.used(tx, *key) for key in (("three", "203.0.113.7"), ("ten", "a"), ("growing", "b"))] == [
            known,
            0,
            0,
        ]


def test_parallel_debits_of_several_limits_are_all_counted_and_never_wait_crosswise(database: Database) -> None:
    """The rows do not exist yet, so that each debit may find that another one made them first."""
    hits = [Hit("ten", ("a",)), Hit("growing", ("b",)), Hit("three", network="203.0.113.7", stops=False)]

    def act(place: int) -> int:
        with database.transaction() as tx:
            first = LIMITER.debit_in_turn(tx, hits)[0]
        with database.transaction() as tx:
            refunds = hits[2:] if place % 2 else []
            Settlement(refunds, [("growing", "b"), ("ten", "never seen")]).write(tx)
        return isinstance(first, Allowance)

    with ThreadPoolExecutor(20) as pool:
        allowed = sum(pool.map(act, range(20)))

    assert allowed == 10
    with database.reading() as tx:
        assert LIMITER.used(tx, "ten", "a") == 10


def test_what_no_longer_counts_is_purged(database: Database, clock: MovableClock) -> None:
    debit(database, "three", "old")
    clock.forward(seconds=61)
    debit(database, "ten", "new")

    with database.transaction() as tx:
        assert purge(tx, "limits") == 1
        assert purge(tx, "limits") == 0
