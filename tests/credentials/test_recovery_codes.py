"""The list of recovery codes of a person."""

import math

import pytest
import sqlalchemy as sa

from idp.credentials import recovery_codes
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Database
from idp.invitations.code_text import ALPHABET
from tests.support import people
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases


@pytest.fixture
def anne(database: Database) -> str:
    with database.transaction() as tx:
        return people.person(tx).id


def keep(database: Database, person_id: str) -> tuple[str, ...]:
    with database.transaction() as tx:
        drawn = recovery_codes.draw()
        recovery_codes.keep(tx, person_id, drawn)
        return drawn


def use(database: Database, person_id: str, typed: str) -> bool:
    with database.transaction() as tx:
        return recovery_codes.use(tx, person_id, typed) is not None


def test_ten_codes_of_more_than_64_bits_are_drawn_in_readable_groups() -> None:
    """NIST SP 800-63B-4 §3.1.2.1"""
    drawn = recovery_codes.draw()

    assert len(set(drawn)) == 10
    assert all([len(group) for group in code.split()] == [5, 5, 5] for code in drawn)
    assert {symbol for code in drawn for symbol in code} <= {*ALPHABET, " "}
    assert math.log2(len(ALPHABET)) * recovery_codes.LENGTH >= 64


def test_a_code_works_once_however_it_is_typed(database: Database, anne: str) -> None:
    """X-06"""
    first, second, *_ = keep(database, anne)

    assert use(database, anne, first.lower().replace(" ", "-"))
    assert not use(database, anne, first)
    assert use(database, anne, f"  {second.replace(' ', '')} ")


def test_a_code_that_is_sent_many_times_at_once_works_once(database: Database, anne: str) -> None:
    code, *_ = keep(database, anne)

    assert sorted(in_parallel(*[lambda: use(database, anne, code)] * 5)) == [False, False, False, False, True]


def test_a_code_of_another_person_does_not_work(database: Database, anne: str) -> None:
    code, *_ = keep(database, anne)
    with database.transaction() as tx:
        marc = people.person(tx, "marc.dubois@example.ch").id
        keep_also = recovery_codes.draw()
        recovery_codes.keep(tx, marc, keep_also)

    assert not use(database, marc, code)


def test_a_new_list_replaces_the_former_one_as_a_whole(database: Database, anne: str) -> None:
    former = keep(database, anne)
    new = keep(database, anne)

    assert not any(use(database, anne, code) for code in former)
    assert use(database, anne, new[0])


def test_what_is_left_is_counted(database: Database, anne: str) -> None:
    first, *_ = keep(database, anne)
    with database.transaction() as tx:
        used = recovery_codes.use(tx, anne, first)
        listed = recovery_codes.listed(tx, anne)

    assert used is not None
    assert used.left == 9
    assert listed is not None
    assert (listed.left, listed.last_used_at) == (9, listed.added_at)


def test_no_code_can_be_read_in_the_table(database: Database, anne: str) -> None:
    """ASVS 6.5.2"""
    codes = keep(database, anne)
    use(database, anne, codes[0])

    with database.reading() as tx:
        digests = tx.session.scalars(sa.select(RecoveryCode.digest).order_by(RecoveryCode.id)).all()
    assert sum(digest == "" for digest in digests) == 1, "a used one keeps nothing"
    assert not any(code.replace(" ", "") in digest for code in codes for digest in digests)


def test_an_empty_line_is_no_code(database: Database, anne: str) -> None:
    codes = keep(database, anne)
    use(database, anne, codes[0])

    assert not use(database, anne, "")
    assert not use(database, anne, " - ")
