"""`idp db copy`: the embedded database in PostgreSQL, row by row the same."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from click.testing import Result

from idp import migrations
from idp.app import create_app
from idp.database import Base, Database, UTCDateTime
from idp.migrations import APPLIED, NEWEST, upgrading
from idp.provider import Provider
from idp.settings import Settings
from idp.upkeep import copying, nodes
from tests.commands.conftest import CommandLine
from tests.rules.source import ROOT
from tests.support.signed_in import new_person

NASTY = "a\tb\nc\\d\\N é 🗝 \u00a0\r\b\f\v'\""
START = datetime(2026, 7, 16, 12, 0, tzinfo=UTC)
MOMENTS = (timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=120))
VALUES = {
    UTCDateTime: lambda number: START + MOMENTS[number % 3],
    sa.JSON: lambda number: {"é\\": [number, None, NASTY]},
    sa.Boolean: lambda number: bool(number % 2),
    sa.BigInteger: lambda number: 2**40 + number,
    sa.Integer: lambda number: number,
    sa.Float: float,
    sa.Date: lambda number: date(1980, 1, 1) + timedelta(days=number),
    sa.String: lambda number: f"{number} {NASTY}",
}


@pytest.fixture
def target(postgresql_url: str) -> Iterator[sa.Engine]:
    """An empty database: no table at all."""
    admin = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS copied WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE copied")
    admin.dispose()
    engine = sa.create_engine(postgresql_url.replace("/postgres?", "/copied?"))
    yield engine
    engine.dispose()


@pytest.fixture
def source(provider: Provider) -> str:
    """The test's own database, which no migration made; it says which schema it has."""
    with provider.database.writing_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute(sa.insert(APPLIED).values(version_num=NEWEST))
    return f"sqlite:///{provider.database.writing_engine.url.database}"


def fill(provider: Provider, rows: int) -> None:
    """Put rows of the most awkward values into every table; ids of the same number fit each other."""
    with provider.database.writing_engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in copying.LEFT_OUT:
                connection.execute(sa.insert(table), [row_of(table, number) for number in range(1, rows + 1)])


def row_of(table: sa.Table, number: int) -> dict[str, object]:
    return {
        column.name: None
        if column.nullable and number % 2 and not column.foreign_keys
        else next(make for kind, make in VALUES.items() if isinstance(column.type, kind))(number)
        for column in table.columns
    }


def copy(idp: CommandLine, source: str, target: sa.Engine) -> Result:
    return idp("db", "copy", "--from", source, "--to", address(target))


def address(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def everything(engine: sa.Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
            if table.name not in {*copying.LEFT_OUT, "audit_events"}
        }


def test_every_table_arrives_as_it_was(idp: CommandLine, provider: Provider, source: str, target: sa.Engine) -> None:
    fill(provider, 3)

    done = copy(idp, source, target)

    assert done.exit_code == 0, done.output
    assert everything(target) == everything(provider.database.writing_engine)
    assert "people: 3 rows the same, sha256" in done.output
    with target.connect() as connection:
        events = sa.text("SELECT name FROM audit_events WHERE person_id NOT LIKE '% %'")
        assert connection.scalars(events).all() == ["DatabaseCopied"]
        assert connection.scalar(sa.select(APPLIED.c.version_num)) == NEWEST


def test_what_was_copied_before_a_fault_is_not_copied_again(
    idp: CommandLine, provider: Provider, source: str, target: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    fill(provider, 5)
    rename = sa.text("UPDATE people SET family_name = :name WHERE id LIKE '4 %'")
    with provider.database.writing_engine.begin() as connection:
        connection.execute(rename, {"name": "PostgreSQL stores no \0"})
    failed = copy(idp, source, target)
    with provider.database.writing_engine.begin() as connection:
        connection.execute(rename, {"name": "mended"})

    done = copy(idp, source, target)

    assert failed.exit_code == 1
    assert "people cannot be copied" in failed.output
    assert done.exit_code == 0, done.output
    assert "people: 5 rows the same, 2 of them by an earlier run" in done.output
    assert everything(target) == everything(provider.database.writing_engine)


def test_a_copy_that_was_killed_is_finished_by_the_same_command(
    idp: CommandLine, provider: Provider, settings: Settings, source: str, target: sa.Engine
) -> None:
    fill(provider, 3)
    provider.database.dispose()  # this process, too, would be one that uses the source
    there = Database(target, target, provider.clock, provider.sealer)
    upgrading.upgrade(there)
    with target.connect() as elsewhere:
        elsewhere.exec_driver_sql("LOCK TABLE sessions IN SHARE MODE")
        killed = started(settings, source, target)
        wait_until_it_waits(target, killed)
        killed.kill()
        killed.communicate()

    assert migrations.pending(there), "no process is ready on half a copy"
    assert "run `idp db copy` again" in upgraded(settings, target)
    done = copy(idp, source, target)
    assert done.exit_code == 0, done.output
    assert "by an earlier run" in done.output
    assert everything(target) == everything(provider.database.writing_engine)


def started(settings: Settings, source: str, target: sa.Engine) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "idp", "db", "copy", "--from", source]
    variables = {
        **os.environ,
        "IDP_ENVIRONMENT": "testing",
        "IDP_SECRETS": "test:" + b64encode(settings.secrets.keys["test"]).decode(),
        "IDP_FILES__CLIENTS": "tests/portals/clients",
        "IDP_DATABASE__URL": address(target),
    }
    return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_until_it_waits(target: sa.Engine, process: subprocess.Popen[bytes]) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%'")
    with target.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waiting):
            assert process.poll() is None, process.communicate()[0].decode()
            time.sleep(0.05)


