"""A throw-away PostgreSQL cluster on a Unix socket, started for one test session."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

SUPERUSER = "postgres"


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, or None where PostgreSQL is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Cluster:
    """Runs as the `postgres` system user when the tests run as root, which PostgreSQL refuses to be."""

    def __init__(self, binaries: Path, *, durable: bool = False, port: int = 0, folder: Path | None = None) -> None:
        """`durable`: commits reach the disk, for measurements and clusters that are halted; other tests need no such
        promise. `port`: listen on this machine's address as well. `folder`: where to keep or find the cluster."""
        self.binaries = binaries
        self._hurry = "" if durable else "-c fsync=off -c synchronous_commit=off -c full_page_writes=off "
        self._reach = f"-c listen_addresses=127.0.0.1 -p {port} " if port else "-c listen_addresses='' "
        self._port = f"&port={port}" if port else ""
        self.folder = folder or Path(tempfile.mkdtemp(prefix="pg-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, SUPERUSER)
            pwd.getpwnam(SUPERUSER)
            self._prefix = ["setpriv", f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--clear-groups"]

    def start(self) -> None:
        self._run("initdb", "-D", self._data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self.resume()

    def follow(self, primary: "Cluster") -> None:
        """Start as a streaming replica of that cluster, which runs."""
        address = f"host={primary.folder} user={SUPERUSER}"
        self._run("pg_basebackup", "-D", self._data, "-d", address, "-c", "fast", "-R", "--no-sync")
        self.resume()

    def resume(self) -> None:
        """Start again what `halt` stopped."""
        options = f"-k {self.folder} {self._reach}{self._hurry}-c max_connections=200"
        self._run("pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-o", options, "-w", "start")

    def halt(self) -> None:
        """As a power cut would: every connection is gone."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def rest(self) -> None:
        """Stop in good order, to be resumed at another time."""
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "-t", "600", "stop")

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = SUPERUSER) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}{self._port}"

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
