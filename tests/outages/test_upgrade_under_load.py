"""The next version expands and contracts the schema while this one serves: nobody notices.

`make upgrade-rehearsal` does the same with whole processes of two versions.
"""

from pathlib import Path
from threading import Event

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask

from idp import migrations
from idp.database import Database
from idp.migrations import upgrading
from idp.provider import Provider
from tests.support import signed_in
from tests.support.parallel import in_parallel
from tests.support.relying_party import RelyingParty
from tests.support.tokens import good

pytestmark = pytest.mark.both_databases

EXPAND, CONTRACT = "9998", "9999"
PORTALS = 3
AT_LEAST = 2
"""Sign-ins of each portal."""
STEP = """
import sqlalchemy as sa
from alembic import op

from idp.migrations import steps

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    for table in ("people", "refresh_families", "audit_events"):
        {change}
"""
CHANGES = {
    EXPAND: """steps.add_column(table, sa.Column("of_the_next_version", sa.Text(), nullable=False, server_default=""))
        steps.add_index(f"ix_{table}_next", table, ["of_the_next_version"])""",
    CONTRACT: """op.drop_index(f"ix_{table}_next", table)
        op.drop_column(table, "of_the_next_version")""",
}


@pytest.fixture
def steps(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two steps of the next version, behind the schema that this one has."""
    for number, before in ((EXPAND, migrations.NEWEST), (CONTRACT, EXPAND)):
        step = STEP.format(number=number, before=before, change=CHANGES[number])
        (tmp_path / f"{number}_step.py").write_text(step, encoding="utf-8")

    def configuration() -> Config:
        config = Config(str(migrations.FOLDER / "alembic.ini"))
        config.set_main_option("script_location", str(migrations.FOLDER))
        config.set_main_option("version_locations", f"{migrations.VERSIONS}:{tmp_path}")
        config.set_main_option("version_path_separator", ":")
        return config

    config = configuration()
    with database.session_engine.connect() as connection:
        config.attributes["connection"] = connection
        command.stamp(config, migrations.NEWEST)
        connection.commit()
        connection.invalidate()  # it has the short patience of a step, which no request may inherit
    monkeypatch.setattr(upgrading, "configuration", configuration)
    monkeypatch.setattr(upgrading, "NEWEST", CONTRACT)


@pytest.mark.usefixtures("steps")
def test_people_sign_in_while_the_next_version_expands_and_contracts_the_schema(
    app: Flask, provider: Provider, database: Database
) -> None:
    person = signed_in.new_person(provider)
    upgraded = Event()

    def portal() -> int:
        party, browser = RelyingParty(app, "basic"), app.test_client()
        signed_in.sign_in(provider, browser, person)
        done = 0
        while done < AT_LEAST or not upgraded.is_set():
            tokens = party.redeem(party.authorize(browser))
            good(party.token_request(grant_type="refresh_token", refresh_token=tokens["refresh_token"]))
            done += 1
        return done

    def next_version() -> int:
        try:
            return int(upgrading.upgrade(database)[1])
        finally:
            upgraded.set()

    *signed_ins, revision = in_parallel(*[portal] * PORTALS, next_version)

    assert revision == int(CONTRACT) == int(migrations.current(database))
    assert min(signed_ins) >= AT_LEAST
