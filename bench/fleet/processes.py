"""The processes of an installation: servers and workers of a release. Each can be stopped, killed and frozen."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.peers.server import free_port

READY_WITHIN = 300  # seconds, on a busy machine
STOPPED_WITHIN = 60
PATIENCE = 2  # seconds for an answer of /readyz
SAID = 2000
"""So many characters of a log go into a fault."""


@dataclass(frozen=True)
class Release:
    """A checkout of some version, and the variables of the installation. All releases share the installed packages."""

    name: str
    folder: Path
    variables: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Run a command of `idp` to its end, and return what it says. Raises `RuntimeError` if it fails."""
        command = [sys.executable, "-m", "idp", *words]
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.variables}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: idp {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name: str, *words: str, **variables: str) -> "Process":
        return Process(name, self, words, variables)


@dataclass
class Process:
    """An `idp` command with its children, in a group of their own. `wanted`: a supervisor starts it again."""

    name: str
    release: Release
    words: tuple[str, ...]
    variables: Mapping[str, str]
    wanted: bool = True
    popen: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    @property
    def log(self) -> Path:
        return Path(self.release.variables["IDP_FILES__VARIABLE"]) / f"{self.name}.log"

    def start(self) -> None:
        """Start it with the release and the variables that hold now."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "idp", *self.words],
                cwd=self.release.folder,
                env={**os.environ, **self.release.variables, **self.variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wanted = True

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and to its children."""
        os.killpg(self.popen.pid, number)

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children")
        return [int(number) for number in path.read_text(encoding="ascii").split()]

    def stop(self) -> None:
        """Ask it to end, as a supervisor does, and wait."""
        self.wanted = False
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            self.popen.wait(STOPPED_WITHIN)

    def end(self) -> None:
        """End it whatever its state."""
        self.wanted = False
        if self.popen.poll() is None:
            self.send(signal.SIGKILL)
            self.popen.wait()


@dataclass
class Node:
    """One server and where it listens."""

    process: Process
    port: int

    def ready(self) -> bool:
        return status(self.port, "/readyz") == 200

    def wait_until_ready(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while not self.ready():
            if time.monotonic() > until or self.process.popen.poll() is not None:
                raise RuntimeError(f"{self.process.name} is not ready: {self.process.log.read_text()[-SAID:]}")
            time.sleep(0.1)


def status(port: int, path: str) -> int:
    """Return the status of a GET; 0 where nobody answers in time."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def node(release: Release, name: str, **variables: str) -> Node:
    """Start a server; it is not ready yet."""
    port = free_port()
    return Node(release.start(name, "serve", IDP_BIND=f"127.0.0.1:{port}", **variables), port)


@contextmanager
def ended_afterwards() -> Iterator[list[Process]]:
    """Give a list of processes; those that still run when the block ends are killed."""
    started: list[Process] = []
    try:
        yield started
    finally:
        for process in started:
            process.end()
