"""How gunicorn serves the provider: `idp serve`, or `gunicorn -c config/gunicorn.conf.py wsgi:app`.

Processes scale, threads only cover waiting (Argon2, the database): see docs/operations.md.
"""

import ctypes
import gc
import multiprocessing
import os
import shutil
import signal
import ssl
import sys
import tempfile
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from idp.settings import SettingsError, load_settings
from idp.web.slow_clients import PatientWorker

# Metrics of all processes meet in files of this folder; set before anything imports prometheus_client.
# The number of the master is in the name of a folder that we made: after SIGHUP this file is read again, and knows it.
OWN_FOLDER = f"idp-metrics-{os.getpid()}-"
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=OWN_FOLDER)

from prometheus_client import multiprocess as metrics  # noqa: E402  reads the variable when imported

# The memory of a password hash goes back to the system at once. glibc would learn to keep it, 19 MiB for each thread
# that ever hashed. A C library without this function has no such habit.
M_MMAP_THRESHOLD, ONE_MEBIBYTE = -3, 1 << 20
with suppress(AttributeError):
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, ONE_MEBIBYTE)

gc.disable()  # until everything is imported: collecting then finds nothing, and takes a sixth of the start

from idp.upkeep import nodes  # noqa: E402

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


def when_ready(server):
    """Keep imported objects out of garbage collection: they live as long as the process, and forks share them."""
    gc.freeze()
    gc.enable()
    close = server.handle_term

    def drain_then_close():
        """Become unready first, and close `server.drain` seconds later: callers of `/readyz` send nothing by then."""
        server.app.wsgi().extensions["draining"].begin()
        end = time.monotonic() + settings.server.drain
        while time.monotonic() < end and not asked_again(server):
            time.sleep(0.1)
        close()

    server.handle_term = drain_then_close


def asked_again(server):
    """Whether another signal to stop arrived meanwhile: then nobody wants to wait."""
    while not server.SIG_QUEUE.empty():
        if server.SIG_QUEUE.get_nowait() in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            return True
    return False


def ssl_context(_config, usual_context):
    """TLS 1.3, or 1.2 with the ciphers that BCP 195 recommends (RFC 9325 §4.2), for who ends TLS here."""
    context = usual_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM")
    return context


def post_fork(_server, worker):
    """Connections made before the fork belong to the parent. Each process says what it knows, for the doctor."""
    provider = worker.app.callable.extensions["provider"]
    provider.database.dispose()
    nodes.in_background(provider, "server", threading.Event())


def child_exit(_server, worker):
    """Keep the counts of a process that ended in the sums, and drop its gauges."""
    metrics.mark_process_dead(worker.pid)


def on_exit(_server):
    """The folder that was made for this run goes with it."""
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    if os.path.basename(folder).startswith(OWN_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
