"""A writer of the audit trail as a process of its own: `python -m tests.audit.writer_process <database> <file>`.

It says `ready` when it could begin, and begins at a line on its standard input. It writes until all has left, and
prints how many lines it wrote.
"""

import sys
import time

from idp.app import create_app
from idp.audit import chain, shipping
from idp.database import Origin
from idp.settings import AuditSettings
from idp.settings_loader import load_settings

SECRET = b"secret of the process that writes the audit trail"


def main(url: str, folder: str, file: str) -> None:
    settings = load_settings(
        {"IDP_ENVIRONMENT": "testing"},
        overrides={
            "database": {"url": url},
            "files": {"variable": folder, "clients": "tests/portals/clients", "brands": "config/brands"},
            "secrets": {"keys": {"test": SECRET}, "active": "test"},
        },
    )
    database = create_app(settings, flows=()).extensions["provider"].database
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    written, end = 0, time.monotonic() + 60
    while time.monotonic() < end:
        written += shipping.ship(database, AuditSettings(file=file, stdout=False), Origin(actor="worker"))
        with database.reading() as tx:
            if not chain.is_waiting(tx):
                break
    print(written, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
