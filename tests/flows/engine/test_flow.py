"""A journey that could not work is refused where it is declared."""

import pytest

from flows.engine.flow import Flow, PlainStep
from flows.engine.forms import Form
from tests.flows.engine.conftest import Closed, Farewell, shown


class Formless(PlainStep[Form]):
    name = "formless"


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two steps have the same name"):
        Flow(name="tour", steps=(Farewell(), Farewell()), finish=shown)


def test_two_guards_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two guards have the same name"):
        Flow(name="tour", steps=(Farewell(),), guards=(Closed(), Closed()), finish=shown)


def test_a_step_without_a_form_is_refused() -> None:
    with pytest.raises(ValueError, match="tour: steps without a form: formless"):
        Flow(name="tour", steps=(Farewell(), Formless()), finish=shown)
