"""`idp worker --check` says whether the worker of this machine is alive: what a container's health check asks."""

import os
import socket
from pathlib import Path

import pytest

from idp.provider import Provider
from idp.upkeep import nodes
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock

HERE = socket.gethostname()
NO_PROCESS = int(Path("/proc/sys/kernel/pid_max").read_text("ascii")) + 1


def test_it_passes_while_a_worker_of_this_machine_runs_and_reports_itself(
    idp: CommandLine, provider: Provider, clock: MovableClock
) -> None:
    nodes.beat(provider, f"{HERE} worker {os.getpid()}")
    assert idp("worker", "--check").exit_code == 0

    clock.forward(minutes=3)
    silent = idp("worker", "--check")

    assert silent.exit_code == 1
    assert "no worker of this machine" in silent.output


@pytest.mark.parametrize(
    "process",
    [f"{HERE} worker {NO_PROCESS}", f"{HERE} gunicorn {os.getpid()}", f"another.example.ch worker {os.getpid()}"],
    ids=["ended", "server", "elsewhere"],
)
def test_it_fails_for_a_worker_that_ended_a_server_and_another_machine(
    idp: CommandLine, provider: Provider, process: str
) -> None:
    nodes.beat(provider, process)

    assert idp("worker", "--check").exit_code == 1
