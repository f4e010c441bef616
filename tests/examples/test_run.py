"""`make run`: what its supervisor does before anything starts."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from examples import run
from tests.support.ports import free_port


def test_a_taken_port_is_named_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        monkeypatch.setattr(run, "PORTALS", {"connect": port})

        status = run.main()

    assert status == 1
    assert str(port) in capsys.readouterr().out


def test_a_change_of_schema_or_demonstration_prepares_the_database_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    before = run.prepared()
    (run.VAR / "prepared").write_text(run.ingredients(), encoding="utf-8")
    same = run.prepared()
    (run.VAR / "prepared").write_text("another", encoding="utf-8")

    assert (before, same, run.prepared()) == (False, True, False)


def test_the_server_imports_nothing_that_only_commands_need() -> None:
    """A start waits for every import: `make run` promises a second start in less than three seconds."""
    looked = "import sys, flows, idp.app; print(sorted({'alembic', 'mako', 'idp.commands'} & set(sys.modules)))"

    shown = subprocess.run([sys.executable, "-c", looked], cwd=run.ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout == "[]\n"


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
SERVICE = """
import os, pathlib, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

child = subprocess.Popen([sys.executable, "-c", sys.argv[2]])
pathlib.Path(sys.argv[3]).write_text(f"{os.getpid()} {child.pid}")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
SUPERVISOR = """
import sys
from examples import run
from tests.support.ports import free_port
run.STOPPED_WITHIN = 0.5
port, service, stubborn, ids = sys.argv[1:]
wanted = [run.Service("one", [sys.executable, "-c", service, port, stubborn, ids], f"http://127.0.0.1:{port}/")]
sys.exit(run.supervise(wanted, {}, "GREETING"))
"""


def end_group_of(ids: Path) -> None:
    """Nothing of a failed test stays behind."""
    for pid in map(int, ids.read_text(encoding="utf-8").split()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("signals", [[signal.SIGINT, signal.SIGINT], [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]])
def test_several_signals_in_a_row_leave_no_process_behind(tmp_path: Path, signals: list[signal.Signals]) -> None:
    ids = tmp_path / "ids"
    command = [sys.executable, "-c", SUPERVISOR, str(free_port()), SERVICE, STUBBORN, str(ids)]
    with subprocess.Popen(command, cwd=run.ROOT, env=os.environ, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"GREETING\n"

        for number in signals:
            supervisor.send_signal(number)
            time.sleep(0.05)
        status = supervisor.wait(20)

    left = [pid for pid in map(int, ids.read_text(encoding="utf-8").split()) if is_running(pid)]
    assert (status, left) == (0, [])


INTERRUPTED_WAIT = """
import signal, threading
wait = threading.Condition.wait

def interrupted(self, timeout=None):
    signal.raise_signal(signal.SIGTERM)
    return wait(self, timeout)

threading.Condition.wait = interrupted
"""


def test_a_signal_that_arrives_while_the_supervisor_begins_to_wait_does_not_hang_it(tmp_path: Path) -> None:
    """A handler runs in the thread that it interrupts, which may hold a lock: no lock may be taken there."""
    command = [sys.executable, "-c", INTERRUPTED_WAIT + SUPERVISOR, free_port(), SERVICE, STUBBORN, tmp_path / "ids"]
    with subprocess.Popen(list(map(str, command)), cwd=run.ROOT, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"GREETING\n"
        supervisor.send_signal(signal.SIGTERM)
        try:
            assert supervisor.wait(20) == 0
        finally:
            supervisor.kill()
            end_group_of(tmp_path / "ids")


CHATTY = """
import os, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

def chat():
    while True:
        os.write(1, b"a line of a log\\n" * 100)
        time.sleep(0.001)  # the output is read as a whole, however long a busy machine takes

threading.Thread(target=chat, daemon=True).start()
HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
GREETER = """
import sys
from examples import run
port, service, greeting = sys.argv[1:]
wanted = [
    run.Service("chatty", [sys.executable, "-c", service, port], f"http://127.0.0.1:{port}/"),
    run.Service("worker", [sys.executable, "-c", "print('THE WORKER', flush=True); import time; time.sleep(60)"]),
]
sys.exit(run.supervise(wanted, {}, greeting))
"""


def test_no_line_of_a_log_interrupts_the_greeting(tmp_path: Path) -> None:
    """As long as that of `make run`, and longer than what a pipe takes at once."""
    greeting = "\n".join(f"person {number}  ".ljust(100, ".") for number in range(100))
    output = tmp_path / "output"
    with output.open("wb") as screen:
        command = [sys.executable, "-c", GREETER, str(free_port()), CHATTY, greeting]
        supervisor = subprocess.Popen(command, cwd=run.ROOT, stdout=screen)
        try:
            until = time.monotonic() + 60
            while b"THE WORKER" not in output.read_bytes() and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            supervisor.terminate()
            supervisor.wait(20)

    written = output.read_text(encoding="utf-8")
    assert f"{greeting}\n" in written
    assert "a line of a log" in written.partition(greeting)[0]
    assert written.index("THE WORKER") > written.index(greeting)


def test_the_doctor_finds_nothing_in_what_a_first_start_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    environment = kept | {
        "IDP_ENVIRONMENT": "development",
        "IDP_SECRETS": run.secrets(),
        "IDP_DATABASE__URL": f"sqlite:///{tmp_path / 'idp.sqlite3'}",
        "IDP_FILES__VARIABLE": str(tmp_path),
    }

    assert run.prepare(environment)
    found = run.run([*run.IDP, "doctor", "--json"], environment)

    assert [each for each in json.loads(found.stdout) if each["verdict"] != "ok"] == []
    assert found.returncode == 0
