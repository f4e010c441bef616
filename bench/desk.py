"""How fast the desk finds and shows people among many: `python -m bench.desk [--people 1000000 --events 20000000]`.

The whole application in this process, on PostgreSQL with its durability on, filled by `tests.support.population`. It
prints, for each search and page, milliseconds by the clock (the median of the repetitions, without the browser) and of
the processor (the mean, of this process and of the database), its statements, and the large tables that one of them
read as a whole. On a busy machine the second is the one to read. Every plan as it ran is written to `bench/plans`.
`--keep FOLDER` leaves the database there, and measures it again without filling. `--url` does the same with any server.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

import flows
from bench.costs import PROCESS, database_time
from bench.peers import postgresql, results
from idp import random_values
from idp.app import create_app
from idp.migrations import upgrading
from idp.provider import Provider
from idp.settings_loader import load_settings
from idp.staff import looks, sessions
from idp.staff.appointments import Appointment, Role
from tests.flows.desk.conftest import Desk
from tests.support.browser import Browser
from tests.support.clients import SECRET_VARIABLE
from tests.support.counting import counting
from tests.support.population import BUSY_PERSON, Sizes, fill

REPEATED = 8
"""psycopg prepares a statement when it comes for the sixth time, and PostgreSQL may then plan it for all values."""
LARGE = 10_000
"""Rows from which a scan of a table counts."""
PLANS = Path(__file__).parent / "plans"
PLAN = re.compile(r"LOG:  duration: (\S+) ms  plan:\n((?:\t.*\n)+)")
SCAN = re.compile(r"Seq Scan on (\w+)")
MOST = {"find": 50.0, "person": 100.0, "company": 100.0, "overview": 50.0}
"""Milliseconds."""


@dataclass(frozen=True)
class Case:
    """One thing that staff do, ready to be repeated; `kind` says how long it may take."""

    kind: str
    name: str
    act: Callable[[], object]


@dataclass
class Stopwatch:
    """Times the application alone: what the browser of the tests does with an answer is not in it."""

    app: Callable[..., Any]
    spent: float = 0.0
    used: float = 0.0
    """Seconds by the clock, and of this process on the processor."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        begin, used = time.perf_counter(), time.process_time()
        answer = self.app(environ, start_response)
        body = list(answer)
        self.spent += time.perf_counter() - begin
        self.used += time.process_time() - used
        answer.close()
        return body


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--keep", type=Path, help="leave the database in this folder; measure it where it is there")
    parser.add_argument("--url", default="")
    parser.add_argument("--log", type=Path, help="the log of the server behind --url: its plans are read there")
    parser.add_argument("kinds", nargs="*", choices=[[], *MOST], help="all of them where none is named")
    asked = parser.parse_args()
    sizes, kinds = Sizes(asked.people, asked.events), asked.kinds or list(MOST)
    if asked.url:
        run(asked.url, sizes, asked.log, kinds)
        return
    with postgresql.running("desk", kept=asked.keep and asked.keep.absolute()) as database:
        run(database.url("desk"), sizes, database.cluster.folder / "log", kinds)


