"""A throw-away PostgreSQL whose commits reach the disk, as in production."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.peers.server import free_port
from tests.support.postgresql import Cluster, find_binaries


@dataclass(frozen=True)
class Postgresql:
    """`port` on this machine's address; `pid` of its first process."""

    cluster: Cluster
    port: int

    @property
    def pid(self) -> int:
        return int((self.cluster.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def url(self, database: str) -> str:
        return self.cluster.url(database)


@contextmanager
def running(*databases: str, kept: Path | None = None) -> Iterator[Postgresql]:
    """Serve these databases until the block ends. They are empty, unless `kept`, a folder, holds them already."""
    binaries = find_binaries()
    if binaries is None:
        sys.exit("PostgreSQL is missing: make test installs it")
    started = Postgresql(Cluster(binaries, durable=True, port=(port := free_port()), folder=kept), port)
    if found := kept is not None and (kept / "data").exists():
        started.cluster.resume()
    else:
        started.cluster.start()
    try:
        engine = sa.create_engine(started.cluster.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in () if found else databases:
                connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        yield started
    finally:
        started.cluster.stop() if kept is None else started.cluster.rest()
