"""How gunicorn serves the provider: `idp serve`, or `gunicorn -c config/gunicorn.conf.py wsgi:app`.

Processes scale, threads only cover waiting (Argon2, the database): see docs/operations.md.
"""

import multiprocessing
import os
import tempfile
from urllib.parse import urlsplit

from idp.settings import load_settings

# Metrics of all processes meet in files of this folder; set before anything imports prometheus_client.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="idp-metrics-"))

from prometheus_client import multiprocess as metrics  # reads the variable when imported

settings = load_settings()

bind = os.environ.get("IDP_BIND", f"127.0.0.1:{urlsplit(settings.server.issuer).port or 8000}")
certfile = settings.server.certificate or None
keyfile = settings.server.certificate_key or None
workers = settings.server.workers or 2 * multiprocessing.cpu_count()
threads = settings.server.threads
worker_class = "gthread"
preload_app = True
control_socket_disable = True
keepalive = 65
timeout = 60
graceful_timeout = 20
limit_request_line = 8190
limit_request_field_size = 16380
accesslog = None  # the application writes one JSON line per request itself
errorlog = "-"
loglevel = "warning"
forwarded_allow_ips = ""  # the application believes its own list of proxies, by address


def post_fork(_server, worker):
    """Connections made before the fork belong to the parent."""
    worker.app.callable.extensions["provider"].database.dispose()


def child_exit(_server, worker):
    """What a process that ended counted stays in the sums; its gauges go."""
    metrics.mark_process_dead(worker.pid)
