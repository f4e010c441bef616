"""A code of a letter that was withdrawn after the backup stays withdrawn when the backup is restored."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from idp.audit import chain, shipping
from idp.database import Database, Origin
from idp.invitations import withdrawal
from idp.invitations.registration_code import LIVE, RegistrationCode
from idp.provider import Provider
from idp.settings import AuditSettings
from tests.commands.conftest import CommandLine
from tests.commands.test_backups import copy, database_file
from tests.invitations.conftest import Issue, issue

__all__ = ["copy", "issue"]

REASON = ("--reason", "disk broken, case 4720", "--replace")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def live(database: Database) -> set[str]:
    with database.reading() as tx:
        return set(tx.execute(sa.select(RegistrationCode.id).where(RegistrationCode.state.in_(LIVE))).scalars())


def ship(database: Database, lines: Path) -> None:
    assert shipping.ship(database, AuditSettings(file=str(lines), stdout=False), Origin(actor="worker"))


def withdraw(database: Database, code: str) -> None:
    with database.transaction() as tx:
        assert withdrawal.withdraw(tx, code, reason="sent to the wrong house")


def test_a_code_withdrawn_or_replaced_since_is_not_valid_again(
    idp: CommandLine, database: Database, issue: Issue, copy: Path, lines: Path
) -> None:
    withdrawn, replaced, kept = (issue(subject_id=subject).code_id for subject in ("s1", "s2", "s3"))
    ship(database, lines)
    idp("backup", str(copy))
    withdraw(database, withdrawn)
    issue(subject_id="s2")
    ship(database, lines)

    restored = idp("restore", str(copy), *REASON, "--lines", str(lines))

    assert restored.exit_code == 0, restored.output
    assert "were ended again: 2" in restored.output
    assert live(database) == {kept}
    assert replaced != kept


def test_lines_that_begin_behind_the_backup_are_not_believed(
    idp: CommandLine, database: Database, issue: Issue, copy: Path, lines: Path
) -> None:
    issue(subject_id="s1")
    idp("backup", str(copy))
    code = issue(subject_id="s2").code_id
    ship(database, lines)
    withdraw(database, code)
    ship(database, lines)
    lines.write_bytes(lines.read_bytes().splitlines(keepends=True)[-1])

    restored = idp("restore", str(copy), *REASON, "--lines", str(lines))

    assert restored.exit_code == 1
    assert "give older ones too" in restored.output


def test_lines_that_follow_another_backup_are_not_believed(
    idp: CommandLine, database: Database, issue: Issue, copy: Path, lines: Path
) -> None:
    """They begin at the right number, and are of another chain."""
    code = issue(subject_id="s1").code_id
    ship(database, lines)
    idp("backup", str(copy))
    lines.unlink()
    withdraw(database, code)
    ship(database, lines)
    entry = json.loads(lines.read_text("utf-8"))
    del entry["hash"]
    elsewhere = chain._sealed(entry["sequence"], {**entry, "previous": "0" * 64})
    lines.write_text(f"{elsewhere.text}\n", encoding="utf-8")

    restored = idp("restore", str(copy), *REASON, "--lines", str(lines))

    assert restored.exit_code == 1
    assert "nothing was changed: --lines: " in restored.output
    assert "these lines are of other events" in restored.output
    assert live(database) == set()  # it was withdrawn since, and the backup would have it valid


def test_without_lines_the_operator_decides_before_anything_is_replaced(
    idp: CommandLine, database: Database, issue: Issue, copy: Path
) -> None:
    code = issue().code_id
    idp("backup", str(copy))
    withdraw(database, code)

    undecided = idp("restore", str(copy), *REASON)

    assert undecided.exit_code == 1
    assert "--codes end or --codes keep" in undecided.output
    assert live(database) == set()


@pytest.mark.parametrize("decision", ["end", "keep"])
def test_all_codes_end_or_stay_as_the_operator_says(
    idp: CommandLine, database: Database, issue: Issue, copy: Path, decision: str
) -> None:
    code = issue().code_id
    idp("backup", str(copy))

    restored = idp("restore", str(copy), *REASON, "--codes", decision)

    assert restored.exit_code == 0, restored.output
    assert live(database) == ({code} if decision == "keep" else set())


def test_a_database_restored_by_its_own_means_asks_the_same(idp: CommandLine, database: Database, issue: Issue) -> None:
    issue()

    assert idp("db", "restored", "--reason", "disk broken").exit_code == 1
    assert idp("db", "restored", "--reason", "disk broken", "--codes", "end").exit_code == 0
    assert live(database) == set()


def test_nothing_is_restored_under_a_process_that_still_writes_to_a_lost_file(
    idp: CommandLine, provider: Provider, copy: Path
) -> None:
    idp("backup", str(copy))
    file = database_file(provider)
    holds = "import sys; f = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", holds, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    provider.database.dispose()
    file.unlink()

    refused = idp("restore", str(copy), "--reason", "the file is gone")
    holder.communicate()

    assert refused.exit_code == 1
    assert f"process {holder.pid}" in refused.output
    assert not file.exists()
