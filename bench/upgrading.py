"""How long an upgrade of the schema holds others up: `python -m bench.upgrading [--people 1000000 --events 2000000]`.

A filled database is taken back to its first revision, and upgraded step by step while somebody reads and writes the
large tables. Prints, for each step, its seconds and the longest wait of the others in milliseconds: at most a second.
PostgreSQL, with its durability on.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from bench.desk import application, filled
from bench.peers import postgresql, results
from idp.migrations import upgrading
from idp.provider import Provider
from tests.support.population import Sizes

LONGEST = 1000.0
"""Milliseconds."""
FIRST = "0001"
PAUSE = 0.005
PROBES = (
    "SELECT person_id FROM email_addresses WHERE key = 'person17@example.ch'",
    "SELECT id FROM portal_identifiers WHERE portal = 'connect' AND kind = 'legacy' AND key = 'cmp00000008'",
    "SELECT id FROM legacy_accounts WHERE portal = 'connect' AND key = 'cvci00000008'",
    "SELECT id FROM registration_codes WHERE reference = bench_reference(12)",
    "SELECT id FROM memberships WHERE person_id = bench_person(30)",
    "UPDATE people SET updated_at = now() WHERE id = bench_person(30)",
    "UPDATE passwords SET changed_at = now() WHERE person_id = bench_person(30)",
    "UPDATE sessions SET last_seen_at = now() WHERE id = bench_id(bench_since(30, 30), 30)",
    "UPDATE refresh_families SET renewed_at = now() WHERE id = bench_id(bench_since(30, 30), 30)",
    "UPDATE organisations SET updated_at = now() WHERE id = bench_company(6)",
    "UPDATE enrolments SET enrolled_at = now() WHERE person_id = bench_person(30)",
    "UPDATE insured_persons SET imported_at = now() WHERE id = bench_id(bench_since(30, 1500), 30)",
    "INSERT INTO audit_events (id, at, name, reference, person_id, organisation_id, client_id, actor, request_id,"
    " address, user_agent, details)"
    " VALUES (gen_random_uuid()::text, now(), 'Probed', '', '', '', '', '', '', '', '', '{}')",
)
"""Statements of a sign-in and of a desk on the large tables, with columns that every revision has."""


@dataclass
class Others:
    """Somebody who uses the database all the time; `longest` is the longest statement since it was last set to 0."""

    engine: sa.Engine
    longest: float = 0.0
    during: str = ""
    stop: Event = field(default_factory=Event)

    def work(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self.stop.wait(PAUSE):
                for probe in PROBES:
                    begin = time.perf_counter()
                    connection.exec_driver_sql(probe)
                    if (took := (time.perf_counter() - begin) * 1000) > self.longest:
                        self.longest, self.during = took, probe


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.upgrading", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    sizes = Sizes(asked.people, asked.events)
    if asked.url:
        run(asked.url, sizes)
        return
    with postgresql.running("upgrading") as database:
        run(database.url("upgrading"), sizes)


def run(url: str, sizes: Sizes) -> None:
    """Take the database back and forth, and print a line for each step."""
    engine = sa.create_engine(url)
    with tempfile.TemporaryDirectory() as folder:
        provider: Provider = application(url, Path(folder)).extensions["provider"]
        filled(provider, engine, sizes)
        provider.database.dispose()
    _alembic(engine, command.downgrade, FIRST)
    sys.stdout.write(f"{results.machine()}\n\n{sizes.people:,} people, {sizes.events:,} events\n")
    steps = [each.revision for each in ScriptDirectory.from_config(upgrading.configuration()).walk_revisions()]
    missed = [step for step in reversed(steps[:-1]) if _step(engine, step) > LONGEST]
    sys.stdout.write(f"above {LONGEST:.0f} ms: {', '.join(missed) or 'none'}\n")
    engine.dispose()


def _step(engine: sa.Engine, revision: str) -> float:
    with _others(engine) as others:
        begin = time.monotonic()
        _alembic(engine, command.upgrade, revision)
        took = time.monotonic() - begin
    table = others.during.split(" WHERE ")[0].split(" (")[0][:60]
    sys.stdout.write(f"{revision} {took:8.1f} s, longest wait of others {others.longest:8.1f} ms ({table})\n")
    sys.stdout.flush()
    return others.longest


@contextmanager
def _others(engine: sa.Engine) -> Iterator[Others]:
    others = Others(engine)
    working = Thread(target=others.work)
    working.start()
    try:
        yield others
    finally:
        others.stop.set()
        working.join()


def _alembic(engine: sa.Engine, act: Callable[[Config, str], None], revision: str) -> None:
    config = upgrading.configuration()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        act(config, revision)
        connection.invalidate()


if __name__ == "__main__":
    main()
