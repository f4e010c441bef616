"""Whoever copies a query, a statement or a setting from the operators' page finds that it works."""

import re
from pathlib import Path

import click
import pytest
import sqlalchemy as sa

from idp.commands import main
from idp.provider import Provider
from idp.settings_loader import load_settings
from tests.rules.source import ROOT
from tests.support.postgresql import Cluster, find_binaries

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
QUERIES = [text for _, text in BLOCKS if text.startswith("SELECT ")]
ROLES = [line for _, text in BLOCKS for line in text.splitlines() if re.match(r"(CREATE|ALTER) ROLE ", line)]
TABLE = PAGE.partition("## The desk and the clerks")[2].partition("\n## ")[0]
SETTINGS = [text for kind, text in BLOCKS if kind == "toml"]
ADDRESS = "postgresql+psycopg://idp@127.0.0.1/vestibule"
SECRETS = {"IDP_SECRETS": f"k:{'A' * 43}="}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_page_can_be_asked(provider: Provider, query: str) -> None:
    former = query.replace(", kind", "").replace("portal_identifiers", "legacy_accounts").replace("value", "identifier")

    with provider.database.reading() as tx:
        for asked in (query, former):
            assert tx.execute(sa.text(asked)).all() == []


def test_the_statements_about_roles_are_carried_out() -> None:
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    own = Cluster(binaries)
    own.start()
    try:
        engine = sa.create_engine(own.url())
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE idp")
            for line in ROLES:
                connection.exec_driver_sql(line)
            known = connection.scalars(sa.text("SELECT rolname FROM pg_roles WHERE rolconfig IS NOT NULL")).all()
        engine.dispose()
    finally:
        own.stop()

    assert len(ROLES) > 1
    assert known == ["idp"]


@pytest.mark.parametrize("text", SETTINGS, ids=lambda text: text.partition("\n")[0])
def test_the_settings_of_the_page_are_accepted(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text.replace("/var/lib/vestibule/breached.bin", str(tmp_path / "settings.toml")), encoding="utf-8")

    load_settings({"IDP_DATABASE__URL": ADDRESS, **SECRETS, "IDP_ENVIRONMENT": "testing", "IDP_SETTINGS": str(file)})


def test_the_short_names_in_the_table_of_commands_are_commands_of_the_group_before_them() -> None:
    found = set()
    for row in TABLE.splitlines():
        group = ""
        for piece in re.findall(r"`([^`]+)`", row):
            if piece.startswith("idp "):
                group = piece.split()[1]
            elif group and re.fullmatch(r"[a-z]+(-[a-z]+)*", piece):
                found.add((group, piece))

    assert len(found) > 15
    assert {each for each in found if each[1] not in commands_of(each[0])} == set()


def commands_of(group: str) -> set[str]:
    found = main.commands[group]
    assert isinstance(found, click.Group)
    return set(found.commands)
