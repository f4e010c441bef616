"""The roles of the hardened example on a real PostgreSQL: the server and the worker do their work and own nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import flows
from idp.app import create_app, worker_of
from idp.provider import Provider
from idp.settings_loader import load_settings
from idp.upkeep import chores
from idp.upkeep.runner import Upkeep
from tests.commands.conftest import CommandLine
from tests.flows.conftest import Account, make_account, sign_in
from tests.rules.source import ROOT
from tests.support.application import TEST_SECRETS
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.postgresql import Cluster, find_binaries

ROLES = ROOT / "packaging" / "hardened" / "roles.sql"
OWNER, SERVING, WORKER = "vestibule_owner", "idp_serving", "idp_worker"
CHANGES = (
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE INDEX mine ON people (id)",
    "CREATE SCHEMA mine",
    "ALTER TABLE people ADD COLUMN mine int",
    "DROP TABLE people",
    "TRUNCATE people",
    "CREATE ROLE mine",
)


def address(cluster: Cluster, role: str) -> str:
    return cluster.url("vestibule").replace("//postgres@", f"//{role}@")


def application(cluster: Cluster, role: str, folder: Path, clock: MovableClock | None = None) -> Flask:
    overrides: dict[str, Any] = {
        "database": {"url": address(cluster, role)},
        "files": {"variable": str(folder), "clients": "tests/portals/clients", "brands": "config/brands"},
        "secrets": TEST_SECRETS,
    }
    settings = load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=overrides)
    return create_app(settings, flows=flows.ALL, clock=clock)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with the example's database, upgraded and granted by its owner."""
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    own = Cluster(binaries)
    own.start()
    psql = [str(binaries / "psql"), "-X", "-v", "ON_ERROR_STOP=1", "-h", str(own.folder), "-U", "postgres"]
    made = subprocess.run([*psql, "-f", str(ROLES)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    owner: Provider = application(own, OWNER, tmp_path_factory.mktemp("owner")).extensions["provider"]
    idp = CommandLine(owner.settings, owner)
    for words in (("db", "upgrade"), ("db", "grants", "--serving", SERVING, "--worker", WORKER, "--apply")):
        done = idp(*words)
        assert done.exit_code == 0, done.output
    owner.database.dispose()
    yield own
    own.stop()


@pytest.fixture
def database_url(cluster: Cluster) -> str:
    return address(cluster, SERVING)


@pytest.fixture
def working(cluster: Cluster, tmp_path: Path, clock: MovableClock) -> Iterator[Provider]:
    """The worker with its own role, and the first keys made by it."""
    provider: Provider = application(cluster, WORKER, tmp_path, clock).extensions["provider"]
    Upkeep(provider, chores.ALL).run_once()
    yield provider
    provider.database.dispose()


def refused(cluster: Cluster, role: str, statement: str) -> str:
    """Empty, or why PostgreSQL refused."""
    engine = sa.create_engine(address(cluster, role))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.ProgrammingError as error:
        return str(error.orig)
    finally:
        engine.dispose()
    return ""


def test_a_person_signs_in_and_the_worker_does_the_rest(working: Provider, provider: Provider, app: Flask) -> None:
    """ASVS 13.2.2: each process has the role that its work needs"""
    browser, mailbox = Browser(app, language="en"), Mailbox(provider)
    account = make_account(provider, Account(""))

    sign_in(browser, account, mailbox)

    assert browser.page.status < 400
    assert app.test_client().get("/readyz").status_code == 200
    assert worker_of(working).run_once() >= 0
    Upkeep(working, chores.ALL).run_once()


@pytest.mark.parametrize("role", [SERVING, WORKER])
def test_neither_role_makes_or_changes_a_table(cluster: Cluster, role: str) -> None:
    """ASVS 13.2.2"""
    allowed = [statement for statement in CHANGES if not refused(cluster, role, statement)]

    assert allowed == []


def test_a_stranger_of_the_same_server_does_not_get_in(cluster: Cluster) -> None:
    admin = sa.create_engine(cluster.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE stranger LOGIN")
    admin.dispose()
    engine = sa.create_engine(address(cluster, "stranger"))
    with pytest.raises(sa.exc.OperationalError, match="permission denied for database"), engine.connect():
        pass
    engine.dispose()
