"""A provider under measurement: how it is reached, and what its processes and its database use."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from urllib.error import URLError
from urllib.request import urlopen

from bench import load
from bench.served import PASSWORD, SECRET
from bench.visitor import Target

REDIRECT = "https://portal.example.ch/callback"
PEOPLE = 32
LONGEST_START = 300
KIBIBYTES = 1024


@dataclass(frozen=True)
class Server:
    """`issuer` is where it listens, with the path of its discovery document; `database` the first process of it."""

    name: str
    title: str
    issuer: str
    pid: int
    database: int
    first_answer: float
    """Seconds from the start of its process."""
    api_scope: str = "api"
    warm_up: float = 0.5
    """Of the time of a measurement."""

    def targets(self) -> list[Target]:
        """Return what each connection asks for: all the same, except for the person."""
        return load.read_targets(
            load.read_arguments(
                [
                    *("--issuer", self.issuer, "--client", f"bench:{SECRET}", "--redirect", REDIRECT),
                    *("--person", f"bench{{n}}@example.ch:{PASSWORD}", "--connections", str(PEOPLE)),
                    *("--machine-scope", self.api_scope),
                ]
            )
        )

    @property
    def memory(self) -> float:
        """Proportional set size of its processes in MiB."""
        return proportional(self.pid) / KIBIBYTES


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@contextmanager
def process(command: list[str], environment: Mapping[str, str], log: Path, cwd: Path) -> Iterator[int]:
    """Run a command with its children in a group of their own, until the block ends; gives its number."""
    with log.open("wb") as written:
        running = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=cwd, stdout=written, stderr=written, start_new_session=True
        )
    try:
        yield running.pid
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        try:
            running.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def wait_for(address: str) -> float:
    """Return after how many seconds the address answered."""
    begin = time.monotonic()
    while time.monotonic() - begin < LONGEST_START:
        try:
            with urlopen(address):  # noqa: S310
                return time.monotonic() - begin
        except (URLError, ConnectionError):
            time.sleep(0.02)
    raise TimeoutError(address)


def family(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return [pid, *(descendant for child in children for descendant in family(int(child)))]


def proportional(pid: int) -> int:
    """Return the proportional set size of a process and its descendants in KiB."""
    total = 0
    for member in family(pid):
        lines = Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total
