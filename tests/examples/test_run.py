"""`make run`: what its supervisor does before anything starts."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples import run


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
run.STOPPED_WITHIN = 0.5
port, service, stubborn, ids = sys.argv[1:]
wanted = [run.Service("one", [sys.executable, "-c", service, port, stubborn, ids], f"http://127.0.0.1:{port}/")]
sys.exit(run.supervise(wanted, {}, "GREETING"))
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("signals", [[signal.SIGINT, signal.SIGINT], [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]])
def test_several_signals_in_a_row_leave_no_process_behind(tmp_path: Path, signals: list[signal.Signals]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    ids = tmp_path / "ids"
    command = [sys.executable, "-c", SUPERVISOR, port, SERVICE, STUBBORN, str(ids)]
    with subprocess.Popen(command, cwd=run.ROOT, env=os.environ, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"GREETING\n"

        for number in signals:
            supervisor.send_signal(number)
            time.sleep(0.05)
        status = supervisor.wait(20)

    left = [pid for pid in map(int, ids.read_text(encoding="utf-8").split()) if is_running(pid)]
    assert (status, left) == (0, [])
