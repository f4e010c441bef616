"""Consents add up, are listed, and can be taken back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.database import Database, Transaction
from idp.grants import consents

pytestmark = pytest.mark.both_databases


def scopes(tx: Transaction, person_id: str, client_id: str) -> frozenset[str]:
    found = consents.find(tx, person_id, client_id)
    return found.scopes if found is not None else frozenset()


def test_a_new_consent_adds_to_the_old_one(database: Database) -> None:
    with database.transaction() as tx:
        consents.grant(tx, "p1", "c1", ["openid", "email"])
    with database.transaction() as tx:
        consents.grant(tx, "p1", "c1", ["openid", "phone"])

    with database.reading() as tx:
        assert scopes(tx, "p1", "c1") == {"openid", "email", "phone"}
        assert scopes(tx, "p1", "c2") == set()


def test_parallel_first_consents_add_up(database: Database) -> None:
    def grant(scope: str) -> None:
        with database.transaction() as tx:
            consents.grant(tx, "p1", "c1", [scope])

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(grant, "abcdef"))

    with database.reading() as tx:
        assert scopes(tx, "p1", "c1") == set("abcdef")


def test_what_a_person_granted_is_listed(database: Database) -> None:
    with database.transaction() as tx:
        consents.grant(tx, "p1", "c2", ["openid"])
        consents.grant(tx, "p1", "c1", ["email"])
        consents.grant(tx, "p2", "c1", ["openid"])

    with database.reading() as tx:
        assert [(c.client_id, c.scopes) for c in consents.of_person(tx, "p1")] == [
            ("c1", frozenset({"email"})),
            ("c2", frozenset({"openid"})),
        ]


def test_a_consent_can_be_taken_back_once(database: Database) -> None:
    with database.transaction() as tx:
        consents.grant(tx, "p1", "c1", ["openid"])
    with database.transaction() as tx:
        assert consents.withdraw(tx, "p1", "c1")

    with database.transaction() as tx:
        assert not consents.withdraw(tx, "p1", "c1")
        assert scopes(tx, "p1", "c1") == set()
