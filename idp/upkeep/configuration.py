"""The configuration of this process as digests, so that processes can be compared without showing a value.

Left out is what nodes may have each for itself, and what is a secret or may hold one. A node that reports here uses
this database, whatever its address there is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import msgspec

from idp.clients.problems import FileProblem
from idp.clients.registry import LiveRegistry
from idp.settings import Settings

PROGRAM = "vestibule"
OF_EACH_NODE: Mapping[str, frozenset[str]] = {
    "server": frozenset({"workers", "threads", "certificate", "certificate_key"}),
    "database": frozenset({"url", "direct_url", "replica", "pool_size"}),
    "files": frozenset({"clients", "brands", "variable"}),
    "passwords": frozenset({"concurrency", "breached_filter"}),
    "audit": frozenset({"file", "stdout"}),
}
"""Settings that depend on the machine: its cores, its folders, its role in the database, whether it writes lines."""
SECRET: Mapping[str, frozenset[str]] = {
    "sms": frozenset({"headers", "body"}),
    "registration": frozenset({"initial_access_tokens"}),
}
"""Settings that may hold a password or a token."""
DIGEST_LENGTH = 16
MOST_FAULTS, LONGEST_FAULT = 20, 600
CUT = " … "


@dataclass(frozen=True)
class Configuration:
    """`settings` has a digest of each table; `faults` are those of client and brand files, the first twenty."""

    version: str
    settings: Mapping[str, str]
    clients: str
    brands: str
    faults: tuple[str, ...]


def of_process(settings: Settings, registry: LiveRegistry) -> Configuration:
    """Return what this process was started with, and the files as it read them last."""
    digests = registry.digests
    return Configuration(
        version=version_of_program(),
        settings=digests_of(settings),
        clients=digests.clients,
        brands=digests.brands,
        faults=tuple(reported(problem) for problem in registry.problems[:MOST_FAULTS]),
    )


def reported(problem: FileProblem) -> str:
    """Return a fault at the length of a report. A long one loses its middle, where its values are: the sentence around
    them is what the desk knows words for.
    """
    whole, half = str(problem), (LONGEST_FAULT - len(CUT)) // 2
    return whole if len(whole) <= LONGEST_FAULT else f"{whole[:half].rstrip()}{CUT}{whole[-half:].lstrip()}"


@cache
def version_of_program() -> str:
    """Return the version as it was installed."""
    return version(PROGRAM)


def digests_of(settings: Settings) -> dict[str, str]:
    """Return a digest of each table of the settings, without what belongs to a node or is secret."""
    tree = msgspec.to_builtins(settings)
    del tree["secrets"]
    return {name: _digest(_compared(name, table)) for name, table in tree.items()}


def _compared(name: str, table: object) -> object:
    left_out = OF_EACH_NODE.get(name, frozenset()) | SECRET.get(name, frozenset())
    if not isinstance(table, dict):
        return table
    return {field: value for field, value in table.items() if field not in left_out}


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:DIGEST_LENGTH]
