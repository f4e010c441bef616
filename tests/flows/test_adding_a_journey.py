"""A journey is added by one file and one word: done here on a copy of the project."""

from pathlib import Path

from tests.support.project_copy import ProjectCopy

FILE = """
from flows.engine.flow import Flow
from flows.engine.outcomes import EndAddress
from flows.steps.acknowledgement import Acknowledgement

TOY = Flow(
    name="toy",
    steps=(Acknowledgement(name="toy-read", template="email-confirmed"),),
    finish=lambda run: EndAddress(run.client.home),
)
"""

TEST = """
def test_the_toy(visitor):
    page = visitor.get("/toy?portal=e-services")
    assert page.status == 200
    visitor.press("continue")
    assert visitor.left_for
"""


def test_a_journey_is_added_by_one_file_and_one_word(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path)
    copy.add("flows/toy.py", FILE)
    copy.insert("flows/__init__.py", "from flows.remove_method import REMOVE_METHOD\n", "from flows.toy import TOY\n")
    copy.insert("flows/__init__.py", "JOURNEYS: tuple[Flow, ...] = (\n", "    TOY,\n")
    copy.add("tests/flows/test_toy.py", TEST)

    assert copy.run("tests/flows/test_toy.py") == ""
