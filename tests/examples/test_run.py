"""`make run`: what its supervisor does before anything starts."""

import socket
import subprocess
import sys

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
