"""PostgreSQL finds people and companies by its indexes, however common their name is."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from idp.database import Base
from idp.provider import Provider
from idp.staff import finding
from idp.staff.appointments import Scope
from tests.support.population import Sizes, fill

DATABASE = "searches"
SIZES = Sizes(people=5_000, events=100, figures=False)
LARGE = Scope(frozenset({"AK01"}), frozenset({"e-services"}))
SMALL = Scope(frozenset({"AK00"}), frozenset())
SCAN = re.compile(r"Seq Scan on (\w+)")
OF_PEOPLE = {"people", "enrolments", "portal_identifiers", "insured_persons", "memberships", "legacy_accounts"}


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def database_url(postgresql_url: str) -> Iterator[str]:
    cluster = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    url = str(sa.make_url(postgresql_url).set(database=DATABASE).render_as_string(hide_password=False))
    with cluster.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    fill(engine, SIZES)
    engine.dispose()
    yield url
    with cluster.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    cluster.dispose()


def scans(provider: Provider, scope: Scope, typed: str) -> dict[str, str]:
    """The tables of people that a search reads from one end to the other, with the statement."""
    heard: list[tuple[str, object]] = []

    def hear(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        heard.append((statement, parameters))

    engine = provider.database.writing_engine
    sa.event.listen(engine, "before_cursor_execute", hear)
    with provider.database.transaction() as tx:
        found = finding.find(tx, scope, provider.registry.current(), typed)
    sa.event.remove(engine, "before_cursor_execute", hear)
    assert found.exact or found.near, typed
    read: dict[str, str] = {}
    with engine.connect() as connection:
        for statement, parameters in heard:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()  # type: ignore[arg-type]
                read |= {table: statement for table in SCAN.findall("\n".join(plan)) if table in OF_PEOPLE}
    return read


def test_no_search_reads_everybody(provider: Provider) -> None:
    typed = ("Anne Müller", "Müller", "person4710@example.ch", "CMP-00000005", "756.0000000006")

    assert {text: found for text in typed if (found := scans(provider, LARGE, text))} == {}
    assert scans(provider, SMALL, "Müller") == {}
