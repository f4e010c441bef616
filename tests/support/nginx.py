"""A real nginx that ends TLS in front of the provider and hands client certificates on, for one test.

What it says of TLS is what docs/operations.md tells operators to say.
"""

import re
import shutil
import socket
import ssl
import subprocess
import time
from datetime import datetime
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.settings import HOME
from tests.support.ports import free_port
from tests.support.possession import Certificate

PAGE = (HOME / "docs" / "operations.md").read_text(encoding="utf-8")
TLS = " ".join(re.findall(r"^ssl_(?:protocols|ciphers) .*;$", PAGE, re.MULTILINE))
CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        {tls}
        ssl_verify_client optional_no_ca;
        ssl_client_certificate {folder}/authority.pem;
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Client-Certificate $ssl_client_escaped_cert;
            proxy_set_header X-Client-Verified $ssl_client_verify;
        }}
    }}
}}
"""


class Nginx:
    """Trusts the client certificates of `authority`."""

    def __init__(self, folder: Path, upstream: int, authority: Certificate, now: datetime) -> None:
        self.folder = folder
        self.port = free_port()
        server = Certificate("localhost", now, dns="localhost")
        write(folder / "server", server)
        (folder / "authority.pem").write_text(authority.pem)
        text = CONFIGURATION.format(folder=folder, port=self.port, upstream=upstream, tls=TLS)
        (folder / "nginx.conf").write_text(text)

    def start(self) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        assert program, "nginx is needed: apt-get install nginx-light"
        command = [
            program,
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "nginx.conf"),
            "-e",
            str(self.folder / "log"),
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError((self.folder / "error.log").read_text())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def post(self, path: str, form: dict[str, str], certificate: Certificate | None, **headers: str) -> int:
        """The status of a POST over TLS with this client certificate."""
        return self.call("POST", path, form, certificate, **headers)[0]

    def call(
        self, method: str, path: str, form: dict[str, str], certificate: Certificate | None, **headers: str
    ) -> tuple[int, str]:
        """Status and body of a request over TLS with this client certificate."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate is not None:
            write(self.folder / "client", certificate)
            context.load_cert_chain(self.folder / "client.pem", self.folder / "client.key")
        connection = HTTPSConnection("127.0.0.1", self.port, context=context, timeout=10)
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request(method, path, urlencode(form), {**sent, **headers})
        try:
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def write(stem: Path, certificate: Certificate) -> None:
    """`<stem>.pem` and `<stem>.key`."""
    key = certificate.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    stem.with_suffix(".pem").write_text(certificate.pem)
    stem.with_suffix(".key").write_bytes(key)
