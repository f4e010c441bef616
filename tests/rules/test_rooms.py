"""The folder is the map: a room holds what its name says."""

from importlib import import_module

from flows.engine.flow import Flow, Step
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


def test_a_file_at_the_top_of_the_flows_is_a_journey() -> None:
    """Pages without a journey live in `links`, helpers in `shared`."""
    files = [m.name for m in modules() if m.path.parent == ROOT / "flows" and not m.path.stem.startswith("__")]

    helpers = [name for name in files if not any(isinstance(v, Flow) for v in vars(import_module(name)).values())]

    assert helpers == []
