"""Load by wrk: requests that stay the same, and chains of refresh tokens."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench.wire import FORM

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """Of one run: operations, seconds, latencies in milliseconds."""

    operations: int
    seconds: float
    p50: float
    p99: float


def request(origin: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None) -> str:
    """Return a request as it goes over the wire: a POST where there is a form."""
    body = urlencode(form) if form else ""
    lines = [f"{'POST' if form else 'GET'} {path} HTTP/1.1", f"Host: {urlsplit(origin).netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if form:
        lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body])


def repeat(origin: str, requests: list[str], seconds: float, folder: Path) -> Load:
    """Send these requests in turns."""
    return _run(origin, {"requests": requests}, seconds, folder, threads=2)


def refresh(origin: str, before: str, tokens: list[str], seconds: float, folder: Path) -> Load:
    """Redeem a refresh token for the next one, in as many chains as there are connections.

    `before` is the head of the request up to the length of its body.
    """
    return _run(origin, {"head": [before], "tokens": tokens}, seconds, folder, threads=CONNECTIONS)


def _run(origin: str, given: dict[str, list[str]], seconds: float, folder: Path, threads: int) -> Load:
    for name, values in given.items():
        (folder / name).write_text("\0".join(values), encoding="utf-8", newline="")
    command = ["wrk", f"-t{threads}", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(SCRIPT), origin]
    ran = subprocess.run([*command, "--", str(folder)], check=True, capture_output=True, text=True)
    for name in given:
        (folder / name).unlink()
    said = json.loads(ran.stdout.splitlines()[-1])
    if said["errors"]:
        raise AssertionError(f"{said['errors']} of {said['operations']} answers were wrong: {ran.stdout}")
    return Load(said["operations"], said["seconds"], said["p50"], said["p99"])
