"""A family of refresh tokens, where what it was read from changes before it is used."""

from datetime import timedelta

import pytest

from idp import random_values
from idp.database import Database, Transaction
from idp.grants import refresh_families
from idp.grants.authorization import Authorization
from idp.grants.client_sessions import ClientSessionRow
from idp.grants.refresh_families import ContinuedFamily, Lifetimes, PresentedRefreshToken, RefusedRefresh
from idp.people import accounts
from tests.support import people

pytestmark = pytest.mark.both_databases

IDLE = timedelta(days=30)
LIFETIMES = Lifetimes(idle=IDLE, absolute=timedelta(days=90))


def begun(tx: Transaction, person_id: str, lifetimes: Lifetimes = LIFETIMES) -> str:
    """The first refresh token of a new family of this person."""
    family_id, sid = random_values.new_id(tx.now), random_values.token(16)
    authorized = Authorization(
        client_id="c",
        person_id=person_id,
        subject=person_id,
        scope=("openid",),
        auth_time=tx.now,
        acr="password",
        sid=sid,
    )
    row = ClientSessionRow(
        id=sid,
        session_id=family_id,
        client_id="c",
        person_id=person_id,
        subject=person_id,
        knows_organisations=False,
        wants_logout=False,
        started_at=tx.now,
    )
    tx.add(row)
    started = refresh_families.start(
        tx, authorized, family_id=family_id, lifetimes=lifetimes, knows_organisations=False, refreshable=True
    )
    assert started is not None
    return started.refresh_token


def read(tx: Transaction, text: str) -> PresentedRefreshToken:
    presented = refresh_families.read(tx, text, client_id="c")
    assert isinstance(presented, PresentedRefreshToken)
    return presented


def test_a_person_disabled_during_a_repeated_refresh_gets_nothing(database: Database) -> None:
    """P48"""
    with database.transaction() as tx:
        anne = people.person(tx)
        text = begun(tx, anne.id)
        assert isinstance(refresh_families.rotate(tx, read(tx, text), key_thumbprint="", idle=IDLE), ContinuedFamily)
        repeated = read(tx, text)
        accounts.disable(tx, anne.id, reason="test")
        tx.flush()

        assert refresh_families.rotate(tx, repeated, key_thumbprint="", idle=IDLE) == RefusedRefresh("reused")


@pytest.mark.parametrize(("idle", "absolute"), [(30, 90), (90, 30)])
def test_an_unused_family_ends_when_the_first_of_its_times_is_over(
    database: Database, idle: int, absolute: int
) -> None:
    lifetimes = Lifetimes(idle=timedelta(days=idle), absolute=timedelta(days=absolute))
    with database.transaction() as tx:
        presented = read(tx, begun(tx, people.person(tx).id, lifetimes))

        assert presented.ends_at == tx.now + timedelta(days=30)
