"""How granian serves the provider: `idp serve --server granian`. The counterpart of `gunicorn.conf.py`."""

import gc
import sys
import threading

from idp.settings import SettingsError
from idp.settings_loader import load_settings
from idp.web import server_processes

server_processes.share_metrics()  # before anything imports prometheus_client
server_processes.give_memory_back()
gc.disable()

import wsgi  # noqa: E402
from idp.upkeep import nodes  # noqa: E402
from idp.web.granian_server import GranianServer, refuse_unsafe  # noqa: E402

provider = wsgi.app.extensions["provider"]


def begin():
    """Connections made before the fork belong to the parent. Each process says what it knows, for the doctor."""
    provider.database.dispose()
    nodes.in_background(provider, "granian", threading.Event())


if __name__ == "__main__":
    try:
        settings = load_settings()
        refuse_unsafe(settings)
    except SettingsError as error:
        sys.exit(str(error))
    server = GranianServer(settings, wsgi.app, begin)
    server.hooks_startup.append(server_processes.keep_imported)
    server.hooks_shutdown.append(server_processes.drop_metrics)
    server.run()
