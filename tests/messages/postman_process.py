"""A worker as a process of its own: `python -m tests.messages.postman_process <database> <folder> <log>`.

It appends the id of every message it delivers to the log, slowly, so that it can be killed in mid-batch.
"""

import os
import sys
import time
from pathlib import Path
from threading import Event

from idp.app import create_app
from idp.codes import service as codes
from idp.messages.delivery import Parcel, stateless
from idp.messages.worker import Worker
from idp.settings_loader import load_settings

LANE = {"threads": 1, "batch": 10, "lease": 1, "retry": 1}
LANES = {"codes": LANE, "logout": LANE, "notices": LANE, "bulk": LANE}


def main(url: str, folder: str, log: str, secret: str) -> None:
    settings = load_settings(
        {"IDP_ENVIRONMENT": "testing"},
        overrides={
            "database": {"url": url},
            "files": {"variable": folder, "clients": "tests/portals/clients", "brands": "config/brands"},
            "secrets": {"keys": {"test": secret.encode()}, "active": "test"},
            "outbox": {"lanes": LANES},
        },
    )
    provider = create_app(settings, flows=()).extensions["provider"]

    def deliver(parcel: Parcel) -> None:
        time.sleep(0.01)
        with Path(log).open("a") as file:
            file.write(parcel.id + "\n")
            file.flush()
            os.fsync(file.fileno())

    Worker(
        provider.settings.outbox, provider.clock, provider.database, {"email": stateless(deliver)}, codes.undelivered
    ).run_forever(Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
