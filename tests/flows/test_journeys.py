"""What holds for every journey there is."""

from pathlib import Path

import pytest

from flows import JOURNEYS
from flows.engine.diagram import document
from flows.engine.flow import Flow, Step
from flows.engine.forms import fields_of
from flows.engine.guard import Guard

ROOT = Path(__file__).resolve().parents[2]

STEPS = [(flow, step) for flow in JOURNEYS for step in flow.steps]
GUARDS = [(flow, guard) for flow in JOURNEYS for guard in flow.guards]
WITHOUT_PAGE = {
    "administrators-only",  # answered like every page of a company
    "signed-in-elsewhere",  # leads to the portal
}
IDS = [f"{flow.name}-{step.name}" for flow, step in STEPS]


@pytest.mark.parametrize(("flow", "step"), STEPS, ids=IDS)
def test_every_step_has_a_template(flow: Flow, step: Step) -> None:
    page = ROOT / "templates" / "steps" / f"{step.template or step.name}.html"

    assert page.is_file()


@pytest.mark.parametrize(("flow", "guard"), GUARDS, ids=[f"{flow.name}-{guard.name}" for flow, guard in GUARDS])
def test_every_guard_has_a_page(flow: Flow, guard: Guard) -> None:
    page = ROOT / "templates" / "guards" / f"{guard.name}.html"

    assert page.is_file() or guard.name in WITHOUT_PAGE


@pytest.mark.parametrize(("flow", "step"), STEPS, ids=IDS)
def test_every_field_can_be_read(flow: Flow, step: Step) -> None:
    assert isinstance(fields_of(step.form), dict)


def test_every_journey_has_a_name_of_its_own() -> None:
    names = [flow.name for flow in JOURNEYS]

    assert len(names) == len(set(names))


def test_the_drawing_of_the_journeys_is_fresh() -> None:
    """`python -m flows` redraws it"""
    assert (ROOT / "docs" / "journeys.md").read_text(encoding="utf-8") == document(JOURNEYS)
