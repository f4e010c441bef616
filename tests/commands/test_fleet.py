"""`idp doctor --fleet`: which node differs from the others, and in what, from the rows that nodes write."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from idp.app import circumstances
from idp.clients.registry import LiveRegistry
from idp.provider import Provider
from idp.settings import HOME, Settings
from idp.settings_loader import load_settings
from idp.upkeep import configuration, diagnosis, nodes
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock

Start = Callable[..., Provider]
Said = Callable[[], list[str]]


@pytest.fixture
def start(provider: Provider, clock: MovableClock) -> Start:
    """A process that reported itself: `start("web2 gunicorn 7", sessions={"idle": 60})`, its settings changed so."""

    def start(name: str, **changes: Mapping[str, object]) -> Provider:
        tables = {
            table: msgspec.structs.replace(getattr(provider.settings, table), **new) for table, new in changes.items()
        }
        settings = msgspec.structs.replace(provider.settings, **tables)
        registry = LiveRegistry(
            HOME / settings.files.clients,
            HOME / settings.files.brands,
            clock,
            circumstances(settings, os.environ),
            reload=settings.files.reload,
        )
        process = replace(provider, settings=settings, registry=registry)
        nodes.beat(process, name)
        return process

    return start


@pytest.fixture
def fleet(start: Start) -> Start:
    """Two machines with a server and a worker each, all alike; it starts more."""
    for name in ("web1 gunicorn 7", "web1 gunicorn 8", "web1 worker 9", "web2 gunicorn 7", "web2 worker 9"):
        start(name)
    return start


@pytest.fixture
def said(idp: CommandLine) -> Said:
    """The sentences of `idp doctor --fleet`; none when all nodes are alike."""

    def said() -> list[str]:
        found = json.loads(idp("doctor", "--fleet", "--json").output)
        return [each["reason"] for each in found if each["verdict"] != diagnosis.GOOD]

    return said


def copied(folder: str, to: Path) -> Path:
    """A copy of files that the test may change."""
    shutil.copytree(HOME / folder, to)
    return to


def test_nodes_that_are_alike_are_in_order(fleet: Start, idp: CommandLine) -> None:
    told = idp("doctor", "--fleet")

    assert told.exit_code == 0
    version = configuration.version_of_program()
    assert [" ".join(line.split()) for line in told.output.splitlines()[1:5]] == [
        f"{who} {version} +0.0 s 12:00:00"
        for who in ("web1 gunicorn 2", "web1 worker 1", "web2 gunicorn 1", "web2 worker 1")
    ]


def test_one_sentence_names_the_node_and_what_it_has(
    fleet: Start, idp: CommandLine, said: Said, settings: Settings, tmp_path: Path
) -> None:
    clients = copied(settings.files.clients, tmp_path / "clients")
    (clients / "connect.toml").write_text((clients / "connect.toml").read_text() + "\n# changed\n")
    fleet("web3 gunicorn 7", files={"clients": str(clients)}, sessions={"idle": 60}, dpop={"nonces": True})

    assert said() == ["web3 gunicorn has other settings in [dpop], [sessions] and other client files"]
    assert idp("doctor", "--fleet").exit_code == 1


def test_another_brand_is_seen(fleet: Start, said: Said, settings: Settings, tmp_path: Path) -> None:
    brands = copied(settings.files.brands, tmp_path / "brands")
    with (brands / "connect" / "brand.toml").open("a") as file:
        file.write("\n# changed\n")
    fleet("web3 worker 7", files={"brands": str(brands)})

    assert said() == ["web3 worker has other brand folders"]


def test_another_version_is_seen_and_its_settings_are_not_compared(
    fleet: Start, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = configuration.version_of_program()
    monkeypatch.setattr(configuration, "version_of_program", lambda: "9.9")
    fleet("web3 gunicorn 7", sessions={"idle": 60})
    monkeypatch.undo()

    assert said() == [f"web3 gunicorn has version 9.9 instead of {usual}"]


def test_a_node_of_a_version_that_reports_nothing_is_named(fleet: Start, said: Said, provider: Provider) -> None:
    old = {"id": "web3 worker 7", "keys": list(provider.sealer.digests(*nodes.CHECKED)), "ahead": 0.0}
    with provider.database.transaction() as tx:
        tx.session.add(nodes.NodeRow(**old, seen_at=tx.shared.now))

    assert said() == [f"web3 worker reports no version: it is older than version {configuration.version_of_program()}"]


def test_a_file_that_a_node_cannot_use_is_named(
    fleet: Start, said: Said, settings: Settings, clock: MovableClock, tmp_path: Path
) -> None:
    clients = copied(settings.files.clients, tmp_path / "clients")
    web3 = fleet("web3 gunicorn 7", files={"clients": str(clients)})
    assert said() == []
    (clients / "connect.toml").write_text("client_name = 7")
    clock.forward(seconds=settings.files.reload)

    nodes.beat(web3, "web3 gunicorn 7")

    first, *others = said()
    assert first == "web3 gunicorn has other client files"
    assert "web3 gunicorn cannot use clients/connect.toml: client_name: Expected `str`, got `int`" in others


def test_of_two_that_differ_the_one_unlike_this_command_is_named(start: Start, said: Said) -> None:
    start("web1 gunicorn 7", sessions={"idle": 60})
    start("web2 worker 7")

    assert said() == ["web1 gunicorn has other settings in [sessions]"]


def test_most_nodes_are_right_and_this_command_may_be_the_one_that_differs(start: Start, said: Said) -> None:
    for name in ("web1 gunicorn 7", "web2 worker 7"):
        start(name, sessions={"idle": 60})

    assert said() == ["this command has other settings in [sessions]"]


def test_many_processes_of_one_machine_do_not_outvote_two_machines(start: Start, said: Said) -> None:
    for number in range(4):
        start(f"web1 gunicorn {number}", sessions={"idle": 60})
    start("web2 gunicorn 7")
    start("web3 worker 7")

    assert said() == ["web1 gunicorn (4 processes) has other settings in [sessions]"]


def test_what_belongs_to_a_machine_or_is_secret_differs_nowhere(fleet: Start, said: Said, settings: Settings) -> None:
    fleet(
        "web3 gunicorn 7",
        server={"workers": 7, "threads": 9},
        database={"pool_size": 3},
        passwords={"concurrency": 7},
        sms={"headers": {"Authorization": "Bearer other"}},
        audit={"stdout": not settings.audit.stdout},
    )

    assert said() == []


def test_a_role_that_nobody_has_is_missed(start: Start, said: Said, clock: MovableClock) -> None:
    start("web1 gunicorn 7")
    assert said() == ["no worker reported itself in the last 2 minutes"]
    clock.forward(minutes=3)

    assert said() == [
        "no server reported itself in the last 2 minutes",
        "no worker reported itself in the last 2 minutes",
    ]


def test_no_digest_is_made_of_a_secret(settings: Settings) -> None:
    """Every name of a setting that the loader fills from the environment, or that may hold a password"""
    digests = configuration.digests_of(settings)
    other = msgspec.structs.replace(
        settings,
        secrets=msgspec.structs.replace(settings.secrets, keys={"k9": b"9" * 32}, active="k9"),
        database=msgspec.structs.replace(settings.database, url="postgresql://idp:secret@db/idp"),
        registration=msgspec.structs.replace(settings.registration, initial_access_tokens=("sha256:0",)),
        sms=msgspec.structs.replace(settings.sms, headers={"X": "secret"}, body={"password": "secret"}),
    )

    assert "secrets" not in digests
    assert configuration.digests_of(other) == digests


def test_the_digest_of_every_other_table_follows_its_settings() -> None:
    """A table whose digest never changes would hide a difference"""
    before = configuration.digests_of(load_settings({"IDP_ENVIRONMENT": "testing", "IDP_SECRETS": SECRETS}))
    after = configuration.digests_of(
        load_settings({"IDP_ENVIRONMENT": "testing", "IDP_SECRETS": SECRETS, "IDP_LIMITS__PASSWORD__TIMES": "77"})
    )

    assert {name for name in before if before[name] != after[name]} == {"limits"}


SECRETS = "k1:" + "a" * 43 + "="
