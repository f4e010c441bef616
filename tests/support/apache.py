"""A real Apache with Debian's mod_auth_openidc in front of an application, for one test."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

READY_WITHIN = 15
CONFIGURATION = """
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog /dev/stderr
User www-data
Group www-data
Listen 127.0.0.1:{port}
{modules}
ProxyPass /oidc/ !
ProxyPass / {application}/
"""
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "proxy", "proxy_http", "auth_openidc")
FOLDER = Path("/usr/lib/apache2/modules")


@contextmanager
def running(folder: Path, port: int, application: str, recipe: str) -> Iterator[None]:
    """Serve until the block ends; its log goes where the errors of the test go."""
    program = shutil.which("apache2", path="/usr/sbin:/usr/bin")
    assert program, "Apache is needed: apt-get install apache2-bin libapache2-mod-auth-openidc"
    modules = "\n".join(f"LoadModule {name}_module {FOLDER}/mod_{name}.so" for name in MODULES)
    text = CONFIGURATION.format(folder=folder, port=port, application=application, modules=modules)
    (folder / "apache.conf").write_text(text + recipe, encoding="utf-8")
    process = subprocess.Popen([program, "-DFOREGROUND", "-f", str(folder / "apache.conf")])
    try:
        _wait(process, port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        assert process.poll() is None, "Apache ended; its messages are above"
        try:
            requests.head(f"http://localhost:{port}/", allow_redirects=False, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Apache does not answer; its messages are above")
