"""`idp backup` and `idp restore`: yesterday's database, and nothing of it usable twice (P59)."""

import os
import socket
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.credentials import recoveries
from idp.credentials.recoveries import Recovery, RecoveryPlan
from idp.database import Database
from idp.invitations.letters.job import LETTER_JOBS, JobState
from idp.jobs import job_files, leased_job
from idp.messages import outbox
from idp.messages.outbox import OutboxRow
from idp.migrations import APPLIED, NEWEST
from idp.organisations import organisation, scim_tokens
from idp.people import closures, email_replacements, phone_replacements
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person
from idp.provider import Provider
from idp.staff import accounts, looks, prepared_acts
from idp.staff.prepared_acts import ActPlan
from idp.upkeep import closures as upkeep_of_closures
from idp.upkeep import nodes
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock
from tests.support.signed_in import new_person
from tests.support.tokens import TokenClient, refused

REASON = ("--reason", "disk broken, case 4720", "--replace")
SCOPE = "openid offline_access"


def database_file(provider: Provider) -> Path:
    return Path(str(provider.database.writing_engine.url.database))


def waiting(database: Database) -> list[str]:
    with database.reading() as tx:
        return sorted(tx.session.scalars(sa.select(OutboxRow.kind).where(OutboxRow.done_at.is_(None))))


@pytest.fixture
def copy(provider: Provider, tmp_path: Path) -> Path:
    """Say in the database of the test, which no migration made, which schema it has; return the path of a copy."""
    with provider.database.writing_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute(sa.insert(APPLIED).values(version_num=NEWEST))
    return tmp_path / "idp.backup"


def test_a_backup_is_whole_and_for_its_owner_alone(idp: CommandLine, provider: Provider, copy: Path) -> None:
    person = new_person(provider)

    assert idp("backup", str(copy)).exit_code == 0

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT id FROM people").fetchall() == [(person,)]


def test_a_backup_is_made_while_a_writer_holds_the_database(idp: CommandLine, provider: Provider, copy: Path) -> None:
    with provider.database.transaction() as tx:
        outbox.enqueue_call(tx, "backchannel_logout", {}, client_id="connect")
        made = idp("backup", str(copy))

    assert made.exit_code == 0, made.output


def test_a_backup_never_overwrites(idp: CommandLine, copy: Path) -> None:
    copy.write_text("precious", encoding="utf-8")

    made = idp("backup", str(copy))

    assert made.exit_code == 1
    assert "exists already" in made.output
    assert copy.read_text("utf-8") == "precious"


def test_refresh_tokens_rotated_since_the_backup_are_refused_as_are_those_in_it(
    idp: CommandLine, app: Flask, provider: Provider, copy: Path
) -> None:
    client, person = TokenClient(app, "connect"), new_person(provider)
    old = client.tokens(person, scope=SCOPE)["refresh_token"]
    idp("backup", str(copy))
    new = client.refresh(old).json["refresh_token"]

    restored = idp("restore", str(copy), *REASON)

    assert restored.exit_code == 0, restored.output
    refused(client.refresh(new), "invalid_grant")
    refused(client.refresh(old), "invalid_grant")


def test_portals_are_told_to_sign_people_in_anew(idp: CommandLine, app: Flask, provider: Provider, copy: Path) -> None:
    TokenClient(app, "connect").tokens(new_person(provider))
    idp("backup", str(copy))

    idp("restore", str(copy), *REASON)

    assert "backchannel_logout" in waiting(provider.database)


def test_messages_that_waited_are_not_sent_a_second_time(idp: CommandLine, provider: Provider, copy: Path) -> None:
    with provider.database.transaction() as tx:
        outbox.enqueue_call(tx, "backchannel_logout", {"of": "yesterday"}, client_id="connect")
    idp("backup", str(copy))

    restored = idp("restore", str(copy), *REASON)

    assert "1 messages that waited" in restored.output
    assert waiting(provider.database) == []


def test_what_an_owner_stopped_since_the_backup_does_not_open_again(
    idp: CommandLine, provider: Provider, copy: Path
) -> None:
    person, new, day = new_person(provider), normalise_email("new@example.ch"), timedelta(days=1)
    assert isinstance(new, Email)
    plan = RecoveryPlan(
        person_id=person,
        asked_for=person,
        client_id="connect",
        by_factor=False,
        asks_birth_date=False,
        lifetime=day,
        delay=day,
    )
    with provider.database.transaction() as tx:
        recovery = recoveries.begin(tx, plan).recovery
        desk = {"wait": day, "reason": "lost", "identity": "passport"}
        phone_replacements.begin(tx, person, **desk)
        email_replacements.begin(tx, person, new, client_id="connect", **desk)
    idp("backup", str(copy))
    with provider.database.transaction() as tx:
        recoveries.stop(tx, recovery)
        phone_replacements.cancel(tx, person, reason="mine")
        email_replacements.cancel(tx, person, reason="mine")

    idp("restore", str(copy), *REASON)

    with provider.database.reading() as tx:
        assert tx.session.scalars(sa.select(Recovery)).all() == []
        assert not phone_replacements.is_begun(tx, person)
        assert email_replacements.of_person(tx, person) is None


