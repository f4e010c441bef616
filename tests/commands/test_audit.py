"""The lines of the audit trail from the command line."""

from pathlib import Path

import pytest

from idp.audit import shipping
from idp.audit.events.event import Event
from idp.audit.log import record
from idp.database import Database, Origin
from idp.settings import AuditSettings
from tests.commands.conftest import CommandLine


@pytest.fixture
def file(database: Database, tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    happen(database, "anne", "beat")
    ship(database, path)
    return path


def happen(database: Database, *people: str) -> None:
    with database.transaction() as tx:
        for person in people:
            record(tx, Event(person_id=person))


def ship(database: Database, path: Path) -> None:
    shipping.ship(database, AuditSettings(file=str(path), stdout=False), Origin())


def test_a_whole_file_is_said_to_be_whole(idp: CommandLine, file: Path) -> None:
    verified = idp("audit", "verify", str(file), "--complete")

    assert verified.exit_code == 0, verified.output
    assert "events 1 to 2, nothing is changed or missing" in verified.output


def test_rotated_files_are_verified_together(idp: CommandLine, file: Path, database: Database) -> None:
    older = file.rename(file.with_suffix(".1"))
    happen(database, "claire")
    ship(database, file)

    assert "events 1 to 3" in idp("audit", "verify", str(older), str(file)).output
    assert idp("audit", "verify", str(file), str(older)).exit_code == 1


def test_a_changed_line_is_named(idp: CommandLine, file: Path) -> None:
    file.write_text(file.read_text().replace("anne", "emma"))

    refused = idp("audit", "verify", str(file))

    assert refused.exit_code == 1
    assert "line 1 was changed" in refused.output


def test_missing_newest_lines_are_found_with_the_database(idp: CommandLine, file: Path) -> None:
    file.write_text(file.read_text().splitlines(keepends=True)[0])

    assert idp("audit", "verify", str(file)).exit_code == 0
    refused = idp("audit", "verify", str(file), "--complete")

    assert refused.exit_code == 1
    assert "the chain ends at event 2, these lines at 1" in refused.output


def test_the_status_names_the_last_hash_and_what_waits(idp: CommandLine, file: Path, database: Database) -> None:
    last = idp("audit", "verify", str(file)).output.split()[-1]
    assert last in idp("audit", "status").output
    assert "more waits: no" in idp("audit", "status").output

    happen(database, "claire")

    assert "more waits: yes" in idp("audit", "status").output
