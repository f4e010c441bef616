"""Accounts of a former directory: sealed, wrapped, and migrated exactly once."""

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database, Transaction
from idp.people import legacy, portal_identifiers
from idp.people.legacy import LegacyAccount
from tests.support import people
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

PORTAL = "e"
STORED = "imported:hex_md5:5f4dcc3b5aa765d61d8327deb882cf99"


def imported(tx: Transaction, number: int = 1, **more: str) -> LegacyAccount:
    identifier = f"CVCI{number:08}"
    account = LegacyAccount(
        id=f"l{number}",
        portal=PORTAL,
        identifier=identifier,
        key=identifier.lower(),
        scheme="hex_md5",
        hash=legacy.seal_hash(tx, f"l{number}", STORED),
        known={"given_name": "Anne"},
        imported_at=tx.now,
        **more,
    )
    tx.add(account)
    return account


def test_a_legacy_hash_is_sealed_at_rest(database: Database) -> None:
    with database.transaction() as tx:
        account = imported(tx)

        assert "5f4dcc3b" not in account.hash
        assert legacy.open_hash(tx, account) == STORED


def test_a_hash_waits_to_be_wrapped_once(database: Database) -> None:
    with database.transaction() as tx:
        account = imported(tx)
        old = account.hash
        assert [waiting.id for waiting in legacy.unwrapped(tx, 10)] == [account.id]

        assert legacy.wrap(tx, account.id, old=old, wrapped="wrapped:…")
        assert not legacy.wrap(tx, account.id, old=old, wrapped="wrapped: too late")

        assert legacy.unwrapped(tx, 10) == []
        assert legacy.open_hash(tx, account) == "wrapped:…"


def test_migration_drops_the_old_password_and_attaches_the_identifier(database: Database) -> None:
    """A-29, A-37"""
    with database.transaction() as tx:
        account = imported(tx)
        anne = people.person(tx)

        assert legacy.migrate(tx, account.id, anne.id)

    with database.reading() as tx:
        migrated = legacy.by_id(tx, "l1")
        assert migrated is not None
        assert (migrated.state, migrated.person_id, migrated.hash, migrated.known) == ("migrated", anne.id, "", {})
        assert migrated.migrated_at == tx.now
        assert portal_identifiers.of_person(tx, anne.id, PORTAL, portal_identifiers.LEGACY) == ["CVCI00000001"]
        assert tx.session.query(AuditEvent).filter_by(name="LegacyAccountMigrated").count() == 1


def test_of_two_migrations_at_once_the_first_wins(database: Database) -> None:
    """A-32"""
    with database.transaction() as tx:
        imported(tx)
        ids = [people.person(tx, f"{name}@example.ch").id for name in ("anne", "beat", "carla")]

    def migrate(person_id: str) -> bool:
        with database.transaction() as tx:
            return legacy.migrate(tx, "l1", person_id)

    results = in_parallel(*(lambda person_id=person_id: migrate(person_id) for person_id in ids))

    assert sorted(results) == [False, False, True]


@pytest.mark.parametrize("state", [legacy.CLOSED, legacy.LOCKED, legacy.MIGRATED])
def test_only_an_open_account_migrates(database: Database, state: str) -> None:
    """A-35"""
    with database.transaction() as tx:
        account = imported(tx, state=state)
        anne = people.person(tx)

        assert not legacy.migrate(tx, account.id, anne.id)


def test_a_migration_that_fails_leaves_the_legacy_login_alone(database: Database) -> None:
    """A-29"""
    with database.transaction() as tx:
        imported(tx)
        anne = people.person(tx)

    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        legacy.migrate(tx, "l1", anne.id)
        raise ZeroDivisionError

    with database.reading() as tx:
        account = legacy.by_id(tx, "l1")
        assert account is not None
        assert (account.state, legacy.open_hash(tx, account)) == ("open", STORED)


def test_a_second_identifier_goes_to_the_same_person(database: Database) -> None:
    """A-28"""
    with database.transaction() as tx:
        anne = people.person(tx)
        for number in (1, 2):
            assert legacy.migrate(tx, imported(tx, number).id, anne.id)

    with database.reading() as tx:
        values = portal_identifiers.of_person(tx, anne.id, PORTAL, portal_identifiers.LEGACY)
        assert values == ["CVCI00000001", "CVCI00000002"]


def test_the_owner_of_a_known_address_can_be_helped_to_migrate(database: Database) -> None:
    """A-40"""
    with database.transaction() as tx:
        account = imported(tx, email="Anne@Example.ch", email_key="anne@example.ch")
        imported(tx, 2, email="anne@example.ch", email_key="anne@example.ch", state=legacy.CLOSED)

        found = legacy.by_email(tx, PORTAL, people.email("anne@example.ch"))

        assert found == [account]


@pytest.mark.parametrize("state", [legacy.CLOSED, legacy.LOCKED, legacy.CONTESTED])
def test_only_an_open_account_is_helped_by_its_identifier(database: Database, state: str) -> None:
    """A-40"""
    with database.transaction() as tx:
        account = imported(tx, email="anne@example.ch", email_key="anne@example.ch")
        imported(tx, 2, email="beat@example.ch", email_key="beat@example.ch", state=state)

        assert legacy.to_help(tx, "cvci 00000001", PORTAL) is account
        assert legacy.to_help(tx, "CVCI00000002", PORTAL) is None


def test_an_account_without_a_known_address_cannot_be_helped_by_mail(database: Database) -> None:
    """A-40"""
    with database.transaction() as tx:
        imported(tx)

        assert legacy.to_help(tx, "CVCI00000001", PORTAL) is None


def test_the_efforts_that_wait_are_those_of_open_accounts_with_a_password(database: Database) -> None:
    with database.transaction() as tx:
        imported(tx).effort = "digest=0"
        imported(tx, 2, state=legacy.CLOSED).effort = "bcrypt=12"
        imported(tx, 3).effort = ""
        tx.flush()

        assert legacy.waiting_efforts(tx) == {"digest=0"}


@pytest.mark.parametrize(
    ("identifier", "masked"),
    [("CVCI00001234", "CVCI••••••34"), ("4711222", "4••••22"), ("4711", "••11"), ("47", "47")],
)
def test_a_masked_identifier_keeps_its_length_its_beginning_and_two_characters(identifier: str, masked: str) -> None:
    assert legacy.masked(identifier) == masked


@pytest.mark.postgresql
def test_an_owner_who_contests_at_the_moment_of_the_migration_takes_the_identifier_back(database: Database) -> None:
    """A-38: the link was opened, and the account read, while the migration was still open"""
    with database.transaction() as tx:
        account, thief = imported(tx).id, people.person(tx).id

    with database.transaction() as owner:
        read_before = legacy.by_id(owner, account)
        with database.transaction() as tx:
            assert legacy.migrate(tx, account, thief)
        taken_from = legacy.contest(owner, account)

    assert (read_before is not None, taken_from) == (True, thief)
