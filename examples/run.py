"""`make run`: the provider, its worker, four sample portals and the inbox, until Ctrl-C.

Development only: plain http on loopback, secrets generated once into `var/`, messages land in the inbox.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
ISSUER = "http://localhost:8000"
PORTALS = {"e-services": 8101, "connect": 8102, "connect-assures": 8103, "espace-personnel": 8104}
READY_WITHIN = 30.0
STOPPED_WITHIN = 10.0
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP: the terminal was closed."""
IDP = [sys.executable, "-m", "idp"]
DEMONSTRATION = [sys.executable, "-m", "examples.demonstration"]
SERVE = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "wsgi:app"]
"""The command that `idp serve` becomes. Starting it directly avoids importing all commands first."""


@dataclass(frozen=True)
class Service:
    name: str
    command: list[str]
    address: str = ""


class Signals:
    """Whether a signal asked to stop. A queue, as a handler may interrupt its own thread: an `Event` has a lock, which
    that thread could be holding."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._asked = False

    def note(self, number: int, _frame: object = None) -> None:
        """Remember the signal; the handler."""
        self._queue.put(number)

    def asked(self, within: float = 0.0) -> bool:
        """Return whether a signal came, at the latest `within` seconds from now."""
        with suppress(Empty):
            self._asked = self._asked or bool(self._queue.get(timeout=within) if within else self._queue.get_nowait())
        return self._asked


def main() -> int:
    """Start everything, print one table, wait. Exit status 1 when something could not start or died."""
    taken = [port for port in (8000, *PORTALS.values()) if not is_free(port)]
    if taken:
        print(f"These ports are taken: {', '.join(map(str, taken))}. Is another `make run` still running?")
        return 1
    environment = {**os.environ, "IDP_ENVIRONMENT": "development", "IDP_SECRETS": secrets()}
    if not prepared() and not prepare(environment):
        return 1
    return supervise(services(), environment, overview())


def services() -> list[Service]:
    return [
        Service("provider", SERVE, ISSUER + "/healthz"),
        Service("worker", [*IDP, "worker"]),
        Service(
            "portals", [sys.executable, "-m", "examples.portals", "--issuer", ISSUER], "http://localhost:8101/health"
        ),
    ]


def supervise(wanted: list[Service], environment: Mapping[str, str], greeting: str) -> int:
    """Start the services, greet once all of them answer, and wait until one ends or a signal asks to stop.

    Signals are only noted: a second one cannot interrupt the stop and leave processes behind.
    """
    signals = Signals()
    for number in STOPPING:
        signal.signal(number, signals.note)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for service in wanted:
            if service.address:
                running[service.name] = start(service, environment)
        for service in wanted:
            if service.address and not answers(service.address, running[service.name], signals):
                return 0 if signals.asked() else did_not_start(service)
        say(greeting)  # before the worker starts, in one piece: no log line of a service comes between
        running |= {service.name: start(service, environment) for service in wanted if not service.address}
        return watch(running, signals)
    finally:
        stop(running)
        for number in STOPPING:  # one that comes while Python itself ends changes nothing any more
            signal.signal(number, signal.SIG_IGN)


def start(service: Service, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(service.command, env=dict(environment), cwd=ROOT, start_new_session=True)


def did_not_start(service: Service) -> int:
    print(f"{service.name} did not start; its messages are above.")
    return 1


def say(text: str) -> None:
    """Write a text in one system call."""
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), text.encode() + b"\n")


def watch(running: Mapping[str, "subprocess.Popen[bytes]"], signals: Signals) -> int:
    """Return 0 once a signal asks to stop, 1 once a service has ended by itself."""
    while not signals.asked(within=0.5):
        for name, process in running.items():
            if process.poll() is not None:
                print(f"{name} ended with status {process.returncode}; stopping the rest.")
                return 1
    print("\nStopping …")
    return 0


def stop(running: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    """End every service: politely first, by force whatever is left of it after ten seconds."""
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + STOPPED_WITHIN
    for process in running.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
        with suppress(ProcessLookupError):  # each service leads a process group of its own
            os.killpg(process.pid, signal.SIGKILL)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(address: str, process: "subprocess.Popen[bytes]", signals: Signals) -> bool:
    """Return whether the service answers before it ends, its time runs out or a signal asks to stop."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None and not signals.asked():
        try:
            with urlopen(address, timeout=2):
                return True
        except (URLError, OSError):
            time.sleep(0.05)
    return False


def secrets() -> str:
    """Return the development secrets, made once; they never leave this machine."""
    VAR.mkdir(exist_ok=True)
    path = VAR / "secrets"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"development:{b64encode(os.urandom(32)).decode()}", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def prepared() -> bool:
    """Whether the database was made from the current schema and demonstration, so that a start need not look again."""
    stamp = VAR / "prepared"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == ingredients()


def ingredients() -> str:
    """Return a fingerprint of what the development database is made from."""
    digest = sha256((ROOT / "examples" / "demonstration" / "development.toml").read_bytes())
    for path in sorted((ROOT / "idp" / "migrations" / "versions").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def prepare(environment: Mapping[str, str]) -> bool:
    """Create or upgrade the database, its people and the first signing keys; says why if it cannot.

    No worker runs yet: what it would send to a portal would find nobody there.
    """
    print("Preparing var/ with the database and the demonstration people …", flush=True)
    commands = [[*IDP, "db", "upgrade"], [*DEMONSTRATION, "load"]]
    if not (VAR / "prepared").exists():
        commands.append([*IDP, "keys", "rotate"])
    for command in commands:
        done = run(command, environment)
        if done.returncode:
            print(done.stdout + done.stderr)
            return False
    (VAR / "people.json").write_text(run([*DEMONSTRATION, "show", "--json"], environment).stdout, encoding="utf-8")
    (VAR / "prepared").write_text(ingredients(), encoding="utf-8")
    return True


def run(command: list[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)


def overview() -> str:
    people = json.loads((VAR / "people.json").read_text(encoding="utf-8"))
    rows = [("portal", "sign in as", "password", "second step", "note")]
    rows += [(p["portal"], p["identifier"], p["password"], p["second_step"], p["note"]) for p in people]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["", f"  provider          {ISSUER}", f"  inbox             {ISSUER}/_inbox   (mails and SMS land here)"]
    lines += [
        f"  desk              {ISSUER}/desk   (open the invitation to Chloé Clerc in the inbox, and make a passkey)"
    ]
    lines += [f"  {name:<17} http://localhost:{port}" for name, port in PORTALS.items()]
    lines += [""]
    for row in rows:
        lines.append("  " + "  ".join([*(row[i].ljust(widths[i]) for i in range(4)), row[4]]).rstrip())
    return "\n".join([*lines, "", "  Ctrl-C stops everything; make reset throws the data away.", ""])


if __name__ == "__main__":
    sys.exit(main())
