"""Listening sockets of gunicorn, one for each process, among which the kernel spreads the connections.

Processes that share one socket race for connections: whoever is awake takes most of them, and a proxy that keeps its
connections then feeds one process while the others idle. gunicorn's own `reuse_port` gives each process a socket that
ends with it, and with it the connections that wait there. Here the first process holds all sockets, over reloads and
crashes, and lends them: whoever follows a process that ended finds its waiting connections.
"""

import os
import socket
from collections import Counter
from math import ceil

import structlog
from gunicorn import sock, systemd, util
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

log = structlog.get_logger()


def open_shares(server: Arbiter) -> None:
    """Make the sockets of the first process (`on_starting`): for each process one of each address.

    Sockets that were handed over (by systemd, or by the process that this one replaces) and sockets of files stay as
    they are.
    """
    addresses = server.cfg.address
    handed_over = "GUNICORN_FD" in os.environ or systemd.listen_fds(unset_environment=False)
    if handed_over or not all(isinstance(address, tuple) and address[1] for address in addresses):
        return
    sock.close_sockets(sock.create_sockets(server.cfg, server.log))  # refuses an address that another program has
    server.LISTENERS = [_listener(address, server) for _ in range(server.cfg.workers) for address in addresses]


def lend(server: Arbiter, worker: Worker) -> None:
    """Give a process that is about to start the shares with the fewest processes (`pre_fork`).

    After a reload with fewer processes each takes several, so that no share is without one.
    """
    addresses = len(server.cfg.address)
    shares = len(server.LISTENERS) // addresses
    if shares < 2:
        return
    living = Counter(share for other in server.WORKERS.values() for share in other.shares)
    worker.shares = sorted(range(shares), key=lambda share: (living[share], share))[: ceil(shares / server.num_workers)]
    worker.sockets = [server.LISTENERS[share * addresses + nth] for share in worker.shares for nth in range(addresses)]


def keep_number(server: Arbiter) -> None:
    """Refuse to end a process by SIGTTOU: its share would be without one."""

    def refuse() -> None:
        log.warning("signal_ignored", reason="server.workers and SIGHUP change the number of processes")

    server.handle_ttou = refuse


def _listener(address: tuple[str, int], server: Arbiter) -> sock.TCPSocket:
    six = util.is_ipv6(address[0])
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
        return (sock.TCP6Socket if six else sock.TCPSocket)(address, server.cfg, server.log, fd=listening.detach())
