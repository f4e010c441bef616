"""The operators' lines for PostgreSQL: a dump, and base backups with the archive of the log, are made and restored."""

import os
import re
import shlex
import shutil
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.packaging.test_commands_of_the_page import PAGE, lines_with, type_in
from tests.packaging.test_hardened_roles import OWNER, ROLES, SERVING
from tests.support.postgresql import Cluster, find_binaries

SETTINGS = [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if kind == "ini"]
BLOCKS = [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if not kind]
PATIENCE = 30.0  # seconds for the server to archive a file
A_DAY = "$(date --date='{} days' +%F)"


class Machine:
    """A database server with a folder for its backups, both of its own user."""

    def __init__(self) -> None:
        binaries = find_binaries()
        assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
        self.cluster = Cluster(binaries, durable=True)
        self.cluster.start()
        self.backups = self.cluster.folder / "backups"
        (self.backups / "wal").mkdir(parents=True)
        self.roles = shutil.copy(ROLES, self.backups)
        if os.geteuid() == 0:
            for folder in (self.backups, self.backups / "wal"):
                shutil.chown(folder, "postgres")

    def type_in(self, line: str) -> None:
        """Run a line of the page as the owner of the data."""
        typed = line.replace("/var/backups", str(self.backups)).replace("packaging/hardened/roles.sql", self.roles)
        path = f"{self.cluster.binaries}:{os.environ['PATH']}"
        prefix = "setpriv --reuid=postgres --regid=postgres --clear-groups " if os.geteuid() == 0 else ""
        words = f"{prefix}env PATH={path} PGHOST={self.cluster.folder} PGUSER=postgres bash -c {shlex.quote(typed)}"
        done = type_in(words, self.cluster.folder)
        assert done.returncode == 0, done.stderr

    def set(self, start: str) -> None:
        """Add the settings of the page that begin so."""
        (text,) = [each for each in SETTINGS if each.startswith(start)]
        with (self.cluster.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(text.replace("/var/backups", str(self.backups)))

    def sql(self, statement: str, database: str = "vestibule", *, role: str = "postgres") -> list[str]:
        address = self.cluster.url(database).replace("//postgres@", f"//{role}@")
        engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                answer = connection.exec_driver_sql(statement)
                return [str(row[0]) for row in answer] if answer.returns_rows else []
        finally:
            engine.dispose()


@pytest.fixture
def bare() -> Iterator[Machine]:
    """A server that has neither the roles nor the database: `psql` and `dropdb` of the page come first."""
    own = Machine()
    yield own
    own.cluster.stop()


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A server with the roles, and a table of the owner that the serving role may read."""
    own = Machine()
    own.type_in("psql -v ON_ERROR_STOP=1 -f packaging/hardened/roles.sql")
    own.sql("CREATE TABLE people (name text)", role=OWNER)
    own.sql("INSERT INTO people VALUES ('yesterday')", role=OWNER)
    own.sql(f"GRANT USAGE ON SCHEMA public TO {SERVING}; GRANT SELECT ON people TO {SERVING}", role=OWNER)
    yield own
    own.cluster.stop()


def serves(machine: Machine) -> None:
    """Each role finds what it had: the owner changes the tables, the serving role only reads, under its limits."""
    machine.sql("ALTER TABLE people ADD COLUMN more text", role=OWNER)
    assert machine.sql("SELECT name FROM people", role=SERVING) == ["yesterday"]
    assert machine.sql("SHOW statement_timeout", role=SERVING) == ["30s"]
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        machine.sql("CREATE TABLE mine (id int)", role=SERVING)


def test_a_dump_is_restored_with_its_owner_and_its_rights(machine: Machine) -> None:
    (dump,), (restore,) = lines_with("^umask 077 && pg_dump "), lines_with("^pg_restore ")

    machine.type_in(dump)
    machine.sql("ALTER DATABASE vestibule RENAME TO vestibule_old", "postgres")
    machine.type_in(restore)

    serves(machine)
    assert (machine.backups / "vestibule.dump").stat().st_mode & 0o077 == 0


def test_a_dump_is_restored_on_a_new_machine(machine: Machine, bare: Machine) -> None:
    (dump,), (lines,) = lines_with("^umask 077 && pg_dump "), [text for text in BLOCKS if "pg_restore" in text]
    machine.type_in(dump)
    copy = shutil.copy(machine.backups / "vestibule.dump", bare.backups)
    os.chmod(copy, 0o644)

    for line in lines.splitlines():
        bare.type_in(line)

    serves(bare)


def test_a_base_backup_is_made_each_day_and_old_ones_go_with_their_log(machine: Machine) -> None:
    machine.cluster.halt()
    machine.set("archive_mode")
    machine.cluster.resume()
    (base,), (remove, clean) = lines_with("^pg_basebackup "), lines_with("^ls -d /var/backups/base|^pg_archivecleanup")

    for day in range(2):
        machine.type_in(base.replace("$(date +%F)", A_DAY.format(day)))
        archive(machine)
    before = files_of_the_log(machine)
    machine.type_in(remove.replace("-14", "-1"))
    machine.type_in(clean)

    (left,) = machine.backups.glob("base-*")
    oldest = (left / "backup_label").read_text("utf-8")
    names = files_of_the_log(machine)
    assert names[0] in oldest
    assert names == before[before.index(names[0]) :] != before


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
    (base,) = machine.backups.glob("base-*")
    shutil.copytree(base, data)
    machine.set("restore_command")
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"recovery_target_time = '{moment}'\n")
    (data / "recovery.signal").touch()
    if os.geteuid() == 0:
        for path in (data, *data.rglob("*")):
            shutil.chown(path, "postgres")
    machine.cluster.resume()

    assert machine.sql("SELECT name FROM people") == ["yesterday", "this morning"]


def files_of_the_log(machine: Machine) -> list[str]:
    """Without the notes about base backups, of a few bytes each, which stay."""
    return sorted(path.name for path in (machine.backups / "wal").iterdir() if path.suffix != ".backup")


def archive(machine: Machine) -> None:
    """Wait until the file of the log that holds everything so far is in the archive."""
    (name,) = machine.sql("SELECT pg_walfile_name(pg_switch_wal())")
    end = time.monotonic() + PATIENCE
    while not (machine.backups / "wal" / name).exists():
        assert time.monotonic() < end, f"{name} was not archived"
        time.sleep(0.1)
