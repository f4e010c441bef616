"""How gunicorn serves the provider: `idp serve`, or `gunicorn -c config/gunicorn.conf.py wsgi:app`.

Processes scale, threads only cover waiting (Argon2, the database): see docs/operations.md.
"""

import gc
import multiprocessing
import os
import shutil
import ssl
import sys
import tempfile
from urllib.parse import urlsplit

from idp.settings import SettingsError, load_settings
from idp.web.slow_clients import PatientWorker

# Metrics of all processes meet in files of this folder; set before anything imports prometheus_client.
own_folder = None if "PROMETHEUS_MULTIPROC_DIR" in os.environ else tempfile.mkdtemp(prefix="idp-metrics-")
if own_folder:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = own_folder

from prometheus_client import multiprocess as metrics  # noqa: E402  reads the variable when imported

gc.disable()  # until everything is imported: collecting then finds nothing, and takes a sixth of the start

try:
    settings = load_settings()
except SettingsError as error:
    sys.exit(str(error))

bind = os.environ.get("IDP_BIND", f"127.0.0.1:{urlsplit(settings.server.issuer).port or 8000}")
certfile = settings.server.certificate or None
keyfile = settings.server.certificate_key or None
workers = settings.server.workers or 2 * multiprocessing.cpu_count()
threads = settings.server.threads
PatientWorker.read_timeout = settings.server.read_timeout
worker_class = PatientWorker
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


def when_ready(_server):
    """What was imported lives as long as the process: no collection looks at it again, and forks keep sharing it."""
    gc.freeze()
    gc.enable()


def ssl_context(_config, usual_context):
    """TLS 1.3, or 1.2 with the ciphers that BCP 195 recommends (RFC 9325 §4.2), for who ends TLS here."""
    context = usual_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM")
    return context


def post_fork(_server, worker):
    """Connections made before the fork belong to the parent."""
    worker.app.callable.extensions["provider"].database.dispose()


def child_exit(_server, worker):
    """What a process that ended counted stays in the sums; its gauges go."""
    metrics.mark_process_dead(worker.pid)


def on_exit(_server):
    """The folder that was made for this run goes with it."""
    if own_folder:
        shutil.rmtree(own_folder, ignore_errors=True)
