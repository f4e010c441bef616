"""The attributes that the product's code reads, with the class that each belongs to, as mypy resolves them."""

from mypy import build
from mypy.find_sources import create_source_list
from mypy.modulefinder import BuildSource
from mypy.nodes import Expression, MemberExpr
from mypy.options import Options
from mypy.types import Instance, Type, UnionType, get_proper_type

from tests.rules.source import PACKAGES, ROOT

OUTSIDE = {"gunicorn_conf": "config/gunicorn.conf.py"}
"""Files that read settings and belong to no package, by a name that a module may have."""


def read_attributes() -> set[tuple[str, str]]:
    """Return pairs of a full class name and an attribute; inherited ones count for every class they come from."""
    options = Options()
    options.incremental = False
    options.export_types = True
    options.follow_imports = "skip"  # other people's packages say nothing about our classes, and take most of the time
    options.check_untyped_defs = True
    options.explicit_package_bases = True
    options.mypy_path = [str(ROOT)]
    sources = create_source_list([str(ROOT / package) for package in PACKAGES], options)
    sources += [BuildSource(str(ROOT / path), name) for name, path in OUTSIDE.items()]
    types = build.build(sources, options).types
    return {
        (base.fullname, expression.name)
        for expression in types
        if isinstance(expression, MemberExpr)
        for owner in _instances(types, expression.expr)
        for base in owner.type.mro
    }


def _instances(types: dict[Expression, Type], expression: Expression) -> list[Instance]:
    found = get_proper_type(types.get(expression))
    parts = found.items if isinstance(found, UnionType) else [found]
    return [part for part in map(get_proper_type, parts) if isinstance(part, Instance)]
