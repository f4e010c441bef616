"""nginx in front of the nodes, with the lines of docs/operations.md.

Open-source nginx asks nobody how they are. So this balancer asks `/readyz` itself, takes nodes out that are unready
twice, and reloads nginx. A node can also be taken out on purpose, before it is stopped.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.fleet.processes import Node, status
from bench.peers.server import free_port

LOOK = 1.0  # seconds
FALL = 2
RELOADED = 1.0
"""Seconds until nobody connects by the former configuration."""
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    set_real_ip_from 127.0.0.1;      # the people of the experiment say where they sit
    real_ip_header X-Forwarded-For;
    upstream nodes {{ {servers} }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://nodes;
            proxy_next_upstream error timeout http_503;
            proxy_connect_timeout 2s;
            proxy_set_header Host              $host;
            proxy_set_header X-Forwarded-For   $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_request_buffering on;
        }}
    }}
}}
"""


class Balancer:
    """`port` is where people come in."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            raise FileNotFoundError("nginx is missing: apt-get install nginx-light")
        self.port = free_port()
        self.nodes: list[Node] = []
        self._folder, self._program = folder, program
        self._bad: Counter[int] = Counter()
        self._out: set[int] = set()
        self._written = ""

    def begin(self, nodes: list[Node]) -> "subprocess.Popen[bytes]":
        """Serve these nodes, which are ready."""
        self.nodes = list(nodes)
        self._write()
        file = self._folder / "nginx.conf"
        log = self._folder / "nginx.log"
        process = subprocess.Popen(
            [self._program, "-p", str(self._folder), "-c", str(file), "-e", str(log)], stderr=subprocess.DEVNULL
        )
        for _ in range(100):
            if status(self.port, "/healthz") == 200:
                return process
            time.sleep(0.1)
        raise RuntimeError(f"nginx does not serve: {log.read_text(encoding='utf-8')}")

    async def watch(self) -> None:
        """Ask every node how it is, and send people to those that are well."""
        while True:
            answers = await asyncio.gather(*(asyncio.to_thread(node.ready) for node in list(self.nodes)))
            for node, ready in zip(list(self.nodes), answers, strict=False):
                self._bad[node.port] = 0 if ready else self._bad[node.port] + 1
            self._reload()
            await asyncio.sleep(LOOK)

    def join(self, node: Node) -> None:
        """Send people to this node as soon as it says that it is ready."""
        self._bad[node.port] = FALL
        self.nodes.append(node)

    def leave(self, node: Node) -> None:
        self.nodes.remove(node)
        self._reload()

    def take_out(self, node: Node) -> None:
        """Send nobody to this node any more; return when nobody comes."""
        self._out.add(node.port)
        self._reload()
        time.sleep(RELOADED)

    def take_in(self, node: Node) -> None:
        self._out.discard(node.port)
        self._bad[node.port] = 0
        self._reload()

    def serving(self) -> list[Node]:
        """Return the nodes that people are sent to: all that are in where none is well."""
        kept = [node for node in self.nodes if node.port not in self._out]
        return [node for node in kept if self._bad[node.port] < FALL] or kept

    def _servers(self) -> str:
        return " ".join(f"server 127.0.0.1:{node.port} max_fails=0;" for node in self.serving())

    def _write(self) -> bool:
        """Return whether the configuration is a new one."""
        text = CONFIGURATION.format(folder=self._folder, port=self.port, servers=self._servers())
        if text == self._written:
            return False
        (self._folder / "nginx.conf").write_text(text, encoding="utf-8")
        self._written = text
        return True

    def _reload(self) -> None:
        if self._write():
            master = int((self._folder / "nginx.pid").read_text(encoding="ascii"))
            os.kill(master, signal.SIGHUP)


@contextmanager
def running(folder: Path, nodes: list[Node]) -> Iterator[Balancer]:
    """Balance until the block ends."""
    balancer = Balancer(folder)
    process = balancer.begin(nodes)
    try:
        yield balancer
    finally:
        process.terminate()
        process.wait()
