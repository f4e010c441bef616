"""How fast former directories are read, and with how much memory: `python -m bench.imports [lines]`.

Lines as they come: nine of ten with a salted SHA-1, one with bcrypt. Unit: lines a second of the processor's time,
which others on the machine change less than the clock's; memory is the peak of the process, so that growth with the
number of lines shows.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

BCRYPT = "$2b$10$abcdefghijklmnopqrstuuGqj3P6lIBrhGYNYZJWvhAbTz2qV1y3i"
LETTERS = str.maketrans("0123456789abcdef", "aeioubcdfghlmnrs")
ENVIRONMENT = {"IDP_ENVIRONMENT": "development", "IDP_SECRETS": "bench:" + "QUFB" * 16}


def main(lines: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "directory.csv")
        _write(source, lines)
        environment = {**os.environ, **ENVIRONMENT, "IDP_DATABASE__URL": f"sqlite:///{folder}/idp.sqlite3"}
        idp = [sys.executable, "-m", "idp"]
        subprocess.run([*idp, "db", "upgrade"], env=environment, check=True, capture_output=True)
        begin, used = time.perf_counter(), _processor_time()
        command = [*idp, "legacy", "import", str(source), "--portal", "e-services", "--reason", "bench"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        took, used = time.perf_counter() - begin, _processor_time() - used
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    sys.stdout.write(
        f"{lines} legacy lines: {lines / used:.0f} a second of processor time, {lines / took:.0f} a second, "
        f"at most {peak:.0f} MB\n"
    )


def _processor_time() -> float:
    """Seconds that the processes which ended spent in user code."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def _write(path: Path, lines: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["identifier", "hash", "given_name", "family_name", "email"])
        writer.writerows(_rows(lines))


def _rows(lines: int) -> Iterator[tuple[str, str, str, str, str]]:
    for number in range(lines):
        salt = number.to_bytes(8, "big")
        ssha = "{SSHA}" + b64encode(sha1(b"secret" + salt).digest() + salt).decode()  # noqa: S324
        stored = BCRYPT if number % 10 == 0 else ssha
        yield f"CVCI{number:08d}", stored, "Anne", f"Rochat {in_letters(number)}", f"person{number}@example.ch"


def in_letters(number: int) -> str:
    """Return the number as a name: names hold no digits, which could be a phone's."""
    return f"{number:x}".translate(LETTERS).title()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
