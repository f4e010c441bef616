"""Passkeys and the challenges they answer, as rows."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.credentials import challenges, passkey_offers, passkeys
from idp.credentials.challenges import Challenge
from idp.credentials.passkeys import Passkey
from idp.credentials.stored_passkey import NewPasskey
from idp.database import Database, Transaction
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases

NEW = NewPasskey(
    credential_id="AQID",
    public_key="BAUG",
    sign_count=7,
    transports=("usb",),
    aaguid="",
    multi_device=False,
    backed_up=False,
)


def anne(database: Database, address: str = "anne@example.ch") -> str:
    with database.transaction() as tx:
        return people.person(tx, address).id


def added(database: Database, person_id: str, new: NewPasskey = NEW, handle: str = "handle-1") -> Passkey:
    with database.transaction() as tx:
        found = passkeys.add(tx, person_id, new, handle=handle, name="Firefox, Linux")
        assert found is not None
        return found[0]


def issued(database: Database, bound_to: str = "run 1") -> Challenge:
    with database.reading() as tx:
        value = challenges.issue(tx.sealer, tx.now, bound_to, carried="handle-1")
        found = challenges.opened(tx.sealer, tx.now, bound_to, value)
        assert found is not None
        return found


def names(tx: Transaction) -> list[str]:
    return list(tx.session.scalars(sa.select(AuditEvent.name).order_by(AuditEvent.id)))


def test_a_challenge_carries_what_it_was_made_with(database: Database) -> None:
    assert issued(database).carried == "handle-1"


def test_a_challenge_opens_only_where_it_was_made_for(database: Database) -> None:
    """Another run, another browser, or a value that was made up"""
    with database.reading() as tx:
        value = challenges.issue(tx.sealer, tx.now, "run 1")

        assert challenges.opened(tx.sealer, tx.now, "run 2", value) is None
        assert challenges.opened(tx.sealer, tx.now, "run 1", value[:-4]) is None
        assert challenges.opened(tx.sealer, tx.now, "run 1", b"\xff") is None


def test_a_challenge_is_good_for_five_minutes(database: Database, clock: MovableClock) -> None:
    challenge = issued(database)
    clock.forward(minutes=5)

    with database.transaction() as tx:
        assert challenges.opened(tx.sealer, tx.now, "run 1", challenge.value) is None
        assert challenges.spend(tx, challenge) is False


def test_of_many_answers_at_once_one_spends_the_challenge(database: Database) -> None:
    """X-31"""
    challenge = issued(database)

    def answer() -> bool:
        with database.transaction() as tx:
            return challenges.spend(tx, challenge)

    assert sorted(in_parallel(*[answer] * 6)) == [False] * 5 + [True]


def test_spent_challenges_are_forgotten_once_nobody_could_answer_them(database: Database, clock: MovableClock) -> None:
    challenge = issued(database)
    with database.transaction() as tx:
        challenges.spend(tx, challenge)
        assert purge(tx, "spent_challenges") == 0
    clock.forward(minutes=6)

    with database.transaction() as tx:
        assert purge(tx, "spent_challenges") == 1


def test_a_person_keeps_the_handle_of_their_first_passkey(database: Database) -> None:
    person_id = anne(database)
    added(database, person_id)

    with database.transaction() as tx:
        other = passkeys.add(tx, person_id, replace(NEW, credential_id="CCCC"), handle="handle-2", name="")

        assert other is None
        assert passkeys.handle_of(tx, person_id) == "handle-1"


def test_a_credential_belongs_to_one_person(database: Database) -> None:
    added(database, anne(database))
    beat = anne(database, "beat@example.ch")

    with database.transaction() as tx:
        assert passkeys.add(tx, beat, NEW, handle="handle-2", name="") is None
        assert passkeys.listed(tx, beat) == []


def test_nobody_fills_the_table(database: Database) -> None:
    person_id = anne(database)
    for number in range(passkeys.MOST):
        added(database, person_id, replace(NEW, credential_id=f"A{number:03}"))

    with database.transaction() as tx:
        assert passkeys.add(tx, person_id, NEW, handle="handle-1", name="") is None


def test_a_use_is_noted(database: Database, clock: MovableClock) -> None:
    passkey = added(database, anne(database))
    clock.forward(days=1)

    with database.transaction() as tx:
        used = passkeys.use(tx, passkey.id, sign_count=8, backed_up=True)

        assert used is not None
        assert used.went_back == ""
        assert (used.passkey.sign_count, used.passkey.backed_up) == (8, True)
        assert used.passkey.last_used_at == tx.now
        assert names(tx)[-1] == "PasskeyUsed"


@pytest.mark.parametrize("count", [7, 3, 0])
def test_a_count_that_goes_back_is_told_and_kept_at_its_highest(database: Database, count: int) -> None:
    """WebAuthn §6.1.1: the next use of the copy is told as well"""
    passkey = added(database, anne(database))

    with database.transaction() as tx:
        used = passkeys.use(tx, passkey.id, sign_count=count, backed_up=False)

        assert used is not None
        assert used.went_back
        assert used.passkey.sign_count == 7
        assert "PasskeyCountWentBack" in names(tx)


def test_a_synchronised_passkey_counts_nothing(database: Database) -> None:
    passkey = added(database, anne(database), replace(NEW, sign_count=0))

    with database.transaction() as tx:
        used = passkeys.use(tx, passkey.id, sign_count=0, backed_up=True)

        assert used is not None
        assert used.went_back == ""


def test_an_owner_renames_and_removes_their_own_only(database: Database) -> None:
    person_id, beat = anne(database), anne(database, "beat@example.ch")
    passkey = added(database, person_id)

    with database.transaction() as tx:
        assert passkeys.rename(tx, beat, passkey.id, "Mine") is False
        assert passkeys.remove(tx, beat, passkey.id, reason="test") == ""
        assert passkeys.rename(tx, person_id, passkey.id, "Blue key") is True
        assert [each.name for each in passkeys.listed(tx, person_id)] == ["Blue key"]
        assert passkeys.remove(tx, person_id, passkey.id, reason="test")

        assert passkeys.listed(tx, person_id) == []
        assert passkeys.exists(tx, person_id, passkey.id) is False
        assert passkeys.use(tx, passkey.id, sign_count=9, backed_up=False) is None


def test_an_offer_rests_for_ninety_days_and_ends_with_the_first_passkey(
    database: Database, clock: MovableClock
) -> None:
    person_id = anne(database)
    with database.transaction() as tx:
        assert passkey_offers.is_due(tx, person_id)
        passkey_offers.put_off(tx, person_id)
        assert not passkey_offers.is_due(tx, person_id)

    clock.forward(days=90)
    with database.transaction() as tx:
        assert passkey_offers.is_due(tx, person_id)
    added(database, person_id)
    with database.transaction() as tx:
        assert not passkey_offers.is_due(tx, person_id)
    assert timedelta(days=90) == passkey_offers.REST
