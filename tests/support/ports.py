"""Ports for servers that are to listen in a moment."""

import random
import socket

RANGE = range(15_000, 32_000)
"""Below those that Linux gives to outgoing connections, which would take one that was free a moment ago."""
_given: set[int] = set()
_choice = random.SystemRandom()


def free_port() -> int:
    """Return a port of this machine that nobody listens on and that this process did not return before."""
    while True:
        port = _choice.choice(RANGE)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
