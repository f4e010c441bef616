"""An action is added by one file, and only there: done here on a copy of the project."""

import ast
from pathlib import Path

from tests.rules.source import ROOT, Module
from tests.rules.test_actions import NAMES, used_in
from tests.support.project_copy import ProjectCopy

FILE = """
from idp.actions.actor import acting
from idp.credentials import passwords
from idp.sessions import ending


def lock_out(tx, person_id, *, by, reason):
    with acting(tx, by, reason=reason):
        passwords.retire(tx, person_id, reason=reason)
        return ending.end_all(tx, person_id, reason="toy")
"""

TEST = """
import pytest

from idp.actions.actor import Actor
from idp.actions.toy import lock_out
from idp.audit import timeline
from idp.credentials import passwords
from tests.support import people


def test_the_toy_acts_in_the_name_of_its_author(provider):
    with provider.database.transaction() as tx:
        anne = people.person(tx).id
        passwords.replace(tx, anne, "x", floor=12, reason="test")
        lock_out(tx, anne, by=Actor.clerk("anna"), reason="case 4711")
        assert "clerk:anna" in {entry.actor for entry in timeline.of_person(tx, anne, limit=9)}
        with pytest.raises(ValueError, match="reason"):
            lock_out(tx, anne, by=Actor.clerk("anna"), reason="")
"""


def test_an_action_is_added_by_one_file(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path)
    copy.add("idp/actions/toy.py", FILE)
    copy.add("tests/actions/test_toy.py", TEST)

    assert copy.run("tests/actions/test_toy.py", "tests/rules/test_actions.py") == ""


def test_the_same_lines_are_refused_where_no_action_belongs() -> None:
    elsewhere = Module(ROOT / "flows/shared/toy.py", ast.parse(FILE), FILE)

    assert NAMES & set(used_in(elsewhere)) == {
        "idp.credentials.passwords.retire",
        "idp.sessions.ending.end_all",
    }
