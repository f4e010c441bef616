"""Allowed weaknesses of a client's file, reported by `idp clients check` and `idp doctor`.

A portal that has a reason writes it down: `[policy.accepted_risks]`, path → reason.
"""

from collections.abc import Iterator

from idp.clients import client_checks, policy_checks
from idp.clients.client import Client
from idp.clients.conversion import FileFault


def weaknesses_of(client: Client) -> list[FileFault]:
    """Return every weakness that nobody gave a reason for."""
    return [fault for fault in _all(client) if not client.policy.accepted_risks.get(fault.path)]


def faults(client: Client) -> Iterator[FileFault]:
    """Reasons for what is not weak: a leftover would hide the next weakness at its place."""
    weak = {fault.path for fault in _all(client)}
    for path, reason in client.policy.accepted_risks.items():
        if path not in weak:
            yield FileFault(f"policy.accepted_risks.{path}", "there is nothing weak to accept there")
        elif not reason.strip():
            yield FileFault(f"policy.accepted_risks.{path}", "a reason is expected")


def _all(client: Client) -> Iterator[FileFault]:
    yield from client_checks.warnings(client)
    yield from policy_checks.warnings(client)
