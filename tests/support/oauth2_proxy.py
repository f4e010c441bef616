"""A real oauth2-proxy in front of an application, where the program is installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

WAIT = 20.0


def program() -> str:
    """The path of the program, as `OAUTH2_PROXY` or the PATH names it; empty where there is none."""
    return os.environ.get("OAUTH2_PROXY", "") or shutil.which("oauth2-proxy") or ""


@contextmanager
def running(folder: Path, port: int, settings: str) -> Iterator[None]:
    """Serve on this port of the loopback interface with these settings, until the block ends."""
    path = folder / "oauth2-proxy.cfg"
    path.write_text(f'http_address = "127.0.0.1:{port}"\ncookie_secure = false\n{settings}', encoding="utf-8")
    log = folder / "oauth2-proxy.log"
    with log.open("w") as written, subprocess.Popen([program(), f"--config={path}"], stderr=written) as process:
        try:
            _await_ready(f"http://localhost:{port}/ready", log)
            yield
        finally:
            process.terminate()


def _await_ready(address: str, log: Path) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        try:
            if requests.get(address, timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError(f"oauth2-proxy does not serve: {log.read_text()}")
