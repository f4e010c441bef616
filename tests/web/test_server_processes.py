"""Habits of memory that the processes of a server share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.commands import main
from idp.web import server_processes

HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
HASHES = """
import resource
from argon2.low_level import Type, hash_secret
from idp.web import server_processes

server_processes.give_memory_back()
faults = []
for _ in range(5):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    hash_secret(b"password", b"s" * 16, 1, 19456, 1, 32, Type.ID)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(faults[1:]))
"""
SMALL_PAGES = 19456 // 4


@pytest.mark.skipif(
    not HUGE_PAGES.exists() or "[never]" in HUGE_PAGES.read_text(), reason="this kernel gives no huge pages"
)
def test_the_memory_of_a_hash_comes_in_few_pieces() -> None:
    environment = server_processes.with_huge_pages(os.environ)

    hashed = subprocess.run([sys.executable, "-c", HASHES], env=environment, capture_output=True, text=True, check=True)

    assert int(hashed.stdout) < SMALL_PAGES // 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "glibc.malloc.hugetlb=1"),
        ("glibc.malloc.perturb=1", "glibc.malloc.perturb=1:glibc.malloc.hugetlb=1"),
        ("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0"),
    ],
)
def test_what_the_operator_asked_of_the_c_library_stays(given: str, expected: str) -> None:
    assert server_processes.with_huge_pages({"GLIBC_TUNABLES": given})["GLIBC_TUNABLES"] == expected


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_server_is_started_with_huge_pages(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    """The process becomes the server, so it is stopped at the moment when it would."""
    given: list[str] = []
    monkeypatch.setenv("IDP_ENVIRONMENT", "development")
    monkeypatch.setenv("IDP_SECRETS", "test:" + "QUFB" * 16)
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    monkeypatch.setattr(
        os, "execve", lambda _program, _command, environment: given.append(environment["GLIBC_TUNABLES"])
    )

    answer = CliRunner().invoke(main, ["serve", "--server", server])

    assert answer.exit_code == 0, answer.output
    assert given == ["glibc.malloc.hugetlb=1"]
