"""`make bench-peers`: starts every provider, measures each operation at all of them in turn, twice.

`python -m bench.peers [--seconds 3] [--rounds 2] [--only gunicorn,granian] [operation …]`. Installs wrk and Redis with
apt-get where it runs as root; a peer that cannot be had is left out, with a sentence. Writes `bench/results.md` and
`bench/results.json`, unless operations or servers were chosen.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import which

from argon2 import PasswordHasher

from bench.peers import keycloak, measuring, npm, ours, postgresql, results, spread
from bench.peers.results import Results
from bench.peers.server import Server
from idp.settings_loader import load_settings

PROGRAMS = {"wrk": "wrk", "redis-server": "redis-server"}
OURS = ("granian", "gunicorn")
HASHES = 20


def main() -> None:
    asked = _arguments()
    _install()
    ours.KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as running:
        Path(folder).chmod(0o755)
        notes: list[str] = []
        servers = list(_start(Path(folder), asked.only, running, notes))
        found = Results({server.name: server.title for server in servers}, machine=results.machine(), notes=notes)
        _measure(servers, asked, Path(folder), found)
    sys.stdout.write("\n" + found.as_markdown())
    if not asked.operations and not asked.only:
        results.write(found, Path(__file__).parent.parent)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", type=lambda names: names.split(","), default=[], help="servers, with commas")
    parser.add_argument("operations", nargs="*", choices=[[], *measuring.OPERATIONS])
    return parser.parse_args()


def _install() -> None:
    missing = [package for program, package in PROGRAMS.items() if which(program) is None]
    if missing and os.geteuid() == 0 and which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
    if which("wrk") is None:
        sys.exit("wrk is missing: sudo apt-get install --no-install-recommends wrk redis-server")


def _start(folder: Path, only: list[str], running: ExitStack, notes: list[str]) -> Iterator[Server]:
    """Start what was asked for, or all; what cannot be had becomes a note."""
    database = running.enter_context(postgresql.running(*OURS, "keycloak"))
    for name in OURS:
        if not only or name in only:
            yield running.enter_context(ours.running(name, database.url(name), database.pid, folder / name))
    for name, missing in (("oidc-provider", npm.missing()), ("keycloak", keycloak.missing())):
        if only and name not in only:
            continue
        if missing:
            notes.append(f"{missing}.")
        elif name == "keycloak":
            yield running.enter_context(keycloak.running(ours.KEPT, database.port, database.pid, folder / name))
        else:
            yield running.enter_context(npm.running(folder / name))


def _measure(servers: list[Server], asked: argparse.Namespace, folder: Path, found: Results) -> None:
    """Warm every server up, then measure in rounds: all servers at one operation, then at the next."""
    operations = asked.operations or list(measuring.OPERATIONS)
    for turn in range(asked.rounds + 1):
        for operation in operations:
            for server in servers:
                if (operation, server.name) in results.NOT_COMPARED:
                    continue
                seconds = asked.seconds * (1 if turn else server.warm_up)
                try:
                    sample = measuring.measure(server, operation, seconds, folder)
                except (AssertionError, ConnectionError) as error:  # the other figures are worth having
                    found.notes.append(f"{server.title} failed at {operation}: {str(error)[:80]}")
                    continue
                if turn:
                    found.add(server.name, operation, sample)
                    _report(turn, operation, server, sample)
    hash_us, crowded_us = _hash_us(1), _hash_us(os.cpu_count() or 1)
    for server in servers:
        facts = found.facts.setdefault(server.name, {})
        facts["first answer from cold, s"] = server.first_answer
        facts["memory of all processes after sign-ins, PSS, MiB"] = server.memory
        if server.name in OURS:
            facts["connections of one process ÷ an even share"] = spread.busiest(server)
            facts["own hash, µs"] = hash_us
            facts["own hash while every core makes one, µs"] = crowded_us
            if signed_in := found.rounds.get(server.name, {}).get("sign_in"):
                facts |= results.facts_of_sign_in(signed_in, hash_us)


def _report(turn: int, operation: str, server: Server, sample: measuring.Sample) -> None:
    sys.stdout.write(
        f"{turn} {operation:20} {server.name:14} {sample.rate:9.1f}/s {sample.cpu_us:8.0f} µs "
        f"database {sample.database_us:6.0f} µs  median {sample.p50_ms:7.1f} ms  p99 {sample.p99_ms:7.1f} ms\n"
    )
    sys.stdout.flush()


def _hash_us(at_once: int) -> float:
    """Return the processor time of one password hash as shipped, where so many processes hash at once."""
    with multiprocessing.Pool(at_once) as processes:
        return statistics.fmean(processes.map(_time_hashes, range(at_once), chunksize=1))


def _time_hashes(_process: int) -> float:
    """Return the median of some hashes of this process."""
    shipped = load_settings({"IDP_SECRETS": "bench:" + "QUFB" * 16}).passwords
    hasher = PasswordHasher(time_cost=shipped.passes, memory_cost=shipped.memory_kib, parallelism=1)
    hasher.hash("warm-up")
    taken = []
    for _ in range(HASHES):
        begin = time.process_time()
        hasher.hash("correct horse battery staple")
        taken.append(time.process_time() - begin)
    return statistics.median(taken) * 1e6


if __name__ == "__main__":
    main()
