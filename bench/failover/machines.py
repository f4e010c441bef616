"""Three databases under Patroni with etcd, and HAProxy in front, as `packaging/failover` has them, on one machine."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from idp.settings import HOME
from tests.support.ports import free_port
from tests.support.postgresql import SUPERUSER, find_binaries

FILES = HOME / "packaging" / "failover"
PROGRAMS = ("patroni", "etcd", "haproxy", "pgbouncer")
PACKAGES = "patroni etcd-server haproxy pgbouncer"
DATABASE = "postgres"
NUMBERS = (1, 2, 3)
PATIENCE = 240.0


@dataclass(frozen=True)
class Machine:
    """One database with its Patroni. `database` and `control` are ports."""

    number: int
    database: int
    control: int
    process: "subprocess.Popen[bytes]"
    data: Path

    def lose(self) -> None:
        """Kill Patroni and every process of PostgreSQL at once, as a machine that loses its power."""
        self.process.kill()
        postmaster = int((self.data / "postmaster.pid").read_text("utf-8").split()[0])
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False)
        for pid in (postmaster, *map(int, children.stdout.split())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True)
class Machines:
    """Ports: where HAProxy leads to the primary, and to the replicas, and where PgBouncer leads to HAProxy."""

    port: int
    replicas: int
    pooled: int
    all: tuple[Machine, ...]

    def url(self, port: int) -> str:
        """Return an address of the database."""
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{port}/{DATABASE}?connect_timeout=3"

    def members(self) -> list[dict[str, Any]]:
        """Return what Patroni says of each member, asked at the first machine that answers."""
        for machine in self.all:
            with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{machine.control}/cluster", timeout=2) as told:
                members: list[dict[str, Any]] = json.load(told)["members"]
                return members
        return []

    @property
    def primary(self) -> Machine:
        (name,) = [each["name"] for each in self.members() if each["role"] == "leader"]
        return next(machine for machine in self.all if f"database{machine.number}" == name)

    def wait(self) -> None:
        """Return once there is a primary, and a second machine without which nothing is acknowledged."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if {"leader", "sync_standby"} <= {each["role"] for each in self.members() if each["state"] != "stopped"}:
                return
            time.sleep(0.5)
        raise TimeoutError(f"Patroni says {self.members()}")


def missing() -> list[str]:
    """Return the programs that are not installed here."""
    return [name for name in PROGRAMS if _program(name) is None]


@contextmanager
def running() -> Iterator[Machines]:
    """Start everything in a folder of its own; stop and delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="failover-"))
    if os.geteuid() == 0:
        shutil.chown(folder, SUPERUSER)
    started: list[subprocess.Popen[bytes]] = []
    try:
        etcd, port, replicas, pooled = (free_port() for _ in range(4))
        started.append(_start(folder, "etcd", _etcd(folder, etcd, free_port())))
        machines = tuple(_machine(folder, number, etcd, started) for number in NUMBERS)
        (folder / "haproxy.cfg").write_text(_haproxy(machines, port, replicas), "utf-8")
        started.append(_start(folder, "haproxy", ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]))
        _write_pgbouncer(folder / "pgbouncer.ini", port, pooled)
        started.append(_start(folder, "pgbouncer", ["pgbouncer", str(folder / "pgbouncer.ini")]))
        found = Machines(port, replicas, pooled, machines)
        found.wait()
        yield found
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _machine(folder: Path, number: int, etcd: int, started: "list[subprocess.Popen[bytes]]") -> Machine:
    database, control, data = free_port(), free_port(), folder / f"data{number}"
    path = folder / f"patroni{number}.yml"
    path.write_text(yaml.safe_dump(_patroni(folder, number, etcd, database, control)), "utf-8")
    process = _start(folder, f"database{number}", ["patroni", str(path)])
    started.append(process)
    return Machine(number, database, control, process, data)


def _patroni(folder: Path, number: int, etcd: int, database: int, control: int) -> dict[str, Any]:
    """Return the file of `packaging/failover` with the addresses of this machine, without TLS and passwords."""
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    read: dict[str, Any] = yaml.safe_load((FILES / "patroni.yml").read_text("utf-8"))
    own = read["postgresql"]
    parameters = {name: value for name, value in own["parameters"].items() if not name.startswith("ssl")}
    own |= {
        "listen": f"127.0.0.1:{database}",
        "connect_address": f"127.0.0.1:{database}",
        "data_dir": str(folder / f"data{number}"),
        "bin_dir": str(binaries),
        "pgpass": str(folder / f"pgpass{number}"),
        "pg_hba": ["local all all trust", *(f"host {of} all 127.0.0.1/32 trust" for of in ("all", "replication"))],
        "parameters": {**parameters, "unix_socket_directories": str(folder)},
    }
    read["bootstrap"]["initdb"].append({"auth": "trust"})
    assert all(each["password"].isascii() for each in own["authentication"].values())  # Patroni quotes it as Latin-1
    reached = f"127.0.0.1:{control}"
    return {
        **read,
        "name": f"database{number}",
        "restapi": {"listen": reached, "connect_address": reached},
        "etcd3": {"hosts": f"127.0.0.1:{etcd}"},
    }


def _haproxy(machines: tuple[Machine, ...], port: int, replicas: int) -> str:
    text = (FILES / "haproxy.cfg").read_text("utf-8").replace("bind 127.0.0.1:5432", f"bind 127.0.0.1:{port}")
    text = text.replace("bind 127.0.0.1:5433", f"bind 127.0.0.1:{replicas}")
    for machine in machines:
        there = f"10.20.0.1{machine.number}:5432 check port 8008"
        assert there in text, there
        text = text.replace(there, f"127.0.0.1:{machine.database} check port {machine.control}")
    return text


def _write_pgbouncer(path: Path, port: int, pooled: int) -> None:
    """Write the file of `packaging/failover` with the addresses of this machine, without TLS and passwords."""
    read = ConfigParser(interpolation=None)
    read.read(FILES / "pgbouncer.ini", "utf-8")
    read["databases"] = {DATABASE: f"host=127.0.0.1 port={port} user={SUPERUSER}"}
    read["pgbouncer"].update({"listen_port": str(pooled), "auth_type": "any"})
    for name in ("auth_file", "server_tls_sslmode", "server_tls_ca_file"):
        del read["pgbouncer"][name]
    with path.open("w", encoding="utf-8") as file:
        read.write(file)


def _etcd(folder: Path, clients: int, peers: int) -> list[str]:
    ours, theirs = f"http://127.0.0.1:{clients}", f"http://127.0.0.1:{peers}"
    return [
        *("etcd", "--data-dir", str(folder / "etcd"), "--listen-client-urls", ours, "--advertise-client-urls", ours),
        *("--listen-peer-urls", theirs, "--initial-advertise-peer-urls", theirs),
        *("--initial-cluster", f"default={theirs}"),
    ]


def _start(folder: Path, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
    program = _program(command[0])
    assert program is not None, f"{command[0]} is needed"
    user = ["setpriv", f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--clear-groups"] if os.geteuid() == 0 else []
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen([*user, program, *command[1:]], stdout=log, stderr=log, cwd=folder)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
