"""The units for systemd: little is exposed, and they start what the program has."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from idp.commands import main
from idp.settings_loader import load_settings
from tests.rules.source import ROOT

UNITS = sorted((ROOT / "packaging" / "systemd").glob("*.service"))
LEAST_EXPOSED = 2.0
MOST_SECONDS_OF_REQUESTS = 20  # `graceful_timeout` in config/gunicorn.conf.py


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt-get install systemd"
)
def test_systemd_finds_little_exposed(unit: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", said.stdout)

    assert float(level) <= LEAST_EXPOSED, said.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_commands_that_exist_and_waits_until_they_have_stopped(unit: Path) -> None:
    text = unit.read_text("utf-8")
    commands = re.findall(r"^ExecStart(?:Pre)?=/opt/vestibule/bin/idp (\w+)", text, re.MULTILINE)
    (wait,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    drain = load_settings({"IDP_SECRETS": f"k:{'A' * 43}="}).server.drain

    assert commands
    assert set(commands) <= set(main.commands)
    assert int(wait) > drain + MOST_SECONDS_OF_REQUESTS
