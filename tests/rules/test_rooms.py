"""The folder is the map: a room holds what its name says."""

from importlib import import_module

from flows.engine.flow import Step
from tests.rules.source import ROOT, modules


def test_the_folder_of_steps_holds_screens_only() -> None:
    names = [module.name for module in modules() if module.name.startswith("flows.steps.")]
    screens = {
        value.__module__
        for name in names
        for value in vars(import_module(name)).values()
        if isinstance(value, type) and issubclass(value, Step) and value.__module__ == name
    }
    rooms = {name for name in names if (ROOT / name.replace(".", "/")).is_dir()}

    assert set(names) - screens - rooms == set()


def test_a_page_without_a_journey_does_not_stand_among_the_journeys() -> None:
    pages = [
        module.name
        for module in modules()
        if module.path.parent == ROOT / "flows" and "flask.Blueprint" in module.imports and module.name != "flows"
    ]

    assert pages == []
