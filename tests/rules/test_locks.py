"""The locks install on a machine that has never seen this project."""

import re
from pathlib import Path

import pytest

from tests.rules.source import ROOT

LOCKS = ("requirements.lock", "requirements-test.lock", "tools/build.lock", "tools/uv.lock")
PIN = re.compile(r"^(?P<name>[\w.-]+)(?P<extras>\[[\w,-]+\])?==(?P<version>[^ ]+)(?: ; .*)? \\$")
ASKED = re.compile(r"^\s+(?P<name>[\w.-]+)\[(?P<extras>[\w,-]+)\]")


def requirements(lock: str) -> list[str]:
    """Return the lines of a lock that name a package."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and line[0] not in " #"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_to_one_version_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert [line for line in requirements(lock) if not PIN.match(line)] == []
    assert text.count("==") <= text.count("--hash=sha256:")


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_a_requirement_with_extras_is_pinned_with_its_extras(lock: str) -> None:
    """A pin without them is refused by pip as soon as a newer version is published."""
    asked = {
        (found["name"], found["extras"])
        for line in Path(ROOT / "setup.cfg").read_text(encoding="utf-8").splitlines()
        if (found := ASKED.match(line))
    }
    pinned = {
        (found["name"], (found["extras"] or "").strip("[]"))
        for line in requirements(lock)
        if (found := PIN.match(line))
    }

    assert asked
    assert asked <= pinned


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_a_package_is_pinned_once(lock: str) -> None:
    names = [found["name"] for line in requirements(lock) if (found := PIN.match(line))]

    assert len(names) == len(set(names))
