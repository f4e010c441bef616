"""npm's oidc-provider, one process per core, on a Redis that keeps everything in memory (`oidc_provider.mjs`)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from bench.peers import server

HERE = Path(__file__).parent
NOT_DURABLE = ["--save", "", "--appendonly", "no"]


def missing() -> str:
    """Return why it cannot be measured here; empty if it can."""
    absent = [program for program in ("node", "npm", "redis-server") if which(program) is None]
    return f"oidc-provider is left out: {', '.join(absent)} is not installed" if absent else ""


@contextmanager
def running(folder: Path) -> Iterator[server.Server]:
    folder.mkdir()
    subprocess.run(
        ["npm", "ci", "--prefix", str(HERE), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], check=True
    )
    socket = folder / "redis.sock"
    redis = ["redis-server", "--port", "0", "--unixsocket", str(socket), *NOT_DURABLE]
    port = server.free_port()
    issuer = f"http://127.0.0.1:{port}"
    environment = {
        "ISSUER": issuer,
        "PORT": str(port),
        "REDIS": str(socket),
        "SECRET": server.SECRET,
        "REDIRECT": server.REDIRECT,
        "NODE_ENV": "production",
    }
    with server.process(redis, {}, folder / "redis.log", folder) as database:
        command = ["node", str(HERE / "oidc_provider.mjs")]
        with server.process(command, environment, folder / "node.log", HERE) as pid:
            took = server.wait_for(f"{issuer}/.well-known/openid-configuration")
            yield server.Server("oidc-provider", "oidc-provider 9", issuer, pid, database, took)
