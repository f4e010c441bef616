"""The provider as it is served: gunicorn, a database, load from this second process.

`python -m bench.served [seconds]`: SQLite, then PostgreSQL where it is installed, with its durability on, as in
production. One person per connection, production Argon2id, no second step, so that `sign_in` is page, password,
redirect and tokens. The columns are explained in `bench.load`.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask

import flows
from bench import load
from idp import random_values
from idp.app import create_app
from idp.credentials import passwords
from idp.people import accounts
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person
from idp.provider import Provider
from idp.settings import HOME
from idp.settings_loader import load_settings
from tests.support.postgresql import Cluster, find_binaries

SECRET = "bench-secret-0123456789abcdef0123456789"  # noqa: S105
PASSWORD = "correct horse battery staple"  # noqa: S105
CONNECTIONS = 16
AS_IN_PRODUCTION = {
    "IDP_ENVIRONMENT": "testing",
    "IDP_PASSWORDS__MEMORY_KIB": "19456",
    "IDP_PASSWORDS__PASSES": "2",
    "IDP_DATABASE__SQLITE_SYNCHRONOUS": "full",
}
"""Settings of this process: templates are kept, passwords hashed and commits durable as they are served."""
CLIENT = f"""
client_id = "bench"
client_name = "Bench"
redirect_uris = ["http://127.0.0.1:9/callback"]
grant_types = ["authorization_code", "refresh_token", "client_credentials"]
scope = "openid email offline_access api"
secret_digests = ["{random_values.fingerprint(SECRET)}"]
id_token_signed_response_alg = "ES256"
allow_private_addresses = true
[policy]
entry = "anyone"
second_step = "never"
methods = ["email"]
phone = "off"
sso = "within"
consent = "skip"
access_token_format = "jwt"
"""
SETTINGS = """
[limits.network]
times = 1000000
window = 300
"""


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.sqlite3", Path(folder), seconds)
    with throw_away_database() as url:
        if not url:
            sys.stdout.write("PostgreSQL is not installed: not measured\n")
            return
        with tempfile.TemporaryDirectory() as folder:
            measure("PostgreSQL", url, Path(folder), seconds)


@contextmanager
def throw_away_database() -> Iterator[str]:
    """Start a PostgreSQL with its durability on and give its URL; an empty one where it is not installed."""
    binaries = find_binaries()
    if binaries is None:
        yield ""
        return
    cluster = Cluster(binaries, durable=True)
    cluster.start()
    try:
        yield cluster.url()
    finally:
        cluster.stop()


def measure(name: str, url: str, folder: Path, seconds: float) -> None:
    """Set the provider up on this database, and print what it serves."""
    with serving(folder, CONNECTIONS, url) as (issuer, pid):
        sys.stdout.write(f"\n{name}\n")
        load.run(arguments(issuer, pid, CONNECTIONS, seconds))


def arguments(issuer: str, pid: int, people: int, seconds: float = 0) -> argparse.Namespace:
    """The arguments of `bench.load` for this server."""
    return load.read_arguments(
        [
            *("--issuer", issuer, "--client", f"bench:{SECRET}", "--person", f"bench{{n}}@example.ch:{PASSWORD}"),
            *("--pid", str(pid), "--connections", str(people), "--seconds", str(seconds)),
        ]
    )


@contextmanager
def serving(folder: Path, people: int, url: str = "") -> Iterator[tuple[str, int]]:
    """Serve a fresh database with so many people (of SQLite, unless `url` names one): the issuer, and gunicorn's id."""
    with create_server(("127.0.0.1", 0)) as free:
        issuer = f"http://127.0.0.1:{free.getsockname()[1]}"
    variables = environment(folder, url or f"sqlite:///{folder}/bench.sqlite3", issuer)
    subprocess.run([sys.executable, "-m", "idp", "db", "upgrade"], env=variables, check=True, capture_output=True)
    make_people(variables, people)
    with _gunicorn(variables, issuer) as pid:
        yield issuer, pid


def environment(folder: Path, url: str, issuer: str) -> dict[str, str]:
    folder.joinpath("clients").mkdir()
    folder.joinpath("clients", "bench.toml").write_text(CLIENT, encoding="utf-8")
    folder.joinpath("settings.toml").write_text(SETTINGS, encoding="utf-8")
    return {
        **os.environ,
        "IDP_ENVIRONMENT": "development",
        "IDP_SETTINGS": str(folder / "settings.toml"),
        "IDP_SECRETS": "bench:" + "QUFB" * 16,
        "IDP_SERVER__ISSUER": issuer,
        "IDP_SERVER__WORKERS": "0",
        "IDP_DATABASE__URL": url,
        "IDP_FILES__CLIENTS": str(folder / "clients"),
        "IDP_FILES__VARIABLE": str(folder),
    }


def application(folder: Path, url: str, people: int) -> Flask:
    """Make the application in this process, on a fresh database with so many people."""
    variables = environment(folder, url, "http://127.0.0.1") | AS_IN_PRODUCTION
    subprocess.run([sys.executable, "-m", "idp", "db", "upgrade"], env=variables, check=True, capture_output=True)
    return _with_people(variables, people)


def make_people(environment: dict[str, str], people: int) -> None:
    _with_people(environment, people).extensions["provider"].database.dispose()


def _with_people(environment: dict[str, str], people: int) -> Flask:
    app = create_app(load_settings(environment), flows=flows.ALL)
    provider: Provider = app.extensions["provider"]
    hashed = provider.hasher.hash(PASSWORD)
    with provider.database.transaction() as tx:
        for number in range(people):
            email = normalise_email(f"bench{number}@example.ch")
            assert isinstance(email, Email)
            new = NewPerson(email=email, given_name="B", family_name="Ench", language="fr")
            person = accounts.create(tx, new, reason="bench")
            assert isinstance(person, Person)
            passwords.replace(tx, person.id, hashed, floor=len(PASSWORD), reason="bench")
    provider.signing_keys.tend()
    return app


@contextmanager
def _gunicorn(environment: dict[str, str], issuer: str) -> Iterator[int]:
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "wsgi:app"]
    server = subprocess.Popen(command, env=environment, cwd=HOME, stderr=subprocess.DEVNULL)
    try:
        _wait_for(issuer + "/readyz")
        yield server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urlopen(address):  # noqa: S310
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(address)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3)
