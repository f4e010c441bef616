"""A real PgBouncer in transaction mode before a test's cluster."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.postgresql import SUPERUSER, Cluster

CONFIGURATION = """
[databases]
* = host={cluster}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
unix_socket_dir =
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def before(cluster: Cluster, servers: int) -> Iterator[int]:
    """Give its port. All clients together share so many connections of the cluster."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "PgBouncer is needed: apt-get install pgbouncer"
    folder, port = Path(tempfile.mkdtemp(prefix="pgbouncer-")), free_port()
    configuration = folder / "ini"
    values = {"cluster": cluster.folder, "port": port, "servers": servers, "folder": folder}
    configuration.write_text(CONFIGURATION.format(**values).replace("* = ", f"* = user={SUPERUSER} "), "utf-8")
    user = []
    if os.geteuid() == 0:
        pwd.getpwnam(SUPERUSER)
        shutil.chown(folder, SUPERUSER)
        user = ["-u", SUPERUSER]
    process = subprocess.Popen([program, "-q", *user, str(configuration)], stderr=subprocess.DEVNULL)
    try:
        while not (folder / "pid").exists():
            assert process.poll() is None, (folder / "log").read_text("utf-8")
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)
