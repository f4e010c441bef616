"""A throw-away PostgreSQL whose commits reach the disk, as in production."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
def running(*databases: str) -> Iterator[Postgresql]:
    """Serve these empty databases until the block ends."""
    binaries = find_binaries()
    if binaries is None:
        sys.exit("PostgreSQL is missing: make test installs it")
    started = Postgresql(Cluster(binaries, durable=True, port=(port := free_port())), port)
    started.cluster.start()
    try:
        engine = sa.create_engine(started.cluster.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in databases:
                connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        yield started
    finally:
        started.cluster.stop()
