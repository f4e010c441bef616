"""Imports point inwards: these two tables are the architecture (docs/architecture.md)."""

import ast
from graphlib import CycleError, TopologicalSorter

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
    ["idp.scim"],
    ["idp.api"],
    ["idp.oidc"],
    ["idp.interaction"],
    ["idp.web"],
    ["idp.provider"],
    ["idp.imports"],
    ["idp.statistics"],
    ["idp.staff"],
    ["idp.actions"],
    ["idp.notices"],
    ["idp.sessions"],
    ["idp.runs"],
    ["idp.events"],
    ["idp.grants"],
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
    ["idp.jobs"],
    ["idp.replica"],
    ["idp.database"],
    ["idp.embedded", "idp.hot_statements"],
    ["idp.autocommit", "idp.commits", "idp.outages", "idp.prepared_cursor", "idp.readings", "idp.statements"],
    ["idp.jose"],
    ["idp.tracing"],
    ["idp.outbound"],
    [
        "idp.settings",
        "idp.settings_loader",
        "idp.secret_files",
        "idp.unsafe_settings",
        "idp.clock",
        "idp.random_values",
        "idp.sealing",
        "idp.methods",
    ],
    ["idp.variables"],
    ["idp.reach"],
    ["idp.resources", "idp.spreadsheet", "idp.user_agents"],
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}

SCRIPTS = {"idp.migrations.env"}  # run by Alembic, imported by nobody

# Journeys are made with the engine: it knows no person, no company, no credential and no letter.
ENGINE_MAY_IMPORT = {
    "idp.audit",
    "idp.clients",
    "idp.database",
    "idp.hot_statements",
    "idp.interaction",
    "idp.limits",
    "idp.outages",
    "idp.provider",
    "idp.random_values",
    "idp.runs",
    "idp.sealing",
    "idp.sessions",
    "idp.statements",
    "idp.web",
    "idp.wording",
}

KNOW_FLASK = (
    "flows",
    "idp.api",
    "idp.app",
    "idp.commands",
    "idp.database",
    "idp.hot_statements",
    "idp.interaction",
    "idp.messages.inbox",
    "idp.oidc",
    "idp.provider",
    "idp.scim",
    "idp.sessions.cookie",
    "idp.web",
)


def package_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def test_a_package_imports_only_what_it_may() -> None:
    offences = [
        f"{module.name} imports {name}"
        for module in modules()
        for name in module.imports
        if (root := name.split(".")[0]) in MAY_IMPORT and root not in MAY_IMPORT[module.name.split(".")[0]]
    ]

    assert offences == []


def test_every_package_of_the_provider_has_its_place_in_the_order() -> None:
    packages = {package_of(module.name) for module in modules() if module.name.startswith("idp.")}

    assert packages == set(RANK)


def test_inside_the_provider_imports_follow_the_order() -> None:
    offences = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.name.startswith("idp.") and module.name not in SCRIPTS
        for name in module.imports
        if RANK.get(package_of(name), len(ORDER)) < RANK[package_of(module.name)]
    ]

    assert offences == []


def test_the_engine_of_journeys_knows_no_domain() -> None:
    offences = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.name.startswith("flows.engine")
        for name in module.imports
        if (name.startswith("flows.") and not name.startswith("flows.engine"))
        or (name.startswith("idp.") and package_of(name) not in ENGINE_MAY_IMPORT)
    ]

    assert offences == []


def test_protocol_and_journeys_never_see_each_other() -> None:
    pairs = (("flows", "idp.oidc"), ("idp.oidc", "flows"))

    offences = [
        f"{module.name} imports {name}"
        for here, there in pairs
        for module in modules()
        for name in module.imports
        if module.name.startswith(here) and name.startswith(there)
    ]

    assert offences == []


def test_the_protocol_on_the_wire_has_no_table_of_its_own() -> None:
    """What it stores lives in `idp.grants`."""
    tables = {
        module.name
        for module in modules()
        if module.name.startswith("idp.oidc")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name) and node.id == "__tablename__"
    }

    assert tables == set()


def test_keys_are_pure_and_known_to_two_modules_only() -> None:
    knowing = {
        m.name for m in modules() if any(n.startswith("keys.") for n in m.imports) and not m.name.startswith("keys")
    }

    assert knowing <= {"idp.sealing", "idp.signing_keys"}


def test_only_one_module_writes_for_a_dialect() -> None:
    """`ON CONFLICT` is written once, in the form that both databases read."""
    knowing = {m.name for m in modules() if any(name.startswith("sqlalchemy.dialects") for name in m.imports)}

    assert knowing == {"idp.statements"}


def test_only_the_edges_know_flask() -> None:
    offences = [
        module.name
        for module in modules()
        if any(name.split(".")[0] == "flask" for name in module.imports) and not module.name.startswith(KNOW_FLASK)
    ]

    assert offences == []


def test_no_imports_go_in_a_circle() -> None:
    """Imports for the type checker alone count too: who reads one file needs the other."""
    known = {module.name for module in modules()}
    graph = {
        module.name: {name if name in known else name.rpartition(".")[0] for name in module.imports} & known
        for module in modules()
    }

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_nothing_is_imported_inside_a_function() -> None:
    offences = [f"{module.name}: {line}" for module in modules() for line in _imports_inside(module)]

    assert offences == []


def _imports_inside(module: Module) -> list[str]:
    return [
        f"{function.name}:{node.lineno}"
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
