"""States of accounts, companies and letters are written by actions only (docs/decisions/0016)."""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module

from tests.rules.source import Module, modules

ACTIONS = "idp.actions"

WRITERS = {
    "idp.credentials.passwords": ("replace", "recover", "retire", "delete"),
    "idp.grants.consents": ("withdraw",),
    "idp.grants.end_access": ("end_access",),
    "idp.invitations.campaigns": ("begin", "finish"),
    "idp.invitations.issuing": ("issue", "store"),
    "idp.invitations.letters.print_run": ("draw", "store"),
    "idp.invitations.mail_invitation": ("send",),
    "idp.invitations.withdrawal": ("withdraw",),
    "idp.organisations.merging": ("move",),
    "idp.organisations.memberships": (
        "accept",
        "change_rights",
        "deactivate",
        "dismiss_administrators",
        "forget",
        "invite",
        "join",
        "reactivate",
        "withdraw",
    ),
    "idp.people.accounts": ("disable", "enable", "erase"),
    "idp.people.emails": ("give",),
    "idp.people.legacy": ("contest",),
    "idp.people.phones": ("confirm", "give", "remove"),
    "idp.sessions.ending": ("end", "end_all", "forget"),
}

# What creates an account has nobody to tell and nothing to end; what ends by itself has no author.
OTHERS = {
    "flows.steps.complete_migration": {"idp.credentials.passwords.replace"},
    "flows.steps.registration.conclusion": {
        "idp.credentials.passwords.replace",
        "idp.organisations.memberships.accept",
        "idp.organisations.memberships.join",
    },
    "idp.imports.customers": {"idp.credentials.passwords.replace"},
    "idp.invitations.letters.print_run": {"idp.invitations.issuing.store"},
    "idp.invitations.mail_invitation": {"idp.invitations.issuing.issue"},
    "idp.invitations.purging": {"idp.organisations.memberships.withdraw"},
    "idp.oidc.end_session": {"idp.sessions.ending.end"},
    "idp.oidc.registration.endpoint": {"idp.grants.end_access.end_access"},
    "idp.organisations.merging": {"idp.organisations.memberships.join"},
    "idp.people.accounts": {"idp.people.emails.give", "idp.people.phones.give"},
    "idp.sessions.ending": {"idp.grants.end_access.end_access"},
    "idp.sessions.signing_in": {"idp.sessions.ending.end"},
    "idp.upkeep.chores": {"idp.grants.end_access.end_access"},
    "idp.upkeep.restored_codes": {"idp.invitations.withdrawal.withdraw"},  # ended by its action before the restore
}

NAMES = {f"{module}.{name}" for module, names in WRITERS.items() for name in names}


def names_in(module: Module) -> Mapping[str, str]:
    """Return what each imported name of the module stands for."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def used_in(module: Module) -> Iterator[str]:
    """Yield the writers that a module of another package names."""
    known = names_in(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{known.get(node.value.id, '')}.{node.attr}"
        elif isinstance(node, ast.Name):
            yield known.get(node.id, "")


def used() -> set[tuple[str, str]]:
    return {
        (module.name, name)
        for module in modules()
        if not module.name.startswith(ACTIONS)
        for name in used_in(module)
        if name in NAMES
    }


def test_only_actions_write_these_states() -> None:
    offences = [f"{module} uses {name}" for module, name in sorted(used()) if name not in OTHERS.get(module, set())]

    assert offences == []


def test_every_exception_is_needed() -> None:
    assert {(module, name) for module, names in OTHERS.items() for name in names} <= used()


def test_every_writer_exists() -> None:
    missing = [name for name in NAMES if not hasattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2])]

    assert missing == []
