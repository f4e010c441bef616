"""Names that are searched for: no two classes of the product share one."""

import ast
from collections import defaultdict

from tests.rules.source import modules


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.name)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}
