"""What the provider writes on disk is for its own user alone: others on the machine read nobody's data."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.app import create_app
from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.database import Base, Database
from idp.messages.inbox import Inbox, InboxMessage
from idp.settings import Settings
from idp.settings_loader import load_settings
from idp.upkeep import backups, diagnosis
from tests.support.application import TEST_SECRETS


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """What most systems give: files that everybody may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def fresh(tmp_path: Path) -> Settings:
    database = {"url": f"sqlite:///{tmp_path}/fresh/idp.sqlite3"}
    files = {"variable": str(tmp_path / "fresh"), "clients": "tests/portals/clients", "brands": "config/brands"}
    wanted = {"database": database, "files": files, "secrets": TEST_SECRETS}
    return load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=wanted)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_copy_of_the_database_is_its_owner_s(tmp_path: Path) -> None:
    """OWASP ASVS 14.2: what `idp backup` writes, under the usual umask"""
    sqlite3.connect(tmp_path / "idp.sqlite3").close()

    backups.copy(tmp_path / "idp.sqlite3", tmp_path / "copy.sqlite3")

    assert mode(tmp_path / "copy.sqlite3") == 0o600


def test_others_on_the_machine_cannot_read_the_embedded_database(fresh: Settings, tmp_path: Path) -> None:
    """OWASP ASVS 14.2: the file, what SQLite writes beside it, and the folder"""
    database: Database = create_app(fresh, flows=()).extensions["provider"].database
    Base.metadata.create_all(database.writing_engine, tables=[AuditEvent.__table__])  # type: ignore[list-item]
    with database.transaction() as tx:
        record(tx, Event(person_id="p1"))

    modes = {path.name: mode(path) for path in (tmp_path / "fresh").iterdir()}
    database.dispose()
    assert modes["idp.sqlite3"] == 0o600
    assert set(modes.values()) == {0o600}
    assert mode(tmp_path / "fresh") == 0o700


def test_nor_the_inbox_of_development(tmp_path: Path) -> None:
    Inbox(tmp_path / "inbox.sqlite3").add(InboxMessage("1", "sms", "+41791234567", "", "123456", "", "now"))

    assert mode(tmp_path / "inbox.sqlite3") == 0o600


def test_the_doctor_sees_a_database_that_others_can_read(settings: Settings, tmp_path: Path) -> None:
    """One that an earlier version made, or a copy that was put back"""
    (tmp_path / "idp.sqlite3").chmod(0o644)
    provider = create_app(settings, flows=()).extensions["provider"]

    findings = list(diagnosis.files(provider))

    provider.database.dispose()
    assert [finding.verdict for finding in findings] == [diagnosis.WEAK]
    assert "chmod 600" in findings[0].reason
