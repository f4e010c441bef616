"""PostgreSQL finds people and companies by its indexes, however common their name is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from idp.database import Base
from idp.organisations import organisation
from idp.organisations.organisation import Organisation
from idp.provider import Provider
from idp.staff import finding
from idp.staff.appointments import Scope
from tests.support.population import COMPANIES, Sizes, fill, insert, writing

DATABASE = "searches"
SIZES = Sizes(people=5_000, events=100, figures=False)
LARGE = Scope(frozenset({"AK01"}), frozenset({"e-services"}))
SMALL = Scope(frozenset({"AK00"}), frozenset())
SCAN = re.compile(r"Seq Scan on (\w+)")
OF_PEOPLE = {"people", "enrolments", "portal_identifiers", "insured_persons", "memberships", "legacy_accounts"}


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture(scope="module")
def few(postgresql_url: str) -> Iterator[str]:
    """The address of a database full of people, of which each test gets a copy: to fill it takes far longer."""
    with made(postgresql_url, "searches_few", "") as url:
        engine = sa.create_engine(url)
        Base.metadata.create_all(engine)
        fill(engine, SIZES)
        engine.dispose()
        yield url


@pytest.fixture(scope="module")
def many(postgresql_url: str, few: str) -> Iterator[str]:
    """The same with many more companies."""
    with made(postgresql_url, "searches_many", few) as url:
        engine = sa.create_engine(url)
        with writing(engine) as connection:
            insert(connection, Base.metadata.tables["organisations"], COMPANIES, 30_000, first=SIZES.companies + 1)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE organisations")
        engine.dispose()
        yield url


@pytest.fixture
def many_companies() -> None:
    """Have this test search among many companies."""


@pytest.fixture
def database_url(postgresql_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    filled = request.getfixturevalue("many" if "many_companies" in request.fixturenames else "few")
    with made(postgresql_url, DATABASE, filled) as url:
        yield url


@contextmanager
def made(postgresql_url: str, name: str, filled: str) -> Iterator[str]:
    """A database of this name, empty or a copy of the one at the `filled` address, until the block ends."""
    cluster = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    copied = f" TEMPLATE {sa.make_url(filled).database}" if filled else ""
    with cluster.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}{copied}")
    yield str(sa.make_url(postgresql_url).set(database=name).render_as_string(hide_password=False))
    with cluster.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
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


@pytest.mark.usefixtures("many_companies")
@pytest.mark.parametrize("scope", [LARGE, SMALL], ids=["large", "small"])
@pytest.mark.parametrize("typed", ["Boulangerie", "garage f", "Zz"], ids=["first word", "beginning", "nothing"])
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"], ids=["one text", "all texts"])
def test_companies_are_found_by_the_beginning_of_their_name_with_an_index(
    provider: Provider, scope: Scope, typed: str, mode: str
) -> None:
    """A plan made once for all texts uses it too: psycopg prepares what is repeated."""
    wanted = (organisation.name_begins(typed), Organisation.fund.in_(sorted(scope.funds)))
    found = sa.select(Organisation.id).where(*wanted).order_by(organisation.SORTED_NAME, Organisation.fund).limit(20)
    with provider.database.writing_engine.connect() as connection:
        text = found.compile(connection, compile_kwargs={"render_postcompile": True})
        names = list(text.params)
        numbered = re.sub(r"%\((\w+)\)s(::\w+)?", lambda match: f"${names.index(match[1]) + 1}", str(text))
        values = ", ".join(f"'{text.params[name]}'" for name in names)
        connection.exec_driver_sql(f"SET plan_cache_mode = {mode}")
        connection.exec_driver_sql(f"PREPARE asked AS {numbered}")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN EXECUTE asked({values})").scalars())

    assert "ix_organisations_name" in plan
    assert SCAN.findall(plan) == []


def test_names_of_companies_are_found_whatever_the_capitals_and_signs(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        for number, name in enumerate(("ÉLAN 100% SA", "élan_2", "Elan 3", "Élan")):
            organisation.register(tx, fund="AK00", number=f"e{number}", name=name)

    def names(typed: str) -> list[str]:
        with provider.database.transaction() as tx:
            found = finding.find(tx, SMALL, provider.registry.current(), typed)
        return sorted(each.title for each in (*found.exact, *found.near))

    assert names("élan") == ["ÉLAN 100% SA", "Élan", "élan_2"]
    assert names("Élan 100%") == ["ÉLAN 100% SA"]
    assert names("élan_") == ["élan_2"]
