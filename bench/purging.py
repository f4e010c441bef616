"""The cost of deleting what was kept long enough: `python -m bench.purging [--people 1000000 --events 20000000]`.

A database of `tests.support.population` whose events of a month fall due at once. One process signs in as often as it
can, first alone, then while another deletes as the worker does (10,000 rows, once a minute), then while it deletes all
the time. Prints rows a second, the write-ahead log of a row, milliseconds of a sign-in's transaction (median, p99) in
each time, and the size of the table and its indexes.
`--url` measures a database that is filled already; its oldest events are gone afterwards.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from multiprocessing import Event, Process
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

import sqlalchemy as sa

from bench.desk import application, filled
from bench.peers import postgresql, results
from idp.audit import log
from idp.audit.events.codes import CodeAccepted, CodeSent
from idp.audit.log import AuditEvent
from idp.database import Origin
from idp.people.emails import EmailAddress
from idp.provider import Provider
from idp.upkeep import retention
from tests.support.population import Sizes

EVERY = 60.0
"""Seconds from one beginning of the worker's chore to the next (`idp.upkeep.chores`)."""
KEPT = 335 * 86_400
"""Seconds after which an event is due: the population's year leaves a month of them."""
SIZES = "SELECT pg_table_size('audit_events') AS rows, pg_indexes_size('audit_events') AS indexes"
POSITION = "SELECT pg_current_wal_insert_lsn() - '0/0'"
MEBIBYTE = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.purging", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    sizes = Sizes(asked.people, asked.events)
    if asked.url:
        run(asked.url, sizes, asked.seconds)
        return
    with postgresql.running("purging") as database:
        run(database.url("purging"), sizes, asked.seconds)


def run(url: str, sizes: Sizes, seconds: float) -> None:
    """Measure for some seconds without and with deletions, and print both."""
    with _provider(url) as provider:
        engine = sa.create_engine(url)
        filled(provider, engine, sizes)
        sys.stdout.write(f"{results.machine()}\n\n{_sizes(engine)}\n")
        _report("alone", _sign_ins(provider, seconds))
        _report("while a worker deletes", _beside_deletions(provider, engine, url, seconds, pause=EVERY))
        _report("while one deletes all the time", _beside_deletions(provider, engine, url, seconds, pause=0))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            begin = time.monotonic()
            connection.exec_driver_sql("VACUUM ANALYZE audit_events")
        sys.stdout.write(f"vacuum: {time.monotonic() - begin:.0f} s\n{_sizes(engine)}\n")
        engine.dispose()


@contextmanager
def _provider(url: str) -> Iterator[Provider]:
    with tempfile.TemporaryDirectory() as folder:
        provider: Provider = application(url, Path(folder), retention={"audit": KEPT}).extensions["provider"]
        yield provider
        provider.database.dispose()


def _beside_deletions(provider: Provider, engine: sa.Engine, url: str, seconds: float, *, pause: float) -> list[float]:
    """Sign in while another process deletes, and tell what it deleted; milliseconds of each transaction."""
    stop, ready = Event(), Event()
    purging = Process(target=_purge, args=(url, stop, ready, pause))
    purging.start()
    ready.wait()
    before, rows, begin = _position(engine), _rows(engine), time.monotonic()
    times = _sign_ins(provider, seconds)
    deleted, took = rows - _rows(engine), time.monotonic() - begin
    log_bytes = (_position(engine) - before) / max(1, deleted)
    stop.set()
    purging.join()
    sys.stdout.write(
        f"{deleted} rows, {deleted / took:.0f} a second, {log_bytes:.0f} bytes of log each (all writers)\n"
    )
    return times


def _purge(url: str, stop: Signal, ready: Signal, pause: float) -> None:
    """Delete as the chore of a worker does, which begins once in `pause` seconds, until told to stop."""
    with _provider(url) as provider:
        ready.set()
        while not stop.is_set():
            begin = time.monotonic()
            if not retention.purge(provider, batches=20)["audit"]:
                break
            stop.wait(max(0.0, begin + pause - time.monotonic()))


def _sign_ins(provider: Provider, seconds: float) -> list[float]:
    """Do as a sign-in does with codes and the audit trail, again and again; milliseconds of each transaction."""
    with provider.database.reading() as tx:
        people = cycle(tx.execute(sa.select(EmailAddress.person_id, EmailAddress.key).limit(5_000)).all())
    until, times = time.perf_counter() + seconds, []
    while (begin := time.perf_counter()) < until:
        whose = next(people)
        with provider.database.transaction(Origin(actor=whose.person_id)) as tx:
            tx.execute(sa.select(EmailAddress.person_id).where(EmailAddress.key == whose.key)).one()
            told = {"person_id": whose.person_id, "client_id": "e-services"}
            log.record(tx, CodeSent(code_id="", purpose="sign_in_mail", channel="email", masked="", **told))
            log.record(tx, CodeAccepted(code_id="", purpose="sign_in_mail", **told))
        times.append((time.perf_counter() - begin) * 1000)
    return times


def _report(name: str, times: list[float]) -> None:
    percentiles = statistics.quantiles(times, n=100)
    sys.stdout.write(f"{name}: {len(times)} sign-ins, median {percentiles[49]:.2f} ms, p99 {percentiles[98]:.2f} ms\n")
    sys.stdout.flush()


def _sizes(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        row = connection.execute(sa.text(SIZES)).one()
    return f"rows {row.rows / MEBIBYTE:.0f} MiB, indexes {row.indexes / MEBIBYTE:.0f} MiB"


def _position(engine: sa.Engine) -> float:
    with engine.connect() as connection:
        return float(connection.scalar(sa.text(POSITION)) or 0)


def _rows(engine: sa.Engine) -> int:
    """Return how many events are due."""
    due = sa.select(sa.func.count()).where(AuditEvent.at < sa.func.now() - sa.text(f"interval '{KEPT} seconds'"))
    with engine.connect() as connection:
        return connection.scalar(due) or 0


if __name__ == "__main__":
    main()
