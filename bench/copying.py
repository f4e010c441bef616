"""The time of `idp db copy` for a million people: `python -m bench.copying [--people 1000000]`.

SQLite to PostgreSQL with its durability on, on this machine. Prints seconds, processor seconds of the command, and rows
a second; the comparison row by row is part of it.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from bench import served
from bench.peers import postgresql
from idp.people.emails import EmailAddress
from idp.settings import HOME
from tests.support.multiplied import multiply

AT_ONCE = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.copying", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory(prefix="copying-") as folder, postgresql.running("copied") as database:
        url = f"sqlite:///{folder}/source.sqlite3"
        variables = served.environment(Path(folder), url, "http://127.0.0.1")
        subprocess.run([sys.executable, "-m", "idp", "db", "upgrade"], env=variables, check=True, capture_output=True)
        served.make_people(variables, 1)
        _grow(url, people)
        command = [sys.executable, "-m", "idp", "db", "copy", "--from", url, "--to", database.url("copied")]
        begin, used = time.monotonic(), _processor_time()
        done = subprocess.run(command, env=variables, cwd=HOME, check=True, capture_output=True, text=True).stdout
        took, used = time.monotonic() - begin, _processor_time() - used
    rows = int(re.findall(r"^(\d+) rows copied", done, re.MULTILINE)[0])
    sys.stdout.write(f"{people} people, {rows} rows: {took:.0f} s, {used:.0f} s of CPU, {rows / took:.0f} rows/s\n")


def _grow(url: str, people: int) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        person_id = connection.scalar(sa.select(EmailAddress.person_id))
    assert person_id is not None
    for first in range(1, people, AT_ONCE):
        multiply(engine, person_id, first, min(people - 1, first + AT_ONCE - 1))
    engine.dispose()


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
