"""Programs in JavaScript, run by node with the packages of `tests/e2e/node/package-lock.json`."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "e2e" / "node"
FIRST_WITH_WEB_CRYPTO = 20


@contextmanager
def node(program: Path, *words: str, environ: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """The running program, with pipes; ended with the block."""
    if not (FOLDER / "node_modules").is_dir():
        pytest.fail("the packages of tests/e2e/node are needed: tools/install tests")
    command = ["node", *_options(), str(program), *words]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, env=environ, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def hear(process: "subprocess.Popen[str]") -> str:
    """The next line that the program prints; fails if it ends instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the program ended; its messages are above"
    return line.strip()


def hear_json(process: "subprocess.Popen[str]") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hear(process))
    return found


def _options() -> list[str]:
    """Before version 20, Web Crypto had to be asked for."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    old = int(version.removeprefix("v").partition(".")[0]) < FIRST_WITH_WEB_CRYPTO
    return ["--experimental-global-webcrypto"] if old else []
