"""Vestibule as shipped, on PostgreSQL with production settings and a proxy's headers, under one of its two servers."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import served
from bench.peers import server, shipped
from idp.settings import HOME

KEPT = HOME / "var" / "bench"


@contextmanager
def running(kind: str, url: str, database: int, folder: Path) -> Iterator[server.Server]:
    """Serve a fresh database by gunicorn or granian."""
    port = server.free_port()
    folder.mkdir()
    environment = served.environment(folder, url, "https://login.example.ch") | {
        "IDP_ENVIRONMENT": "production",
        "IDP_SETTINGS": "",
        "IDP_BIND": f"127.0.0.1:{port}",
        "IDP_SERVER__TRUSTED_PROXIES": "127.0.0.1",
        "IDP_SERVER__DRAIN": "0",
        "IDP_AUDIT__STDOUT": "false",
    }
    own = served.CLIENT.replace("http://127.0.0.1:9/callback", server.REDIRECT)
    (folder / "clients" / "bench.toml").write_text(
        own.replace("allow_private_addresses = true\n", ""), encoding="utf-8"
    )
    idp = [shipped.python(KEPT), "-m", "idp"]
    subprocess.run([*idp, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL)
    served.make_people(environment, server.PEOPLE)
    with server.process([*idp, "serve", "--server", kind], environment, folder / "log", HOME) as pid:
        address = f"http://127.0.0.1:{port}"
        took = server.wait_for(f"{address}/.well-known/openid-configuration")
        yield server.Server(kind, f"ours, {kind}", address, pid, database, took)
