"""The operators' lines for PostgreSQL: a dump, and base backups with the archive of the log, are made and restored."""

import os
import re
import shutil
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.packaging.test_commands_of_the_page import PAGE, lines_with, type_in
from tests.support.postgresql import Cluster, find_binaries

SETTINGS = [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if kind == "ini"]
PATIENCE = 30.0  # seconds for the server to archive a file


class Machine:
    """A database server with a folder for its backups, both of its own user."""

    def __init__(self) -> None:
        binaries = find_binaries()
        assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
        self.cluster = Cluster(binaries, durable=True)
        self.cluster.start()
        self.backups = self.cluster.folder / "backups"
        (self.backups / "wal").mkdir(parents=True)
        if os.geteuid() == 0:
            for folder in (self.backups, self.backups / "wal"):
                shutil.chown(folder, "postgres")

    def type_in(self, line: str) -> None:
        """Run a line of the page as the owner of the data."""
        typed = line.replace("/var/backups", str(self.backups))
        path = f"{self.cluster.binaries}:{os.environ['PATH']}"
        prefix = "setpriv --reuid=postgres --regid=postgres --clear-groups " if os.geteuid() == 0 else ""
        words = f"{prefix}env PATH={path} PGHOST={self.cluster.folder} PGUSER=postgres bash -c '{typed}'"
        done = type_in(words, self.cluster.folder)
        assert done.returncode == 0, done.stderr

    def set(self, start: str) -> None:
        """Add the settings of the page that begin so."""
        (text,) = [each for each in SETTINGS if each.startswith(start)]
        with (self.cluster.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(text.replace("/var/backups", str(self.backups)))

    def sql(self, statement: str, database: str = "vestibule") -> list[str]:
        engine = sa.create_engine(self.cluster.url(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                answer = connection.exec_driver_sql(statement)
                return [str(row[0]) for row in answer] if answer.returns_rows else []
        finally:
            engine.dispose()


@pytest.fixture
def machine() -> Iterator[Machine]:
    own = Machine()
    own.type_in(lines_with("^createdb ")[0])
    own.sql("CREATE TABLE people (name text)")
    own.sql("INSERT INTO people VALUES ('yesterday')")
    yield own
    own.cluster.stop()


def test_a_dump_is_restored_into_an_empty_database(machine: Machine) -> None:
    (dump,), (restore,) = lines_with("^umask 077 && pg_dump "), lines_with("^pg_restore ")

    machine.type_in(dump)
    machine.sql("DROP DATABASE vestibule", "postgres")
    machine.type_in(lines_with("^createdb ")[0])
    machine.type_in(restore)

    assert machine.sql("SELECT name FROM people") == ["yesterday"]
    assert (machine.backups / "vestibule.dump").stat().st_mode & 0o077 == 0


def test_any_moment_since_the_base_backup_is_restored(machine: Machine) -> None:
    machine.cluster.halt()
    machine.set("archive_mode")
    machine.cluster.resume()
    machine.type_in(lines_with("^pg_basebackup ")[0])
    machine.sql("INSERT INTO people VALUES ('this morning')")
    (moment,) = machine.sql("SELECT clock_timestamp()")
    machine.sql("INSERT INTO people VALUES ('too late')")
    archive(machine)

    machine.cluster.halt()
    data = machine.cluster.folder / "data"
    data.rename(machine.cluster.folder / "put aside")
    shutil.copytree(machine.backups / "base", data)
    machine.set("restore_command")
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"recovery_target_time = '{moment}'\n")
    (data / "recovery.signal").touch()
    if os.geteuid() == 0:
        for path in (data, *data.rglob("*")):
            shutil.chown(path, "postgres")
    machine.cluster.resume()

    assert machine.sql("SELECT name FROM people") == ["yesterday", "this morning"]


def archive(machine: Machine) -> None:
    """Wait until the file of the log that holds everything so far is in the archive."""
    (name,) = machine.sql("SELECT pg_walfile_name(pg_switch_wal())")
    end = time.monotonic() + PATIENCE
    while not (machine.backups / "wal" / name).exists():
        assert time.monotonic() < end, f"{name} was not archived"
        time.sleep(0.1)
