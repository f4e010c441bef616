"""How evenly the processes of a server share kept connections."""

import os
import socket
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from bench.peers.server import Server, family

CONNECTIONS = 64
ASKED = b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n"
ESTABLISHED = "01"


def busiest(server: Server) -> float:
    """Return the connections of one process divided by an even share; the master, which serves none, is left out."""
    address = urlsplit(server.issuer)
    with ExitStack() as kept:
        for _ in range(CONNECTIONS):
            connected = kept.enter_context(socket.create_connection((address.hostname, address.port)))
            connected.sendall(ASKED)
            assert connected.recv(4096).startswith(b"HTTP/1.1 200")
        inodes = _inodes(address.port or 0)
        serving = [pid for pid in family(server.pid) if pid != server.pid]
        held = Counter({pid: len(_sockets(pid) & inodes) for pid in serving})
    return max(held.values()) / (CONNECTIONS / len(serving))


def _inodes(port: int) -> set[str]:
    """Return the server's ends of connections to this port of this machine."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return {line[9] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == ESTABLISHED}


def _sockets(pid: int) -> set[str]:
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = os.readlink(entry)
        except FileNotFoundError:
            continue
        if name.startswith("socket:["):
            found.add(name[8:-1])
    return found
