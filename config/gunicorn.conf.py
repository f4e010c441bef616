"""How gunicorn serves the provider: `idp serve`, or `gunicorn -c config/gunicorn.conf.py wsgi:app`.

Processes scale, threads only cover waiting (Argon2, the database): see docs/operations.md.
"""

import gc
import signal
import ssl
import sys
import threading
import time

from idp.settings import SettingsError
from idp.settings_loader import load_settings
from idp.web import listeners, server_processes
from idp.web.slow_clients import PatientWorker

server_processes.share_metrics()

from prometheus_client import multiprocess as metrics  # noqa: E402  reads the folder's variable when imported

server_processes.give_memory_back()
gc.disable()  # until everything is imported: collecting then finds nothing, and takes a sixth of the start

from idp.upkeep import nodes  # noqa: E402

try:
    settings = load_settings()
except SettingsError as error:
    sys.exit(str(error))

bind = server_processes.address(settings)
certfile = settings.server.certificate or None
keyfile = settings.server.certificate_key or None
workers = settings.server.workers or server_processes.number()
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


def on_starting(server):
    """Open a socket for each process."""
    listeners.open_shares(server)


def pre_fork(server, worker):
    """Lend the process its socket."""
    listeners.lend(server, worker)


def when_ready(server):
    """Settle down, and close gently when asked to."""
    server_processes.keep_imported()
    listeners.keep_number(server)
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
    nodes.in_background(provider, "gunicorn", threading.Event())


def child_exit(_server, worker):
    """Keep the counts of a process that ended in the sums, and drop its gauges."""
    metrics.mark_process_dead(worker.pid)


def on_exit(_server):
    """The folder that was made for this run goes with it."""
    server_processes.drop_metrics()