def upgraded(settings: Settings, target: sa.Engine) -> str:
    """What `idp db upgrade` answers there."""
    there = msgspec.structs.replace(settings.database, url=address(target))
    own = msgspec.structs.replace(settings, database=there)
    provider: Provider = create_app(own, flows=()).extensions["provider"]
    answer = CommandLine(own, provider)("db", "upgrade")
    provider.database.dispose()
    assert answer.exit_code == 1
    return answer.output


def test_a_row_that_differs_in_the_end_is_named(
    idp: CommandLine, provider: Provider, source: str, target: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_person(provider)
    copied = copying._copy_table

    def and_changed(*arguments: Any) -> int:
        rows = copied(*arguments)
        with target.begin() as connection:
            connection.exec_driver_sql("UPDATE people SET family_name = 'somebody else'")
        return rows

    monkeypatch.setattr(copying, "_copy_table", and_changed)

    done = copy(idp, source, target)

    assert done.exit_code == 1
    assert f"people is not the same at the key ['{person}']" in done.output


def test_a_target_that_is_in_use_is_refused(
    idp: CommandLine, provider: Provider, source: str, target: sa.Engine
) -> None:
    new_person(provider)
    assert copy(idp, source, target).exit_code == 0

    again = copy(idp, source, target)

    assert again.exit_code == 1
    assert "the target is in use" in again.output


@pytest.mark.parametrize("machine", [socket.gethostname(), "another.example.ch"])
def test_a_source_that_runs_is_refused(
    idp: CommandLine, provider: Provider, source: str, target: sa.Engine, machine: str
) -> None:
    nodes.beat(provider, f"{machine} gunicorn {os.getpid()}")

    refused = copy(idp, source, target)

    assert refused.exit_code == 1
    assert f"stop these first, or what they write is lost: {machine} gunicorn {os.getpid()}" in refused.output


def test_a_process_that_has_the_source_open_is_found_even_if_it_never_said_so(
    idp: CommandLine, provider: Provider, source: str, target: sa.Engine
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; f = open(sys.argv[1]); print(flush=True); sys.stdin.read()", source[10:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()

    refused = copy(idp, source, target)
    holder.communicate()

    assert refused.exit_code == 1
    assert f"process {holder.pid}" in refused.output


def test_nobody_writes_to_the_source_meanwhile(provider: Provider, source: str) -> None:
    path = Path(str(provider.database.writing_engine.url.database))

    refused = pytest.raises(sqlite3.OperationalError, match="locked")
    with copying.locked(path), closing(sqlite3.connect(path, timeout=0)) as other, refused:
        other.execute("DELETE FROM rate_limits")


def test_a_source_of_another_version_is_refused(
    idp: CommandLine, provider: Provider, source: str, target: sa.Engine
) -> None:
    with provider.database.writing_engine.begin() as connection:
        connection.execute(sa.update(APPLIED).values(version_num="0001"))

    refused = copy(idp, source, target)

    assert refused.exit_code == 1
    assert "run `idp db upgrade` on it first" in refused.output


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (("postgresql://localhost/a", "postgresql://localhost/b"), "an SQLite database is expected"),
        (("sqlite:///var/none.sqlite3", "postgresql://localhost/b"), "is not there"),
        (("{source}", "sqlite:///var/b.sqlite3"), "a PostgreSQL database is expected"),
        (("{source}", "no address"), "--to"),
    ],
)
def test_other_ways_are_refused_in_a_sentence(idp: CommandLine, source: str, way: tuple[str, str], said: str) -> None:
    refused = idp("db", "copy", "--from", way[0].format(source=source), "--to", way[1])

    assert refused.exit_code == 1
    assert said in refused.output
