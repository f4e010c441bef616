"""From what is typed to who it may be, at the same cost for everybody."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from idp.database import Database, Transaction
from idp.people import legacy, lookup, portal_identifiers
from idp.people.legacy import LegacyAccount
from idp.people.lookup import LookupResult
from idp.people.portal_identifiers import identifier_key
from tests.support import people

pytestmark = pytest.mark.both_databases

PORTAL = "e"


def legacy_account(tx: Transaction, identifier: str = "CVCI00000001") -> LegacyAccount:
    key = identifier_key(identifier)
    account = LegacyAccount(id=key, portal=PORTAL, identifier=identifier, key=key, imported_at=tx.now)
    tx.add(account)
    return account


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that the reading engine runs meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN":
            seen.append(statement)

    sa.event.listen(database.reading_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.reading_engine, "before_cursor_execute", note)


def test_a_person_is_found_by_address_and_by_customer_number(database: Database) -> None:
    """A-03, D-03"""
    with database.transaction() as tx:
        anne = people.person(tx, "anne@example.ch")
        portal_identifiers.attach(tx, anne.id, portal=PORTAL, kind=portal_identifiers.CUSTOMER, value="4711-22")

    with database.reading() as tx:
        for typed in (" ANNE@example.ch ", "4711-22", " 4711 -22"):
            found = lookup.by_identifier(tx, typed, portal=PORTAL)
            assert found.person is not None
            assert (found.person.id, found.legacy) == (anne.id, None)


def test_a_customer_number_is_known_at_its_own_portal_only(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        portal_identifiers.attach(tx, anne.id, portal="other", kind=portal_identifiers.CUSTOMER, value="4711")

    with database.reading() as tx:
        assert lookup.by_identifier(tx, "4711", portal=PORTAL) == LookupResult()


def test_a_legacy_identifier_leads_to_its_account_whatever_its_state(database: Database) -> None:
    """A-02, A-31, A-35"""
    with database.transaction() as tx:
        legacy_account(tx)

    with database.reading() as tx:
        found = lookup.by_identifier(tx, "cvci 00000001", portal=PORTAL)
        assert found.person is None
        assert found.legacy is not None
        assert lookup.by_identifier(tx, "CVCI00000001", portal="other") == LookupResult()


def test_a_customer_number_that_is_also_a_legacy_identifier_means_the_person(database: Database) -> None:
    """A-31, D-03"""
    with database.transaction() as tx:
        anne = people.person(tx)
        legacy_account(tx, "4711")
        portal_identifiers.attach(tx, anne.id, portal=PORTAL, kind=portal_identifiers.CUSTOMER, value="4711")

    with database.reading() as tx:
        found = lookup.by_identifier(tx, "4711", portal=PORTAL)
        assert found.person is not None
        assert (found.person.id, found.legacy) == (anne.id, None)


def test_a_migrated_identifier_no_longer_signs_anybody_in(database: Database) -> None:
    """A-31"""
    with database.transaction() as tx:
        anne = people.person(tx)
        assert legacy.migrate(tx, legacy_account(tx).id, anne.id)

    with database.reading() as tx:
        found = lookup.by_identifier(tx, "CVCI00000001", portal=PORTAL)
        assert found.person is None
        assert found.legacy is not None
        assert found.legacy.state == legacy.MIGRATED


@pytest.mark.parametrize(
    "typed", ["", "nobody@example.ch", "CVCI99999999", "\x00", "🙂" * 50, "\ud800", "x" * 100_000, "'; --"]
)
def test_any_text_is_looked_up_without_an_error(database: Database, typed: str) -> None:
    with database.reading() as tx:
        assert lookup.by_identifier(tx, typed, portal=PORTAL) == LookupResult()


def test_known_and_unknown_people_cost_the_same_statements(database: Database) -> None:
    """X-13"""
    with database.transaction() as tx:
        people.person(tx, "anne@example.ch")
        legacy_account(tx)
    asked: dict[str, list[str]] = {}

    for typed in ("anne@example.ch", "CVCI00000001", "nobody@example.ch", "not an address"):
        with statements(database) as seen, database.reading() as tx:
            lookup.by_identifier(tx, typed, portal=PORTAL)
        asked[typed] = seen

    assert len(asked["anne@example.ch"]) == 1
    assert all(seen == asked["anne@example.ch"] for seen in asked.values())
