"""Reports of each process about itself, twice a minute: the doctor finds faults that no process can find alone.

`idp.upkeep.fleet` compares their versions and configurations. A process that seals under a key which another does not
know breaks journeys and delays codes there; a clock that is off takes its process out of service. Rows of processes
that ended go with `retention.codes`.
"""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from idp.clock import deviation, is_off
from idp.database import Base, Transaction
from idp.provider import Provider
from idp.sealing import Sealer
from idp.statements import upsert
from idp.upkeep import configuration
from idp.upkeep.configuration import Configuration

EVERY = 30.0  # seconds
HERE = "this command"
ALIVE = timedelta(minutes=2)
CHECKED = ("node", "keys")
"""The text that each key digests for the comparison. Equal digests mean equal keys and reveal nothing about them."""

log = structlog.get_logger()


class NodeRow(Base):
    """One process: `<machine> <role> <number of the process>`.

    `keys` holds a digest by each key it knows, the one it seals under first; `ahead` is in seconds. The others are
    those of `Configuration`; a process of a version before revision 0039 reports none.
    """

    __tablename__ = "nodes"

    id: Mapped[str] = mapped_column(primary_key=True)
    keys: Mapped[list[str]]
    ahead: Mapped[float]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[str] = mapped_column(default="", server_default="")
    settings: Mapped[dict[str, str]] = mapped_column(default=dict, server_default=sa.text("'{}'"))
    clients: Mapped[str] = mapped_column(default="", server_default="")
    brands: Mapped[str] = mapped_column(default="", server_default="")
    faults: Mapped[list[str]] = mapped_column(default=list, server_default=sa.text("'[]'"))


SAY = upsert(NodeRow, ["id"], [column.name for column in NodeRow.__table__.columns if not column.primary_key])
ALIVE_NOW = (
    sa.select(NodeRow.__table__)
    .where(NodeRow.seen_at > sa.bindparam("after", type_=NodeRow.seen_at.type))
    .order_by(NodeRow.id)
)

UNKNOWN = Configuration(version="", settings={}, clients="", brands="", faults=())


@dataclass(frozen=True)
class Node:
    """A process as the others see it."""

    id: str
    keys: tuple[str, ...]
    ahead: timedelta
    seen_at: datetime
    configuration: Configuration = UNKNOWN

    @property
    def machine(self) -> str:
        return self._named[0]

    @property
    def role(self) -> str:
        """`gunicorn`, `granian` or `worker`; empty for a command."""
        return self._named[1]

    @property
    def _named(self) -> tuple[str, str]:
        machine, *rest = self.id.rsplit(" ", 2)
        return (machine, rest[0]) if len(rest) == 2 and self.id != HERE else (self.id, "")


def beat(provider: Provider, node_id: str) -> None:
    """Tell the others the version, keys and configuration of this process, and how its clock goes."""
    provider.registry.current()  # looks at the files where nobody asks for a page
    with provider.database.transaction() as tx:
        said = {
            "id": node_id,
            "keys": list(_keys(provider.sealer)),
            "ahead": tx.shared.ahead.total_seconds(),
            "seen_at": tx.shared.now,
        }
        tx.execute(SAY, said | asdict(configuration.of_process(provider.settings, provider.registry)))


def in_background(provider: Provider, role: str, stop: Event) -> Thread:
    """Return a started thread that beats until `stop` is set. `role`: gunicorn, granian or worker."""
    node_id = f"{socket.gethostname()} {role} {os.getpid()}"
    thread = Thread(target=_beat_until, args=(provider, node_id, stop), name="heartbeat", daemon=True)
    thread.start()
    return thread


def alive(tx: Transaction, sealer: Sealer) -> list[Node]:
    """Return the processes that said something lately, and this one without its configuration. Reads only."""
    return [*reported(tx), Node(HERE, _keys(sealer), tx.shared.ahead, tx.shared.now)]


def reported(tx: Transaction) -> list[Node]:
    """Return the processes that said something lately, by name. Reads only."""
    return [
        Node(
            row.id,
            tuple(row.keys),
            timedelta(seconds=row.ahead),
            row.seen_at,
            Configuration(row.version, row.settings, row.clients, row.brands, tuple(row.faults)),
        )
        for row in tx.execute(ALIVE_NOW, {"after": tx.shared.now - ALIVE})
    ]


def this_process(tx: Transaction, provider: Provider) -> Node:
    """Return this process as it would report itself. Reads only."""
    said = configuration.of_process(provider.settings, provider.registry)
    return Node(HERE, _keys(provider.sealer), tx.shared.ahead, tx.shared.now, said)


def runs_here(node: Node) -> bool:
    """Return whether the process of this row still runs on this machine: a row outlives its process by minutes."""
    machine, _role, number = node.id.rsplit(" ", 2)
    return machine == socket.gethostname() and Path(f"/proc/{number}").exists()


def may_run(node: Node) -> bool:
    """Return whether the process of this row may still run: nobody can look into another machine or container."""
    return runs_here(node) or node.id.rsplit(" ", 2)[0] != socket.gethostname()


def is_here(node: Node, role: str) -> bool:
    """Return whether this is a process of this machine in that role."""
    return node.id.startswith(f"{socket.gethostname()} {role} ")


def faults(nodes: list[Node]) -> list[str]:
    """Return the faults between these processes, each a sentence that names one process."""
    sealing = {node.keys[0]: node.id for node in nodes}
    found = [
        f"{node.id} cannot open what {who} seals: it lacks the key {key.partition('.')[0]}, or has another of that name"
        for node in nodes
        for key, who in sealing.items()
        if key not in node.keys
    ]
    return found + [f"the clock of {n.id} is {deviation(n.ahead)}" for n in nodes if is_off(n.ahead)]


def _keys(sealer: Sealer) -> tuple[str, ...]:
    return sealer.digests(*CHECKED)


def _beat_until(provider: Provider, node_id: str, stop: Event) -> None:
    while not stop.is_set():
        try:
            beat(provider, node_id)
        except Exception as error:  # the next beat may succeed; this thread is the only one that beats
            log.warning("heartbeat_failed", reason=type(error).__name__)
        stop.wait(EVERY)
