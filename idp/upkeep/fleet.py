"""All nodes side by side, from the rows that they write: which of them differs from the others, and in what.

Most machines are right; where as many say one thing as another, this process is. Settings are compared between
processes of one version only: another version has other settings.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from idp.clock import is_off
from idp.upkeep import nodes as node_rows
from idp.upkeep.configuration import Configuration
from idp.upkeep.diagnosis import BAD, Finding
from idp.upkeep.nodes import ALIVE, Node

CHECK = "fleet"
SERVERS, WORKER = ("gunicorn", "granian"), "worker"


@dataclass(frozen=True)
class Difference:
    """The parts of a configuration that most others have otherwise. `tables`: those of the settings."""

    version: bool = False
    tables: tuple[str, ...] = ()
    clients: bool = False
    brands: bool = False

    def __bool__(self) -> bool:
        return bool(self.version or self.tables or self.clients or self.brands)


@dataclass(frozen=True)
class ComparedNode:
    """The processes of one role on one machine that are configured alike.

    `ahead` is that of the worst clock, as the database sees it; `seen_at` is the newest report.
    """

    machine: str
    role: str
    processes: int
    configuration: Configuration
    ahead: timedelta
    seen_at: datetime
    difference: Difference

    @property
    def name(self) -> str:
        """`web2 gunicorn`."""
        return f"{self.machine} {self.role}".strip()

    @property
    def deviation(self) -> float:
        """How many seconds its clock is ahead of the database's."""
        return (-self.ahead).total_seconds()

    @property
    def is_off(self) -> bool:
        """Return whether one of its clocks is so wrong that its process serves nobody."""
        return is_off(self.ahead)


def compare(nodes: Sequence[Node], own: Node) -> list[ComparedNode]:
    """Return these nodes by name, each with its difference from most of them. `own`, this process, breaks ties."""
    return _compare(nodes, _usual(nodes, own.configuration))


def examine(nodes: Sequence[Node], own: Node) -> list[Finding]:
    """Return one sentence for each node that differs, for each fault of its files, and for each role nobody has.

    This process is one of the compared.
    """
    usual, everybody = _usual(nodes, own.configuration), [*nodes, own]
    compared = _compare(everybody, usual)
    said = [_sentence(each, usual) for each in compared if each.difference]
    said += [f"{each.name} cannot use {fault}" for each in compared for fault in each.configuration.faults]
    said += node_rows.faults(everybody)
    roles = {node.role for node in nodes}
    minutes = int(ALIVE.total_seconds()) // 60
    for missing, wanted in (("server", SERVERS), ("worker", (WORKER,))):
        if roles.isdisjoint(wanted):
            said.append(f"no {missing} reported itself in the last {minutes} minutes")
    return [Finding(CHECK, BAD, sentence) for sentence in said]


def file_faults(nodes: Iterable[Node]) -> dict[str, list[str]]:
    """Return the faults of client and brand files, and for each the machines that have it."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        for fault in node.configuration.faults:
            machines = found.setdefault(fault, [])
            if node.machine not in machines:
                machines.append(node.machine)
    return found


def _compare(nodes: Sequence[Node], usual: Configuration) -> list[ComparedNode]:
    def alike(node: Node) -> tuple[object, ...]:
        said = node.configuration
        return node.machine, node.role, said.version, sorted(said.settings.items()), said.clients, said.brands

    return [_compared(list(group), usual) for _, group in groupby(sorted(nodes, key=alike), key=alike)]


def _usual(nodes: Sequence[Node], own: Configuration) -> Configuration:
    """Return what most machines say; of two that are as many, this process's."""
    version = _most(((node.machine, node.configuration.version) for node in nodes), own.version)
    alike = [node for node in nodes if node.configuration.version == version]
    tables = {name: own.settings.get(name, "") for node in alike for name in node.configuration.settings}
    settings = {
        name: _most(((node.machine, node.configuration.settings.get(name, "")) for node in alike), ours)
        for name, ours in tables.items()
    }
    return Configuration(
        version=version,
        settings=settings,
        clients=_most(((node.machine, node.configuration.clients) for node in nodes), own.clients),
        brands=_most(((node.machine, node.configuration.brands) for node in nodes), own.brands),
        faults=(),
    )


def _most(said: Iterable[tuple[str, str]], own: str) -> str:
    """Return what most machines say; whoever says nothing does not count."""
    counted = Counter(value for _, value in dict.fromkeys(said) if value)
    if not counted:
        return own
    highest = max(counted.values())
    return own if counted[own] == highest else next(value for value, times in counted.items() if times == highest)


def _compared(alike: Sequence[Node], usual: Configuration) -> ComparedNode:
    first, said = alike[0], alike[0].configuration
    same_version = said.version == usual.version
    tables = (name for name in usual.settings if said.settings.get(name) != usual.settings[name])
    knows = bool(said.version)
    return ComparedNode(
        machine=first.machine,
        role=first.role,
        processes=len(alike),
        configuration=said,
        ahead=max((node.ahead for node in alike), key=abs),
        seen_at=max(node.seen_at for node in alike),
        difference=Difference(
            version=not same_version,
            tables=tuple(sorted(tables)) if same_version else (),
            clients=knows and said.clients != usual.clients,
            brands=knows and said.brands != usual.brands,
        ),
    )


def _sentence(node: ComparedNode, usual: Configuration) -> str:
    who = node.name if node.processes == 1 else f"{node.name} ({node.processes} processes)"
    if not node.configuration.version:
        return f"{who} reports no version: it is older than version {usual.version}"
    has = []
    if node.difference.version:
        has.append(f"version {node.configuration.version} instead of {usual.version}")
    if node.difference.tables:
        has.append("other settings in " + ", ".join(f"[{name}]" for name in node.difference.tables))
    if node.difference.clients:
        has.append("other client files")
    if node.difference.brands:
        has.append("other brand folders")
    return f"{who} has {' and '.join(filter(None, (', '.join(has[:-1]), has[-1])))}"
