"""Imports point inwards: these two tables are the architecture (docs/architecture.md)."""

import ast

import pytest

from tests.rules.source import Module, modules

MAY_IMPORT = {"idp": {"idp", "keys"}, "keys": {"keys"}, "flows": {"flows", "idp"}}

# A module may import what stands on its own line or below it.
ORDER = [
    ["idp.__main__"],
    ["idp.commands"],
    ["idp.app"],
    ["idp.upkeep"],
    ["idp.migrations"],
    ["idp.oidc"],
    ["idp.interaction"],
    ["idp.web"],
    ["idp.provider"],
    ["idp.sessions"],
    ["idp.grants"],
    ["idp.imports"],
    ["idp.credentials"],
    ["idp.invitations"],
    ["idp.organisations"],
    ["idp.people"],
    ["idp.codes"],
    ["idp.limits"],
    ["idp.messages"],
    ["idp.wording"],
    ["idp.clients"],
    ["idp.signing_keys"],
    ["idp.audit"],
    ["idp.database"],
    ["idp.settings", "idp.clock", "idp.opaque"],
]
# Run by Alembic, never imported: it needs the tables of the whole application.
ALEMBIC = "idp.migrations.env"
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}

FLASK_ALLOWED = ("idp.web", "idp.app", "idp.database", "idp.sessions.cookie", "idp.oidc", "idp.messages.inbox",
                 "idp.commands", "flows", "idp.interaction", "idp.provider")  # fmt: skip


def package_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_a_package_imports_only_what_it_may(module: Module) -> None:
    own = module.name.split(".")[0]
    ours = {name.split(".")[0] for name in module.imports} & set(MAY_IMPORT)

    assert ours <= MAY_IMPORT[own]


@pytest.mark.parametrize(
    "module", [m for m in modules() if m.name.startswith("idp.") and m.name != ALEMBIC], ids=lambda m: m.name
)
def test_inside_the_provider_imports_follow_the_order(module: Module) -> None:
    rank = RANK[package_of(module.name)]

    upward = [name for name in module.imports if RANK.get(package_of(name), rank) < rank]

    assert upward == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_protocol_and_journeys_never_see_each_other(module: Module) -> None:
    if module.name.startswith("flows"):
        assert not [name for name in module.imports if name.startswith("idp.oidc")]
    if module.name.startswith("idp.oidc"):
        assert not [name for name in module.imports if name.startswith("flows")]


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_only_the_edges_know_flask(module: Module) -> None:
    knows = [name for name in module.imports if name.split(".")[0] == "flask"]

    assert not knows or module.name.startswith(FLASK_ALLOWED)


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_nothing_is_imported_inside_a_function(module: Module) -> None:
    inside = [
        f"{function.name}:{node.lineno}"
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert inside == []
