"""The rehearsals find what they are for. They take minutes (`make chaos`); what they rest on is checked here."""

import shutil
from pathlib import Path

import pytest

from bench.fleet import faults
from bench.fleet.put_back import FINDINGS, put_back
from idp.settings import HOME


@pytest.mark.parametrize("number", sorted(FINDINGS))
def test_each_finding_can_be_put_back_into_this_release(number: str, tmp_path: Path) -> None:
    """The program that results is one: it can be compiled."""
    finding = FINDINGS[number]
    files = {change.file for change in finding.changes}
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOME / file, tmp_path / file)

    put_back(finding, tmp_path)

    for file in files:
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert text != (HOME / file).read_text(encoding="utf-8")
        compile(text, file, "exec")


def test_a_finding_whose_text_is_gone_is_named(tmp_path: Path) -> None:
    change = FINDINGS["F1"].changes[0]
    (tmp_path / change.file).parent.mkdir(parents=True)
    (tmp_path / change.file).write_text("", encoding="utf-8")

    with pytest.raises(ValueError, match=r"has .* 0 times"):
        put_back(FINDINGS["F1"], tmp_path)


@pytest.mark.parametrize("number", sorted(FINDINGS))
def test_each_finding_is_shown_by_a_fault_that_is_made(number: str) -> None:
    names = [fault.name for fault in faults.every(has_disk=True)]

    assert [word for word in FINDINGS[number].shown_by if not any(word in name for name in names)] == []
