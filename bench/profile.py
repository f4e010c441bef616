"""Where the time of each hot operation goes: `python -m bench.profile [folder]`, by default `bench/profiles/after`.

One file for each operation: the functions that take most processor time themselves, as cProfile sees them in one
process on PostgreSQL (SQLite where it is not installed). A profiler makes calls dearer than they are, so read shares,
and take totals from `bench.inprocess` and `bench.sign_in`.
"""

import cProfile
import io
import pstats
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from bench import inprocess, served, sign_in
from idp.settings import HOME

REPEATED = 100
LINES = 18
PLACES = re.compile(rf"\S*/(?:site-packages|lib/python3\.\d+)/|{re.escape(str(HOME))}/")
TOKENS = {
    "client_credentials, JWT ES256": "client_credentials",
    "userinfo, JWT": "userinfo",
    "introspection, JWT": "introspection",
    "refresh, JWT and ID token": "refresh",
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        for name, call in operations():
            (folder / f"{name}.txt").write_text(profiled(call), encoding="utf-8")
            sys.stdout.write(f"{name}\n")


def operations() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Give each operation, ready to be repeated."""
    with served.throw_away_database() as url, inprocess.application(url) as app:
        for name, call in inprocess.Bench(app).cases():
            if name in TOKENS:
                yield TOKENS[name], call
    with tempfile.TemporaryDirectory() as folder, served.throw_away_database() as url:
        bench = sign_in.Bench(served.application(Path(folder), url or f"sqlite:///{folder}/bench.sqlite3", people=1))
        yield "sign-in-page", bench.anonymous_page
        yield "code", bench.code
        yield "sign-in", bench.sign_in
        bench.provider.database.dispose()


def profiled(call: Callable[[], Any]) -> str:
    """Return the table of the functions that take most time themselves."""
    for _ in range(20):
        call()
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    for _ in range(REPEATED):
        call()
    profiler.disable()
    written = io.StringIO()
    pstats.Stats(profiler, stream=written).sort_stats("tottime").print_stats(LINES)
    table = PLACES.sub("", written.getvalue()).strip()
    return f"{REPEATED} operations\n\n{table}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "profiles" / "after")
