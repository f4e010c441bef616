"""The processor and memory that letters for many cost: `python -m bench.letters [--letters 10000] [--profile FILE]`.

One job as the worker does it, in this process, on PostgreSQL with its durability on: a register is uploaded, checked,
stored, its codes are drawn, its files made and collected. Prints processor seconds of each part, and how far memory
rose while a job ten times as large as the first was made. `--profile`: where the time of the large one goes.
"""

import argparse
import cProfile
import io
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import served
from bench.desk import application
from bench.imports import in_letters
from bench.peers import results
from idp.actions import letter_jobs
from idp.actions.actor import Actor
from idp.actions.letter_jobs import UploadedRegister
from idp.database import Origin, Transaction
from idp.invitations.letters.job import LetterChoice, LetterJob
from idp.jobs import job_files, leased_job
from idp.jobs.job_files import PIECE
from idp.migrations import upgrading
from idp.provider import Provider
from idp.upkeep.job_work import JobWork

FUND, PORTAL = "AK01", "connect"
HEADINGS = "number;given_name;family_name;birth_date;language;address_1;postal_code;locality\n"
OPERATOR = Actor.operator("bench")
LINES = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.letters", description=__doc__)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--profile", type=Path)
    asked = parser.parse_args()
    with served.throw_away_database() as url, tempfile.TemporaryDirectory() as folder:
        provider: Provider = application(url, Path(folder)).extensions["provider"]
        upgrading.upgrade(provider.database)
        sys.stdout.write(f"{results.machine()}\n\n")
        made(provider, 0, asked.letters // 10)
        before = _peak()
        with _profiled(asked.profile):
            made(provider, asked.letters // 10, asked.letters)
        sys.stdout.write(f"memory at the most: {before:.0f} MiB after the first job, {_peak():.0f} after the second\n")
        provider.database.dispose()


def made(provider: Provider, first: int, letters: int) -> None:
    """Make so many letters, and print the processor seconds of each part."""
    register = "".join((HEADINGS, *_lines(first, letters))).encode()
    parts: list[tuple[str, Callable[[], object]]] = [
        ("upload", lambda: _upload(provider, register)),
        ("check", JobWork(provider).run_once),
        ("order", lambda: _order(provider)),
        ("make", JobWork(provider).run_once),
        ("collect", lambda: _collect(provider)),
    ]
    begin, spent = time.perf_counter(), {}
    for name, part in parts:
        used = time.process_time()
        part()
        spent[name] = time.process_time() - used
    told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items())
    took = time.perf_counter() - begin
    sys.stdout.write(f"{letters} letters: {sum(spent.values()):.1f} s of the processor ({told}), {took:.0f} s\n")


def _lines(first: int, letters: int) -> Iterator[str]:
    for number in range(first, first + letters):
        language = ("fr", "de", "it")[number % 3]
        yield (
            f"756.{number:010};Léa;Rochat {in_letters(number)};{1 + number % 28:02}.07.1960;{language};"
            f"Rue du Lac {number % 90};1800;Vevey\n"
        )


def _upload(provider: Provider, register: bytes) -> None:
    with provider.database.reading() as tx:
        job_id = leased_job.new_id(tx)
    for place, start in enumerate(range(0, len(register), PIECE)):
        with provider.database.transaction(Origin()) as tx:
            job_files.write(tx, job_id, job_files.UPLOAD, place, register[start : start + PIECE])
    uploaded = UploadedRegister(
        job_id=job_id, client_id=PORTAL, fund=FUND, file_name="register.csv", size=len(register)
    )
    with provider.database.transaction(Origin()) as tx:
        letter_jobs.upload(tx, uploaded, by=OPERATOR, reason="bench")


def _order(provider: Provider) -> None:
    with provider.database.transaction(Origin()) as tx:
        assert letter_jobs.order(tx, _newest(tx), LetterChoice(design="portal", language="", format="pdf"), by=OPERATOR)


def _collect(provider: Provider) -> None:
    with provider.database.transaction(Origin()) as tx:
        job = _newest(tx)
        assert letter_jobs.collect(tx, job, by=OPERATOR), job.state
    pieces = job_files.stream(provider.database, job.id, job_files.PRINTED)
    assert all(piece.startswith(b"%PDF") for piece in pieces)


def _newest(tx: Transaction) -> LetterJob:
    return tx.session.query(LetterJob).order_by(LetterJob.id.desc()).limit(1).one()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _profiled(file: Path | None) -> Iterator[None]:
    if file is None:
        yield
        return
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    yield
    profiler.disable()
    written = io.StringIO()
    pstats.Stats(profiler, stream=written).sort_stats("tottime").print_stats(LINES)
    pstats.Stats(profiler, stream=written).sort_stats("cumtime").print_stats(LINES * 2)
    file.write_text(written.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