def run(url: str, sizes: Sizes, log: Path | None, kinds: Sequence[str]) -> None:
    """Fill the database if it is empty, measure cases of these kinds, and keep the plans that the log tells."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Path("/dev/null").open("w", encoding="utf-8") as nowhere,
        redirect_stderr(nowhere),  # the line of each request costs no disk
    ):
        provider: Provider = (app := application(url, Path(folder))).extensions["provider"]
        engine = sa.create_engine(url)
        filled(provider, engine, sizes)
        bench = Bench(app, sizes)
        sys.stdout.write(f"{results.machine()}\n\n{sizes.people:,} people, {sizes.events:,} events, ms\n")
        cases = [case for case in bench.cases() if case.kind in kinds]
        for case in cases:
            bench.report(case)
        if log is not None:
            PLANS.mkdir(exist_ok=True)
            with explained(provider, engine):
                _keep_plans(cases, log, engine, PLANS / f"desk-{sizes.people}.txt")
        engine.dispose()
        provider.database.dispose()


def application(url: str, folder: Path, **sections: Mapping[str, object]) -> Flask:
    """Make the application with the portals of the tests, on this database."""
    os.environ.setdefault(SECRET_VARIABLE, "bench-secret-0123456789abcdef0123456789")
    overrides = {
        "database": {"url": url},
        "files": {"variable": str(folder), "clients": "tests/portals/clients", "brands": "config/brands"},
        "secrets": {"keys": {"bench": b"0123456789abcdef" * 2}, "active": "bench"},
        **sections,
    }
    return create_app(load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=overrides), flows=flows.ALL)


def filled(provider: Provider, engine: sa.Engine, sizes: Sizes) -> None:
    """Bring the schema up to date, and fill the database unless somebody is there already."""
    upgrading.upgrade(provider.database)
    with engine.connect() as connection:
        if connection.scalar(sa.text("SELECT id FROM people LIMIT 1")) is not None:
            return
    begin = time.monotonic()
    fill(engine, sizes)
    with engine.connect() as connection:
        size = connection.scalar(sa.text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
    sys.stdout.write(f"filled in {time.monotonic() - begin:.0f} s: {size}\n")


class Bench:
    """A reader of a whole portal, of one large fund, and of a small one, with their browsers."""

    def __init__(self, app: Flask, sizes: Sizes) -> None:
        self.provider: Provider = app.extensions["provider"]
        self.sizes = sizes
        self.watch = Stopwatch(app.wsgi_app)
        app.wsgi_app = self.watch  # type: ignore[method-assign]
        self.desk = Desk(app, self.provider)
        self.browsers = {
            "large": self._works(Appointment(Role.CLERK, fund="AK01"), Appointment(Role.CLERK, portal="e-services")),
            "small": self._works(Appointment(Role.CLERK, fund="AK00")),
        }
        with self.provider.database.reading() as tx:
            self.known = {name: str(tx.execute(sa.text(sql)).scalar()) for name, sql in KNOWN.items()}
            self.database = int(tx.execute(PROCESS).scalar_one().split()[0])
        self._open_records()

    def cases(self) -> Iterator[Case]:
        for who in self.browsers:
            for name, typed in self._typed().items():
                yield Case("find", f"{name} ({who} fund)", self._finding(who, typed))
        for name in ("person", "busy person", "deactivated person"):
            yield Case("person", name, self._getting(f"/desk/people/{self.known[name]}"))
        for name in ("company", "large company"):
            yield Case("company", name, self._getting(f"/desk/companies/{self.known[name]}"))
        for place in ("portal:e-services", "fund:AK01"):
            for period in ("day", "month", "year"):
                path = f"/desk/overview?place={place}&period={period}"
                yield Case("overview", f"{place}, {period}", self._getting(path))

    def report(self, case: Case) -> None:
        """Repeat a case, and print its line."""
        with counting(self.provider.database) as asked:
            case.act()
        times, used, database = [], [], database_time(self.database)
        for _ in range(REPEATED):
            self.watch.spent = self.watch.used = 0.0
            case.act()
            times.append(self.watch.spent * 1000)
            used.append(self.watch.used * 1000)
        own, theirs = statistics.fmean(used), (database_time(self.database) - database) * 1000 / REPEATED
        missed = "" if own + theirs <= MOST[case.kind] else f"  above {MOST[case.kind]:.0f}"
        sys.stdout.write(
            f"{case.kind:9}{case.name:44}{statistics.median(times):8.1f} by the clock, {own:6.1f} + {theirs:6.1f} of "
            f"the processor, {asked.statements:2} statements{missed}\n"
        )
        sys.stdout.flush()

    def _typed(self) -> dict[str, str]:
        """Return the words of callers; each shape of them runs other statements."""
        return {
            "address": "person4710@example.ch",
            "address of nobody": "nobody@example.ch",
            "name and birth date": f"{self.known['name']} {self.known['born']}",
            "common name": "Anne Müller",
            "common family name": "Müller",
            "rare name": self.known["name"],
            "name of nobody": "Zwyssigmann",
            "first word of many companies": "Boulangerie",
            "company": self.known["company name"],
            "customer number": "CMP-00000005",
            "former user ID": "CVCI00000007",
            "number in the register": "756.0000000006",
            "reference of a letter": self.known["letter"],
            "reference of an event": self.known["event"],
            "reference of a page": self.known["page"],
        }

    def _finding(self, who: str, typed: str) -> Callable[[], object]:
        browser = self.browsers[who]
        browser.get("/desk")
        page = browser.page

        def find() -> object:
            browser.page = page
            return browser.fill(q=typed).send("search")

        return find

    def _getting(self, path: str) -> Callable[[], object]:
        def get() -> object:
            page = self.browsers["large"].get(path)
            assert page.status == 200, (path, page.status)
            return page

        return get

    def _works(self, *appointments: Appointment) -> Browser:
        places = "-".join(each.fund + each.portal for each in appointments)
        email = f"{places}-{random_values.code(8, '0123456789')}"  # a kept database knows those of earlier runs
        return self.desk.signed_in(self.desk.employed(*appointments, email=f"{email}@fund.example.ch".lower()))

    def _open_records(self) -> None:
        with self.provider.database.transaction() as tx:
            session = tx.execute(sa.select(sessions.StaffSessionRow.id).order_by(sessions.StaffSessionRow.id)).scalars()
            for session_id in session.all():
                for name in ("person", "busy person", "deactivated person"):
                    looks.take(tx, session_id, looks.PERSON, self.known[name], reason="bench")
                for name in ("company", "large company"):
                    looks.take(tx, session_id, looks.COMPANY, self.known[name], reason="bench")


KNOWN = {
    "person": "SELECT bench_person(60)",
    "busy person": f"SELECT bench_person({BUSY_PERSON})",
    "deactivated person": "SELECT bench_person(3007)",
    "company": "SELECT bench_company(6)",
    "large company": "SELECT bench_company(3)",
    "name": "SELECT given_name || ' ' || family_name FROM people WHERE id = bench_person(33)",
    "born": "SELECT to_char(birth_date, 'DD.MM.YYYY') FROM people WHERE id = bench_person(33)",
    "company name": "SELECT name FROM organisations WHERE id = bench_company(6)",
    "letter": "SELECT bench_reference(12)",
    "event": "SELECT bench_reference(90001)",
    "page": "SELECT bench_reference(400090001)",
}


@contextmanager
def explained(provider: Provider, engine: sa.Engine) -> Iterator[None]:
    """Let new connections write the plan of each statement as it ran."""
    settings = {
        "session_preload_libraries": "auto_explain",
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_buffers": "on",
    }
    _set(engine, [f"SET {name} = '{value}'" for name, value in settings.items()])
    provider.database.dispose()
    yield
    _set(engine, [f"RESET {name}" for name in settings])


def _set(engine: sa.Engine, changes: Sequence[str]) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.scalar(sa.text("SELECT current_database()"))
        for change in changes:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" {change}')


def _keep_plans(cases: Sequence[Case], log: Path, engine: sa.Engine, kept: Path) -> None:
    """Write the plans of each case, and print which of them read a large table as a whole."""
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")).all()
    large = {row.relname for row in rows if row.reltuples > LARGE}
    scanned = 0
    with kept.open("w", encoding="utf-8") as file:
        for case in cases:
            before = log.stat().st_size
            case.act()
            with log.open("rb") as written:
                written.seek(before)
                plans = PLAN.findall(written.read().decode())
            file.write(f"\n==== {case.kind}: {case.name}\n")
            for took, plan in plans:
                file.write(f"-- {took} ms\n{plan}")
                for table in large & set(SCAN.findall(plan)):
                    scanned += 1
                    sys.stdout.write(f"{case.kind}: {case.name}: {table} is read as a whole ({took} ms)\n")
    sys.stdout.write(f"{scanned} scans of large tables; plans in {kept.name}\n")


if __name__ == "__main__":
    main()
