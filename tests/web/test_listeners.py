"""Connections spread over the processes of gunicorn, and none is lost when one of them ends. With real signals."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.support.ports import free_port

PROCESSES = 4
CONNECTIONS = 64
CONFIGURATION = f"""
from idp.web import listeners
from idp.web.slow_clients import PatientWorker

worker_class, workers, threads, preload_app = PatientWorker, {PROCESSES}, 2, True
control_socket_disable, loglevel, keepalive, graceful_timeout = True, "warning", 65, 10
on_starting, pre_fork, when_ready = listeners.open_shares, listeners.lend, listeners.keep_number
"""
APPLICATION = """
import os

def app(environ, start):
    body = str(os.getpid()).encode()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
KEPT = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ONCE = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Gunicorn:
    def __init__(self, folder: Path) -> None:
        (folder / "served.py").write_text(APPLICATION, encoding="utf-8")
        (folder / "gunicorn.conf.py").write_text(CONFIGURATION, encoding="utf-8")
        self.port = free_port()
        self.command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{self.port}", "served:app"]
        self.folder = folder
        self.process = subprocess.Popen(self.command, cwd=folder, stderr=subprocess.DEVNULL)
        self.wait_for_processes()

    def connect(self) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connected.settimeout(20)
        return connected

    def ask(self) -> int:
        """The process that answers a connection of its own; 0 where none did."""
        try:
            with self.connect() as connected:
                connected.sendall(ONCE)
                return answered_by(connected)
        except OSError:
            return 0

    def processes(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def wait_for_processes(self, former: Collection[int] = ()) -> None:
        """Until none of the former processes is left, and every process has answered."""
        until, seen = time.monotonic() + 60, set[int]()
        while not (len(seen) == PROCESSES == len(self.processes()) and seen == set(self.processes())):
            assert time.monotonic() < until, "the processes do not answer"
            seen = (seen | {self.ask()}) & set(self.processes()) - set(former)


def answered_by(connected: socket.socket) -> int:
    answer = b""
    while b"\r\n\r\n" not in answer or answer.endswith(b"\r\n\r\n"):
        piece = connected.recv(4096)
        if not piece:
            return 0
        answer += piece
    return int(answer.rpartition(b"\r\n\r\n")[2])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    running = Gunicorn(tmp_path_factory.mktemp("gunicorn"))
    yield running
    running.process.terminate()
    running.process.wait(30)


def test_no_process_has_more_than_twice_its_share_of_kept_connections(server: Gunicorn) -> None:
    with ExitStack() as kept:
        connections = [kept.enter_context(server.connect()) for _ in range(CONNECTIONS)]
        for connected in connections:
            connected.sendall(KEPT)
        shares = Counter(answered_by(connected) for connected in connections)

    assert sum(shares.values()) == CONNECTIONS
    assert max(shares.values()) <= 2 * CONNECTIONS / PROCESSES, shares


def test_no_connection_is_lost_while_processes_are_renewed(server: Gunicorn) -> None:
    answers: list[int] = []
    stop = Event()

    def visit() -> None:
        while not stop.is_set():
            answers.append(server.ask())

    before = set(server.processes())
    visitors = [Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for _ in range(2):
        time.sleep(0.5)
        former = server.processes()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_processes(former)
    stop.set()
    for visitor in visitors:
        visitor.join()

    assert not set(server.processes()) & before, "all are new"
    assert len(answers) > 100
    assert 0 not in answers


def test_connections_wait_for_the_successor_of_a_process_that_died(server: Gunicorn) -> None:
    dead = server.processes()[0]
    os.kill(dead, signal.SIGSTOP)
    with ExitStack() as kept:
        connections = [kept.enter_context(server.connect()) for _ in range(CONNECTIONS)]
        time.sleep(0.2)  # the others take theirs
        os.kill(dead, signal.SIGKILL)
        for connected in connections:
            connected.sendall(KEPT)
        answers = [answered_by(connected) for connected in connections]
    server.wait_for_processes([dead])

    assert 0 not in answers
    assert dead not in answers


def test_a_signal_to_have_fewer_processes_strands_no_connection(server: Gunicorn) -> None:
    server.process.send_signal(signal.SIGTTOU)
    time.sleep(0.5)

    assert len(server.processes()) == PROCESSES
    assert all(server.ask() for _ in range(CONNECTIONS))


def test_an_address_that_another_server_has_is_refused(server: Gunicorn) -> None:
    second = subprocess.run(server.command, cwd=server.folder, capture_output=True, text=True, timeout=60, check=False)

    assert second.returncode != 0
    assert "already in use" in second.stderr
