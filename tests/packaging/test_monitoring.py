"""The alerts, the dashboard and the runbooks speak of what the provider measures and logs."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from idp.provider import Provider
from idp.upkeep import probes
from idp.web import metrics
from tests.rules.source import ROOT

MONITORING = ROOT / "packaging" / "monitoring"
RUNBOOKS = ROOT / "docs" / "runbooks.md"
METRIC = re.compile(r"\bidp_[a-z_]+")
OF_OTHERS = {"pg_stat_activity", "wait_event_type"}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
LEVELS = OPERATIONS.partition("```promql\n")[2].partition("\n```")[0].splitlines()
ALERTS = (MONITORING / "alerts.yml").read_text("utf-8")


def measured(provider: Provider) -> set[str]:
    """Return the names of everything that `/metrics` can hold."""
    gauges = {name: lambda: 0.0 for name in probes.gauges(provider)}
    families = text_string_to_metric_families(metrics.exposition(gauges).decode())
    names = {family.name for family in families} | {f"{family}_total" for family in ("idp_sign_in", "idp_requests")}
    return names | {f"{name}_{part}" for name in names for part in ("bucket", "sum", "count")}


@pytest.mark.parametrize("path", sorted(MONITORING.iterdir()), ids=lambda path: path.name)
def test_every_metric_that_is_watched_exists(path: Path, provider: Provider) -> None:
    named = set(METRIC.findall(path.read_text("utf-8")))

    assert named
    assert named - measured(provider) == set()


def test_every_gauge_is_watched(provider: Provider) -> None:
    watched = set(METRIC.findall((MONITORING / "grafana.json").read_text("utf-8")))

    assert set(probes.gauges(provider)) - watched == set()


def test_every_alert_leads_to_its_runbook_and_no_runbook_is_without_an_alert() -> None:
    alerts = re.findall(r"alert: (\w+)", ALERTS)
    headings = re.findall(r"^## (\w+)$", RUNBOOKS.read_text("utf-8"), re.MULTILINE)

    assert alerts == headings
    assert re.findall(r"runbook: docs/runbooks\.md#(\w+)", ALERTS) == [name.lower() for name in alerts]


def test_a_runbook_names_log_events_and_checks_that_exist() -> None:
    quoted = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", RUNBOOKS.read_text("utf-8"))
    named = {name for name in quoted if not METRIC.fullmatch(name)} - OF_OTHERS
    code = "".join(path.read_text("utf-8") for folder in ("idp", "flows") for path in (ROOT / folder).rglob("*.py"))

    assert named
    assert {name for name in named if f'"{name}"' not in code} == set()


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is missing: apt-get install jq")
def test_a_runbook_counts_faults_by_route() -> None:
    (command,) = re.findall(r"`journalctl [^|]+\| (jq [^`]+)`", RUNBOOKS.read_text("utf-8"))
    lines = [{"status": 500, "route": "/token"}, {"status": 200, "route": "/login"}, {"event": "chore_done"}]
    log = "".join(json.dumps(line) + "\n" for line in (*lines, lines[0]))

    counted = subprocess.run(["bash", "-c", command], input=log, capture_output=True, text=True, check=True)

    assert counted.stdout.split() == ["2", "/token"]


def test_the_dashboard_draws_each_panel_from_a_query() -> None:
    panels = json.loads((MONITORING / "grafana.json").read_text("utf-8"))["panels"]

    assert all(target["expr"] for panel in panels for target in panel["targets"])
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_service_levels_are_asked_of_metrics_that_exist(provider: Provider) -> None:
    assert len(LEVELS) == 3
    assert set(METRIC.findall("".join(LEVELS))) - measured(provider) == set()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus")
def test_prometheus_reads_the_service_levels(tmp_path: Path) -> None:
    rules = [{"record": f"level:{number}", "expr": level} for number, level in enumerate(LEVELS)]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "levels", "rules": rules}]}), "utf-8")

    checked = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "rules.json"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus")
def test_prometheus_reads_the_alerts() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", MONITORING / "alerts.yml"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