def test_a_token_of_a_directory_that_was_revoked_since_the_backup_opens_nothing(
    idp: CommandLine, provider: Provider, copy: Path
) -> None:
    shown = scim_tokens.draw()
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="1", name="Muster AG").id
        assert scim_tokens.keep(tx, company, shown, name="Entra ID", days=90, by="x")
    idp("backup", str(copy))
    with provider.database.transaction() as tx:
        scim_tokens.revoke(tx, scim_tokens.live(tx, company)[0].id)

    idp("restore", str(copy), *REASON)

    with provider.database.reading() as tx:
        assert scim_tokens.find(tx, shown) is None


def test_an_owner_who_kept_the_account_since_is_reminded_before_it_is_deleted(
    idp: CommandLine, provider: Provider, copy: Path, clock: MovableClock
) -> None:
    person = new_person(provider)
    with provider.database.transaction() as tx:
        closures.begin(tx, person, due_at=tx.now + timedelta(days=2), client_id="connect")
    clock.forward(days=1)
    upkeep_of_closures.tend(provider)
    idp("backup", str(copy))
    with provider.database.transaction() as tx:
        closures.stop(tx, person, reason="mine")

    idp("restore", str(copy), *REASON)
    clock.forward(days=3)
    upkeep_of_closures.tend(provider)

    with provider.database.reading() as tx:
        assert closures.of_person(tx, person) is not None
    assert waiting(provider.database) == ["email"]


def test_an_act_that_was_refused_since_the_backup_cannot_be_confirmed(
    idp: CommandLine, provider: Provider, copy: Path
) -> None:
    person, address = new_person(provider), normalise_email("author@fund.example.ch")
    assert isinstance(address, Email)
    with provider.database.transaction() as tx:
        author = accounts.create(tx, address, name="Chloé", language="fr")
        act = ActPlan(act="erase", kind=looks.PERSON, subject_id=person, reason="case 4")
        prepared = prepared_acts.prepare(tx, act, by=author.id)
        assert prepared is not None
    idp("backup", str(copy))

    idp("restore", str(copy), *REASON)

    with provider.database.reading() as tx:
        assert prepared_acts.by_id(tx, prepared.id, looks.PERSON, person) is None


def test_letters_that_were_collected_since_the_backup_cannot_be_collected_again(
    idp: CommandLine, provider: Provider, copy: Path
) -> None:
    with provider.database.transaction() as tx:
        job = leased_job.new_id(tx)
        LETTER_JOBS.create(tx, job_id=job, client_id="connect", fund="AK01", state=JobState.READY, reason="case 5")
        job_files.write(tx, job, job_files.PRINTED, 0, b"%PDF")
    idp("backup", str(copy))

    idp("restore", str(copy), *REASON)

    with provider.database.reading() as tx:
        found = LETTER_JOBS.find(tx, ["AK01"], job)
        assert found is not None
        assert (found.state, job_files.places(tx, job, job_files.PRINTED)) == (JobState.DISCARDED, [])


def test_the_doctor_says_for_a_month_what_happened(
    idp: CommandLine, provider: Provider, copy: Path, clock: MovableClock
) -> None:
    new_person(provider)
    idp("backup", str(copy))
    idp("restore", str(copy), *REASON)

    assert "from a backup of" in idp("doctor").output
    clock.forward(days=31)
    assert "from a backup of" not in idp("doctor").output


def test_the_database_of_before_is_put_aside_not_lost(idp: CommandLine, provider: Provider, copy: Path) -> None:
    idp("backup", str(copy))
    later = new_person(provider)

    idp("restore", str(copy), *REASON)

    aside = min(database_file(provider).parent.glob("*.before-*"), key=lambda path: len(path.name))
    with closing(sqlite3.connect(aside)) as database:
        assert database.execute("SELECT id FROM people").fetchall() == [(later,)]


def test_a_journal_that_a_lost_database_left_is_not_taken_for_one_of_the_copy(
    idp: CommandLine, provider: Provider, copy: Path
) -> None:
    person = new_person(provider)
    idp("backup", str(copy))
    new_person(provider, "later@example.ch")
    lost = database_file(provider)
    journal = Path(f"{lost}-wal").read_bytes()
    provider.database.dispose()
    lost.unlink()
    Path(f"{lost}-wal").write_bytes(journal)

    assert idp("restore", str(copy), "--reason", "disk broken").exit_code == 0

    with provider.database.reading() as tx:
        assert [each.id for each in tx.session.scalars(sa.select(Person))] == [person]


def test_an_existing_database_is_not_replaced_unasked(idp: CommandLine, provider: Provider, copy: Path) -> None:
    idp("backup", str(copy))
    person = new_person(provider)

    given = idp("restore", str(copy), "--reason", "a slip")

    assert given.exit_code == 1
    assert "--replace" in given.output
    with provider.database.reading() as tx:
        assert tx.session.get(Person, person) is not None


def test_nothing_is_replaced_under_a_running_server(idp: CommandLine, provider: Provider, copy: Path) -> None:
    idp("backup", str(copy))
    nodes.beat(provider, f"{socket.gethostname()} server {os.getpid()}")

    given = idp("restore", str(copy), *REASON)

    assert given.exit_code == 1
    assert "stop these first" in given.output


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + bytes(4096)], ids=["empty", "text", "torn"]
)
def test_a_file_that_is_no_backup_changes_nothing(
    idp: CommandLine, provider: Provider, copy: Path, content: bytes
) -> None:
    person = new_person(provider)
    copy.write_bytes(content)

    given = idp("restore", str(copy), *REASON)

    assert given.exit_code == 1
    assert "Traceback" not in given.output
    with provider.database.reading() as tx:
        assert tx.session.get(Person, person) is not None
