"""`Any` switches the type checker off: it stands where a library offers nothing better, and nowhere else."""

import ast

from tests.rules.source import Module, modules

CEILING = 69


def uses(module: Module) -> int:
    """How often the name is written as a type; its imports do not count."""
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(module.tree))


def test_any_is_rare() -> None:
    found = {module.name: count for module in modules() if (count := uses(module))}

    assert sum(found.values()) <= CEILING, found


def test_any_is_imported_only_where_it_is_used() -> None:
    imported = {module.name for module in modules() if "typing.Any" in module.imports}

    assert imported == {module.name for module in modules() if uses(module)}


def test_forms_and_facts_of_journeys_are_typed() -> None:
    """The engine may hold steps of any form; what a step does is checked against its own."""
    offences = {
        module.name
        for module in modules()
        if module.name.startswith("flows")
        and module.name not in {"flows.engine.flow", "flows.methods.method"}
        and uses(module)
    }

    assert offences == set()
