"""The register of a fund: whose entry a number names, and whose account it became."""

from datetime import date

import pytest

from idp.database import Database, Transaction
from idp.people import insured
from idp.people.insured import BatchCount, InsuredDetails, Particulars, RegisterEntry
from tests.support import people

pytestmark = pytest.mark.both_databases

BORN = date(1956, 7, 16)


def entry(number: str = "4711", given_name: str = "Anne", birth_date: date | None = BORN) -> RegisterEntry:
    return RegisterEntry(number, "fr", Particulars(given_name=given_name, family_name="Rochat", birth_date=birth_date))


def stored(tx: Transaction, fund: str = "AK00", number: str = "4711") -> InsuredDetails:
    return insured.by_numbers(tx, fund, [number])[number]


def test_a_later_import_brings_an_entry_up_to_date(database: Database) -> None:
    with database.transaction() as tx:
        assert insured.store_many(tx, "AK00", [entry()]) == BatchCount(created=1, updated=0)
        before = stored(tx)

        again = insured.store_many(tx, "AK00", [entry(given_name="Anna"), entry("4712", "Beat")])

        assert again == BatchCount(created=1, updated=1)
        assert (stored(tx).id, stored(tx).particulars.given_name) == (before.id, "Anna")
        assert stored(tx, number="4712").particulars.given_name == "Beat"


def test_the_same_number_means_somebody_else_at_another_fund(database: Database) -> None:
    with database.transaction() as tx:
        insured.store_many(tx, "AK00", [entry()])

        assert insured.store_many(tx, "AK99", [entry(given_name="Beat")]) == BatchCount(created=1, updated=0)

        assert stored(tx).particulars.given_name == "Anne"
        assert stored(tx, "AK99").particulars.given_name == "Beat"
        assert insured.without_account(tx, "AK00") == ["4711"]


def test_an_entry_becomes_one_account_and_the_others_wait(database: Database) -> None:
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch").id, people.person(tx, "beat@example.ch").id
        insured.store_many(tx, "AK00", [entry(), entry("4712", "Beat")])

        assert insured.attach(tx, stored(tx).id, person_id=anne)
        assert not insured.attach(tx, stored(tx).id, person_id=beat)

        assert (stored(tx).person_id, stored(tx, number="4712").person_id) == (anne, "")
        assert insured.without_account(tx, "AK00") == ["4712"]


def test_an_erased_account_frees_its_own_entry_only(database: Database) -> None:
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch").id, people.person(tx, "beat@example.ch").id
        insured.store_many(tx, "AK00", [entry(), entry("4712", "Beat")])
        insured.attach(tx, stored(tx).id, person_id=anne)
        insured.attach(tx, stored(tx, number="4712").id, person_id=beat)

        insured.detach(tx, anne)

        assert insured.without_account(tx, "AK00") == ["4711"]
        assert stored(tx, number="4712").person_id == beat


@pytest.mark.parametrize(
    ("known", "typed", "right"),
    [
        (BORN, BORN, True),
        (BORN, date(1956, 7, 17), False),
        (BORN, None, False),
        (None, BORN, False),
        (None, None, False),
    ],
)
def test_a_register_without_the_date_of_birth_lets_nobody_through(
    database: Database, known: date | None, typed: date | None, right: bool
) -> None:
    with database.transaction() as tx:
        insured.store_many(tx, "AK00", [entry(birth_date=known)])

        assert insured.born_on(stored(tx), typed) is right
