"""A code is accepted once, in time, where it belongs, within five tries; also from many threads at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.codes import service
from idp.codes.rules import Purpose
from idp.codes.service import AcceptedCode, Attempt, RefusedCode
from idp.database import Database
from idp.sealing import Sealer
from tests.codes.support import ANNA, PHONE, Codes
from tests.support.application import TEST_SECRETS
from tests.support.clock import MovableClock
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_right_code_is_accepted_once(codes: Codes) -> None:
    """A-20, ASVS 6.5.1"""
    codes.issue()
    code = codes.mailbox.last().code

    assert isinstance(codes.redeem(code), AcceptedCode)
    assert codes.redeem(code) == RefusedCode("none")


def test_what_was_accepted_says_which_address_it_proves(codes: Codes) -> None:
    codes.issue()
    accepted = codes.redeem(codes.mailbox.last().code)

    assert isinstance(accepted, AcceptedCode)
    assert accepted.channel == "email"
    assert accepted.proves(codes.database.sealer, "Anna@Example.ch")
    assert not accepted.proves(codes.database.sealer, "other@example.ch")


@pytest.mark.parametrize(("seconds", "outcome"), [(299, AcceptedCode), (301, RefusedCode)])
def test_a_mail_code_is_good_for_five_minutes(
    codes: Codes, clock: MovableClock, seconds: int, outcome: type[object]
) -> None:
    """A-20"""
    codes.issue()
    code = codes.mailbox.last().code
    clock.forward(seconds=seconds)

    assert isinstance(codes.redeem(code), outcome)


def test_an_expired_code_is_told_from_one_that_never_was(codes: Codes, clock: MovableClock) -> None:
    codes.issue()
    clock.forward(minutes=6)

    assert codes.redeem("000000") == RefusedCode("expired")
    assert codes.redeem("000000", bound_to="another run") == RefusedCode("none")


def test_a_phone_proof_is_good_for_ten_minutes(codes: Codes, clock: MovableClock) -> None:
    codes.issue(purpose=Purpose.PHONE_PROOF, destination=PHONE)
    code = codes.mailbox.last().code
    clock.forward(minutes=9, seconds=59)

    assert isinstance(codes.redeem(code, purpose=Purpose.PHONE_PROOF), AcceptedCode)


def test_earlier_codes_stay_valid_and_all_end_together(codes: Codes) -> None:
    first, second, _third = codes.issue_often(3, lifetime=600)

    assert isinstance(codes.redeem(first), AcceptedCode)
    assert codes.redeem(second) == RefusedCode("none")


def test_a_wrong_code_says_how_many_tries_are_left(codes: Codes) -> None:
    """A-34"""
    codes.issue()
    code = codes.mailbox.last().code

    refusals = [codes.redeem(wrong(code)) for _ in range(5)]

    assert refusals == [RefusedCode("wrong", left) for left in (4, 3, 2, 1)] + [RefusedCode("exhausted")]


def test_after_five_wrong_tries_all_codes_die(codes: Codes) -> None:
    """A-34"""
    sent = codes.issue_often(3, lifetime=600)
    for _ in range(5):
        codes.redeem(wrong(sent[0]))

    assert [codes.redeem(code) for code in sent] == [RefusedCode("exhausted")] * 3
    assert codes.live() is None


def test_a_resend_brings_no_further_tries(codes: Codes) -> None:
    first = codes.issue_often(1, lifetime=600)[0]
    for _ in range(4):
        codes.redeem(wrong(first))
    second = codes.issue_often(1, lifetime=600)[0]

    assert codes.redeem(wrong(second)) == RefusedCode("exhausted")
    assert codes.redeem(second) == RefusedCode("exhausted")


def test_after_the_codes_died_a_new_one_begins_afresh(codes: Codes) -> None:
    code = codes.issue_often(1)[0]
    for _ in range(5):
        codes.redeem(wrong(code))

    fresh = codes.issue_often(1)[0]

    assert codes.redeem(wrong(fresh)) == RefusedCode("wrong", 4)
    assert isinstance(codes.redeem(fresh), AcceptedCode)


@pytest.mark.parametrize("elsewhere", [{"bound_to": "another run"}, {"purpose": Purpose.MAIL_PROOF}])
def test_a_code_counts_only_where_it_belongs(codes: Codes, elsewhere: dict[str, str]) -> None:
    """ASVS 6.6.2"""
    codes.issue()
    code = codes.mailbox.last().code
    codes.issue(**{"purpose": Purpose.SIGN_IN_MAIL, "bound_to": "run", **elsewhere})
    other = codes.mailbox.last().code

    assert codes.would_accept(other, **elsewhere)
    assert code == other or not codes.would_accept(code, **elsewhere)


def test_an_attempt_taken_before_is_not_taken_again(codes: Codes) -> None:
    codes.issue()
    typed = wrong(codes.mailbox.last().code)
    with codes.database.transaction() as tx:
        attempt = service.take_attempt(tx, purpose=Purpose.SIGN_IN_MAIL, bound_to="run")
    assert attempt == Attempt(Purpose.SIGN_IN_MAIL, "run", left=4)

    with codes.database.transaction() as tx:
        refused = service.redeem(tx, purpose=Purpose.SIGN_IN_MAIL, bound_to="run", typed=typed, attempt=attempt)

    assert refused == RefusedCode("wrong", 4)
    assert codes.live().attempts_left == 4  # type: ignore[union-attr]


def test_a_cancelled_code_is_gone(codes: Codes) -> None:
    codes.issue()
    code = codes.mailbox.last().code
    with codes.database.transaction() as tx:
        service.cancel(tx, purpose=Purpose.SIGN_IN_MAIL, bound_to="run")

    assert codes.redeem(code) == RefusedCode("none")


def test_looking_at_a_code_changes_nothing(codes: Codes) -> None:
    """X-30"""
    codes.issue()
    looks = {codes.live() for _ in range(20)}

    assert len(looks) == 1
    assert isinstance(codes.redeem(codes.mailbox.last().code), AcceptedCode)


def test_of_twelve_simultaneous_right_codes_one_wins(codes: Codes) -> None:
    """ASVS 15.4.2"""
    codes.issue()
    code = codes.mailbox.last().code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: codes.redeem(code), range(12)))

    assert Counter(type(answer) for answer in answers)[AcceptedCode] == 1


def test_twenty_simultaneous_guesses_get_five_looks(codes: Codes) -> None:
    """ASVS 6.6.3"""
    codes.issue()
    code = codes.mailbox.last().code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: codes.redeem(wrong(code)), range(20)))

    looks = [answer for answer in answers if answer != RefusedCode("exhausted")]
    assert len(looks) == 4  # the fifth look is the one that exhausts
    assert codes.redeem(code) == RefusedCode("exhausted")


def test_simultaneous_sends_of_one_run_make_one_code(codes: Codes) -> None:
    """X-02"""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: codes.issue(), range(8)))

    assert Counter(type(answer).__name__ for answer in answers) == {"IssuedCode": 1, "UnsentCode": 7}
    assert len(codes.mailbox.sent(ANNA.address)) == 1


def test_a_wrong_try_counts_where_it_was_made_and_nowhere_else(codes: Codes) -> None:
    """A-34: nobody uses up the tries of others"""
    codes.issue()
    codes.issue(bound_to="another run")
    typed = codes.mailbox.last().code
    for _ in range(5):
        codes.redeem("not a code", bound_to="run")

    assert isinstance(codes.redeem(typed, bound_to="another run"), AcceptedCode)


def test_codes_of_two_purposes_live_side_by_side_in_a_run(codes: Codes) -> None:
    """ASVS 6.6.2"""
    codes.issue()
    by_mail = codes.mailbox.last().code
    codes.issue(purpose=Purpose.SIGN_IN_SMS, destination=PHONE)

    assert isinstance(codes.redeem(by_mail), AcceptedCode)


def test_tries_that_were_used_up_stay_so_when_the_time_is_over_too(codes: Codes, clock: MovableClock) -> None:
    """A-34"""
    codes.issue()
    for _ in range(5):
        codes.redeem("not a code")
    clock.forward(minutes=6)

    assert codes.redeem("not a code") == RefusedCode("exhausted")


@pytest.mark.parametrize("typed", ["", "\x00", "😀" * 50, "1" * 100_000, "\ud800", "' OR 1=1 --"])
def test_anything_may_be_typed(codes: Codes, typed: str) -> None:
    codes.issue()

    assert codes.redeem(typed) == RefusedCode("wrong", 4)


def test_a_code_survives_the_rotation_of_the_key(codes: Codes) -> None:
    """Rulings 22"""
    codes.issue()
    typed = codes.mailbox.last().code
    before = codes.database
    keys = {"new": b"n" * 32, **TEST_SECRETS["keys"]}  # type: ignore[dict-item]
    codes.database = Database(before.writing_engine, before.reading_engine, before.clock, Sealer(keys, "new"))

    assert isinstance(codes.redeem(typed), AcceptedCode)


def test_old_codes_are_purged(codes: Codes, clock: MovableClock) -> None:
    codes.issue()
    clock.forward(hours=25)
    codes.issue(bound_to="another run")

    with codes.database.transaction() as tx:
        assert purge(tx, "codes") == 1
        assert purge(tx, "codes") == 0
