"""`python -m examples.portals --issuer http://localhost:8000`: all portals, or those named, until SIGTERM or Ctrl-C."""

import argparse
import logging
import signal
import sys
from pathlib import Path
from threading import Event, Thread

from werkzeug.serving import BaseWSGIServer, make_server

from examples.portals.application import create_portal
from examples.portals.configuration import portals
from examples.portals.store import Store

VAR = Path(__file__).resolve().parent.parent.parent / "var" / "portals"


def main() -> int:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    chosen = arguments()
    configured = portals()
    servers = [serve(name, chosen) for name in chosen.portal or configured]
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    for server in servers:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    stopping.wait()
    for server in servers:
        server.shutdown()
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="examples.portals", description="The four sample portals.")
    parser.add_argument("--issuer", default="http://localhost:8000", help="the provider")
    parser.add_argument("--portal", action="append", choices=sorted(portals()), help="this one only (may be repeated)")
    parser.add_argument("--store", type=Path, default=VAR, help="folder of the files that remember who is signed in")
    return parser.parse_args()


def serve(name: str, chosen: argparse.Namespace) -> BaseWSGIServer:
    portal = portals()[name]
    app = create_portal(portal, chosen.issuer, Store(chosen.store / f"{name}.sqlite3"))
    return make_server("127.0.0.1", portal.port, app, threaded=True)


if __name__ == "__main__":
    sys.exit(main())
