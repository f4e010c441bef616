"""Statements that both databases read alike."""

import pytest
import sqlalchemy as sa

from idp.database import Database, Transaction
from idp.statements import insert_if_absent, upsert
from idp.upkeep.nodes import NodeRow

pytestmark = pytest.mark.both_databases


def values(tx: Transaction, ahead: float) -> dict[str, object]:
    return {"id": "node", "keys": ["one"], "ahead": ahead, "seen_at": tx.now}


def ahead(tx: Transaction) -> float:
    return tx.execute(sa.select(NodeRow.ahead)).scalar_one()


def test_a_row_that_is_there_stays_and_is_not_answered(database: Database) -> None:
    insert = insert_if_absent(NodeRow).returning(NodeRow.id)

    with database.transaction() as tx:
        assert tx.execute(insert, values(tx, 1.0)).first() is not None
        assert tx.execute(insert, values(tx, 2.0)).first() is None
        assert ahead(tx) == 1.0


def test_only_a_unique_key_can_excuse_a_conflict(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(sa.exc.DBAPIError, match="ON CONFLICT"):
        tx.execute(insert_if_absent(NodeRow, ["ahead"]), values(tx, 1.0))


def test_an_upsert_writes_the_named_columns_anew(database: Database) -> None:
    insert = upsert(NodeRow, ["id"], ["ahead"])

    with database.transaction() as tx:
        tx.execute(insert, values(tx, 1.0))
        tx.execute(insert, values(tx, 2.0))
        assert ahead(tx) == 2.0


def test_an_upsert_leaves_a_row_that_its_condition_excludes(database: Database) -> None:
    insert = upsert(NodeRow, ["id"], ["ahead"], where=NodeRow.ahead > 1.0)

    with database.transaction() as tx:
        tx.execute(insert, values(tx, 1.0))
        tx.execute(insert, values(tx, 2.0))
        assert ahead(tx) == 1.0


def test_an_upsert_can_set_what_the_new_row_does_not_say(database: Database) -> None:
    insert = upsert(NodeRow, ["id"], [], also={"ahead": NodeRow.ahead + 10})

    with database.transaction() as tx:
        tx.execute(insert, values(tx, 1.0))
        tx.execute(insert, values(tx, 2.0))
        assert ahead(tx) == 11.0
