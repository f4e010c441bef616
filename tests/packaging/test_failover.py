"""PostgreSQL with fail-over: the files are right for their programs, and the rehearsal sees what it is for.

`python -m bench.failover` loses a primary under load; it takes minutes.
"""

import re
import shutil
import subprocess
from collections import Counter
from configparser import ConfigParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from bench.failover import figures, machines
from bench.failover.__main__ import LONGEST, report
from bench.failover.load import Answered
from bench.fleet import installation
from idp.clients import files
from idp.clients.files import Circumstances
from idp.settings import Settings

PATRONI: dict[str, Any] = yaml.safe_load((machines.FILES / "patroni.yml").read_text("utf-8"))
HAPROXY = (machines.FILES / "haproxy.cfg").read_text("utf-8")
PROGRAM = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
LOST_AT = 100.0


def test_nothing_is_acknowledged_by_one_machine_alone() -> None:
    rules = PATRONI["bootstrap"]["dcs"]

    assert rules["synchronous_mode"] is True
    assert rules["synchronous_mode_strict"] is True
    assert rules["postgresql"]["parameters"]["synchronous_commit"] == "on"


def test_the_lease_of_a_primary_outlives_what_patroni_asks_of_it() -> None:
    """Patroni's own condition: ttl ≥ loop_wait + 2 × retry_timeout."""
    rules = PATRONI["bootstrap"]["dcs"]

    assert rules["ttl"] >= rules["loop_wait"] + 2 * rules["retry_timeout"]
    assert rules["ttl"] <= 15


def test_the_proxy_asks_each_database_that_patroni_knows() -> None:
    hosts = re.findall(r"([\d.]+):2379", PATRONI["etcd3"]["hosts"])
    control = PATRONI["restapi"]["listen"].rpartition(":")[2]

    listening = HAPROXY.split("\nlisten ")[1:]
    assert [each.partition("\n")[0] for each in listening] == ["primary", "replicas"]
    for each in listening:
        assert re.findall(rf"server \S+ ([\d.]+):5432 check port {control}$", each, re.MULTILINE) == hosts
        assert "on-marked-down shutdown-sessions" in each
    assert len(hosts) == 3


def test_the_pooler_looks_again_at_once_and_lets_nobody_wait_longer_than_a_page_may_take(settings: Settings) -> None:
    """PgBouncer's own 15 s between two tries would outlast the fail-over."""
    read = ConfigParser(interpolation=None)
    read.read(machines.FILES / "pgbouncer.ini", "utf-8")
    pooler = read["pgbouncer"]

    assert pooler["pool_mode"] == "transaction"
    assert pooler["server_login_retry"] == "1"
    assert int(pooler["query_wait_timeout"]) <= settings.database.busy_timeout
    assert f"bind {read['databases']['vestibule'].removeprefix('host=').replace(' port=', ':')}" in HAPROXY


@pytest.mark.skipif(PROGRAM is None, reason="haproxy is missing: apt-get install haproxy")
def test_haproxy_reads_its_file() -> None:
    checked = subprocess.run(
        [str(PROGRAM), "-c", "-f", machines.FILES / "haproxy.cfg"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def answered(at: float, status: int, retry_after: str = "", reference: str = "") -> Answered:
    return Answered(LOST_AT + at, status, retry_after, reference)


GOOD = [answered(-1, 201, reference="a"), answered(2, 503, "1"), answered(12, 201, reference="b")]


@pytest.mark.parametrize(
    ("more", "unknown", "good"),
    [
        ([], [], True),
        ([], ["a"], False),
        ([answered(3, 500)], [], False),
        ([answered(3, 503)], [], False),
        ([answered(3, 0)], [], False),
    ],
    ids=["all is well", "lost", "a fault", "no time to try again", "no answer"],
)
def test_the_rehearsal_finds_a_loss_and_a_wrong_answer(more: list[Answered], unknown: list[str], good: bool) -> None:
    assert report([*GOOD, *more], LOST_AT, ["a", "b"], unknown, "1 → 2") is good


def test_the_rehearsal_fails_where_nothing_is_taken_again() -> None:
    assert report(GOOD[:2], LOST_AT, ["a"], [], "1 → 1") is False


def test_the_rehearsal_fails_where_requests_are_taken_too_late() -> None:
    late = [GOOD[0], answered(LONGEST + 1, 201, reference="b")]

    assert report(late, LOST_AT, ["a", "b"], [], "1 → 2") is False


def test_the_rehearsal_says_how_long_nothing_was_taken(capsys: pytest.CaptureFixture[str]) -> None:
    report(GOOD, LOST_AT, ["a", "b"], [], "1 → 2")

    assert "no request was taken for 13.0 s; taken again 12.0 s after the loss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("last", "bad", "looked", "said"),
    [
        (5, {}, [3, 4], []),
        (4, {}, [3, 4], ["5 figures were acknowledged, 4 are told"]),
        (5, {"500 ": 1}, [3, 4], ["figures were answered by {'500 ': 1}"]),
        (5, {}, [3, 0], ["replicas looked [3, 0] times, before the loss and after it"]),
        (5, {}, [3, -5], ["replicas looked [3, -5] times, before the loss and after it"]),
    ],
    ids=["all is well", "lost", "a fault", "the primary alone was asked", "a replica counts anew"],
)
def test_the_rehearsal_names_what_is_wrong_with_the_figures(
    last: int, bad: dict[str, int], looked: list[int], said: list[str]
) -> None:
    assert list(figures.differences(5, last, Counter(bad), looked)) == said


def test_the_program_that_reads_figures_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "clients").mkdir()
    portal = installation.client_file(figures.PORTAL, "Portal", ("a" * 32,), "https://127.0.0.1/logout")
    (tmp_path / "clients" / f"{figures.PORTAL}.toml").write_text(portal, encoding="utf-8")

    figures.describe(SimpleNamespace(folder=tmp_path))  # type: ignore[arg-type]

    read = files.read(tmp_path / "clients", tmp_path / "brands", Circumstances("production", ("fr",), {}))
    assert read.problems == ()
    assert [client.client_id for client in read.clients.values()] == [figures.PROGRAM, figures.PORTAL]
