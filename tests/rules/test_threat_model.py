"""Every guarantee of docs/threat-model.md names a test that exists."""

import re

from tests.rules.source import ROOT, names_of_tests

REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = REFERENCE.findall((ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8"))

    missing = [f"{path}::{name}" for path, name in named if name not in names_of_tests(path)]

    assert named
    assert missing == []
