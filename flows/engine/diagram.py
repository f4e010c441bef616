"""`docs/journeys.md`: every journey drawn from its tuple of steps, so that the drawing cannot be wrong."""

import sys
from collections.abc import Iterable

from flows.engine.flow import AnyStep, Flow, Step

HEAD = """# Journeys

Drawn from the tuples in `flows/` by `python -m flows`; do not edit. The page shown is the first step that applies and
has no result yet. A rounded step applies only where it is needed; a step with a double border can be met in another
browser, from a mailed link. A guard stops the journey wherever it is, with a page of its own or by sending elsewhere.
"""


def document(flows: Iterable[Flow]) -> str:
    """Return the whole page, one section per journey."""
    return "\n".join([HEAD, *(_section(flow) for flow in flows)])


def _section(flow: Flow) -> str:
    rows = [f"| `{step.name}` | {_purpose(step)} | {_other_buttons(step)} |" for step in flow.steps]
    lines = [
        f"## /{flow.name}",
        "",
        *([_required(flow), ""] if flow.requires else []),
        "```mermaid",
        "flowchart LR",
        *(f"    {number}{_box(step)}" for number, step in enumerate(flow.steps)),
        "    " + " --> ".join([*map(str, range(len(flow.steps))), "end_([end])"]),
        "```",
        "",
        "| step | what it is | other buttons |",
        "|---|---|---|",
        *rows,
        "",
        *_guards(flow),
    ]
    return "\n".join(lines)


def _guards(flow: Flow) -> list[str]:
    if not flow.guards:
        return []
    rows = [f"| `{guard.name}` | {_sentence(type(guard).__doc__)} |" for guard in flow.guards]
    return ["| guard | it stops the journey where |", "|---|---|", *rows, ""]


def _required(flow: Flow) -> str:
    required = flow.requires
    if required is None or required.within is None:
        return "Of a signed-in person."
    minutes, some = int(required.within.total_seconds() // 60), "" if required.when is None else " where it matters"
    return f"Of a signed-in person, signed in at most {minutes} minutes ago{some}."


def _box(step: AnyStep) -> str:
    if step.proves:
        return f'[["{step.name}"]]'
    conditional = type(step).applies is not Step.applies
    return f'("{step.name}")' if conditional else f'["{step.name}"]'


def _purpose(step: AnyStep) -> str:
    """Return the first sentence of the file that the step is written in."""
    return _sentence(sys.modules[type(step).__module__].__doc__)


def _sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].split()).replace("|", "\\|")


def _other_buttons(step: AnyStep) -> str:
    return ", ".join(f"`{action}`" for action in sorted(step.actions))
