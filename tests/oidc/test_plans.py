"""PostgreSQL finds what the hot paths ask for by its indexes, with a hundred thousand people and generic plans.

auto_explain writes the plan of each statement as it ran. A prepared statement is planned once for all values, and such
a plan can be a scan where the one for a single value is not (decision 0004); psycopg prepares what is repeated.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import flows  # noqa: F401  (imports every table of journeys)
from idp.database import Base
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.multiplied import multiply
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import new_person, sign_in
from tests.support.tokens import TokenClient, good

PEOPLE = 30_000
DATABASE = "plans"
REPEATED = 8
"""psycopg prepares a statement when it comes for the sixth time."""
PLAN = re.compile(r"LOG:  duration: \S+ ms  plan:\n((?:\t.*\n)+)")


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def database_url(postgresql_url: str) -> Iterator[str]:
    """A database of its own in the cluster of the tests: emptying it again would take longer than dropping it."""
    cluster = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    url = str(sa.make_url(postgresql_url).set(database=DATABASE).render_as_string(hide_password=False))
    with cluster.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {DATABASE}"))
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    yield url
    with cluster.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))
    cluster.dispose()


def explained(url: str) -> None:
    """Have every later connection write its plans, and plan for all values."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name, value in {
            "session_preload_libraries": "auto_explain",
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_format": "json",
            "plan_cache_mode": "force_generic_plan",
        }.items():
            connection.execute(sa.text(f"ALTER DATABASE {DATABASE} SET {name} = '{value}'"))
    engine.dispose()


def visit(app: Flask, provider: Provider, party: RelyingParty, basic: TokenClient, person_id: str) -> None:
    """Sign in with a password, and do with the code all that a portal does."""
    browser = app.test_client()
    sign_in(provider, browser, person_id, "basic")
    held = party.redeem(party.authorize(browser))
    renewed = good(basic.refresh(held["refresh_token"]))
    good(basic.userinfo(renewed["access_token"]))
    good(basic.post("/introspect", token=renewed["access_token"]))


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from one end to the other."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


def test_no_hot_statement_reads_a_whole_table(
    app: Flask, provider: Provider, basic: TokenClient, party: RelyingParty, database_url: str
) -> None:
    """Session, authorize, redemption, refresh, userinfo and introspection, each often enough to be prepared."""
    bend(provider, "basic", policy={"access_token_format": "opaque"})
    copied = new_person(provider, "copied@example.ch")
    visit(app, provider, party, basic, copied)
    engine = sa.create_engine(database_url)
    grown = multiply(engine, copied, 1, PEOPLE)
    engine.dispose()
    log = Path(str(sa.make_url(database_url).query["host"])) / "log"
    before = log.stat().st_size
    explained(database_url)
    provider.database.dispose()

    somebody = new_person(provider)
    for _ in range(REPEATED):
        visit(app, provider, party, basic, somebody)

    plans = [json.loads(found) for found in PLAN.findall(log.read_text()[before:])]
    questions = {plan["Query Text"] for plan in plans}
    assert {"people", "sessions", "refresh_families", "client_sessions", "email_addresses"} <= set(grown)
    assert len(questions) >= 10, "auto_explain writes the plans"
    assert {plan["Query Text"]: table for plan in plans for table in scanned(plan["Plan"]) if table in grown} == {}
