"""The start of each experiment: an empty PostgreSQL whose commits reach the disk, people, releases of this project."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn
from urllib.request import urlopen

import sqlalchemy as sa

from bench import served
from bench.fleet import mail, receivers
from bench.fleet.balancer import Balancer
from bench.fleet.ledger import Ledger
from bench.fleet.mail import Post
from bench.fleet.people import Person, person
from bench.fleet.processes import Process, Release, ended_afterwards
from bench.fleet.receivers import LOGOUT, SMS, Receivers
from bench.peers import postgresql
from bench.peers.postgresql import Postgresql
from bench.visitor import Target
from idp import random_values
from idp.migrations import NEWEST
from idp.settings import HOME
from tests.support.postgresql import Cluster

DATABASE = "fleet"
STEPS = "idp/migrations/versions"
REDIRECT = "https://portal.example.ch/callback"
PORTALS = {"mails": "email", "texts": "sms"}
"""Two portals, with the way in which their codes arrive."""
GENEROUS = (
    *("network", "runs", "stored_requests", "password", "second_step", "destinations", "sms_prefix", "sms_day"),
    *("codes_sign_in_hour", "codes_sign_in_day", "codes_run"),
)
"""Limits that so few people with so many sign-ins would meet."""
MAKE_PEOPLE = """
import os, sys
import sqlalchemy as sa
from bench import served
from idp.app import create_app
from idp.people import phones
from idp.settings_loader import load_settings
served.make_people(dict(os.environ), int(sys.argv[1]))
database = create_app(load_settings(), flows=()).extensions["provider"].database
with database.transaction() as tx:
    for address, person in tx.execute(sa.text("SELECT address, person_id FROM email_addresses")).all():
        number = int("".join(filter(str.isdigit, address)))
        phones.give(tx, person, f"+41791230{number:03}", verified=True)
"""


@dataclass(frozen=True)
class Installation:
    """`variables` are those of every process; `started` are killed in the end."""

    folder: Path
    url: str
    """The database's address, for questions of the experiment itself."""
    post: Post
    receivers: Receivers
    variables: dict[str, str]
    started: list[Process]
    disk: Path | None = None
    """The disk of its own that the tables are on, if there is one."""
    cluster: Cluster | None = None
    """The database server, where it is one that can be halted."""

    def release(self, name: str, folder: Path = HOME) -> Release:
        return Release(name, folder, self.variables)

    def kept(self, process: Process) -> Process:
        """Kill this process in the end."""
        self.started.append(process)
        return process

    def make_people(self, release: Release, count: int) -> None:
        """Make accounts with the program of that release, whose tables the database has."""
        command = [sys.executable, "-c", MAKE_PEOPLE, str(count)]
        variables = {**os.environ, **self.variables, "PYTHONPATH": str(release.folder)}
        subprocess.run(command, cwd=release.folder, env=variables, check=True, stdout=subprocess.DEVNULL)

    def told(self, ledger: Ledger) -> str:
        """Return the figures of an experiment, in one line."""
        texts, logouts = self.receivers.texts.total(), len(ledger.signed_out)
        again = f" ({ledger.refreshed_again} once more, for a lost answer)" if ledger.refreshed_again else ""
        return (
            f"{ledger.requests} requests, {ledger.signed_in.total()} sign-ins, {ledger.refreshed} refreshes{again}, "
            f"{logouts} sign-outs, {self.post.received.total()} mails, {texts} text messages, "
            f"longest wait for a code {max(ledger.waits, default=0):.1f} s\n"
        )

    def write_client(self, name: str, *secrets: str, title: str = "Portal") -> None:
        """Write the file of a portal, in one step, so that nobody reads half of it."""
        text = client_file(name, title, secrets or (served.SECRET,), self.receivers.address(LOGOUT))
        fresh = self.folder / f"{name}.fresh"
        fresh.write_text(text, encoding="utf-8")
        fresh.rename(self.folder / "clients" / f"{name}.toml")


def client_file(name: str, title: str, secrets: tuple[str, ...], logout: str) -> str:
    """Return the file of a portal whose codes arrive as its name says."""
    digests = ", ".join(f'"{random_values.fingerprint(secret)}"' for secret in secrets)
    text = served.CLIENT.replace("http://127.0.0.1:9/callback", REDIRECT)
    text = text.replace('client_id = "bench"', f'client_id = "{name}"\nbackchannel_logout_uri = "{logout}"')
    text = text.replace('client_name = "Bench"', f'client_name = "{title}"')
    text = text.replace('second_step = "never"', 'second_step = "always"')
    text = text.replace('methods = ["email"]', f'methods = ["{PORTALS.get(name, "email")}"]')
    text = text.replace('phone = "off"', 'phone = "optional"')
    return "\n".join(f"secret_digests = [{digests}]" if "secret_digests" in line else line for line in text.split("\n"))


@contextmanager
def installed(folder: Path, *, disk: Path | None = None, **variables: str) -> Iterator[Installation]:
    """Start what an installation stands on, until the block ends; with its tables on that disk."""
    with postgresql.running(DATABASE) as database:
        folder.chmod(0o755)  # PostgreSQL's user passes through it
        if disk is not None:
            _move_tables(database, disk)
        with standing_on(database.url(DATABASE), folder, **variables) as made:
            yield replace(made, disk=disk, cluster=database.cluster)


@contextmanager
def standing_on(url: str, folder: Path, **variables: str) -> Iterator[Installation]:
    """Start everything but the database, which is empty and serves at that address, until the block ends."""
    folder.chmod(0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that everything that was started ends
    with (
        mail.running() as post,
        receivers.running(folder) as receiving,
        ended_afterwards() as started,
    ):
        own = served.environment(folder, url, "https://login.example.ch")
        own |= _settings(folder, post, receiving) | variables
        (folder / "clients" / "bench.toml").unlink()
        limits = "".join(f"[limits.{name}]\ntimes = 1000000\nwindow = 300\n" for name in GENEROUS)
        (folder / "settings.toml").write_text(limits, encoding="utf-8")
        made = Installation(folder, url, post, receiving, own, started)
        for name in PORTALS:
            made.write_client(name)
        yield made


def end(folder: Path, faults: list[str], well: str) -> NoReturn:
    """Say what did not hold, or that all is `well`, and exit. The folder with its logs stays where there are faults."""
    if not faults:
        shutil.rmtree(folder)
        sys.stdout.write(f"{well}\n")
        sys.exit(0)
    sys.stdout.write("".join(f"FAULT: {each}\n" for each in faults) + f"the logs are in {folder}\n")
    sys.exit(1)


def _move_tables(database: Postgresql, disk: Path) -> None:
    engine = sa.create_engine(database.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        connection.exec_driver_sql(f"ALTER DATABASE {DATABASE} SET TABLESPACE small")
    engine.dispose()


def _settings(folder: Path, post: Post, receiving: Receivers) -> dict[str, str]:
    return {
        "IDP_ENVIRONMENT": "production",
        "IDP_SERVER__WORKERS": "2",
        "IDP_SERVER__DRAIN": "3",
        "IDP_SERVER__TRUSTED_PROXIES": "127.0.0.1",
        "IDP_MAIL__HOST": "127.0.0.1",
        "IDP_MAIL__PORT": str(post.port),
        "IDP_MAIL__SECURITY": "none",
        "IDP_MAIL__TIMEOUT": "3",
        "IDP_SMS__URL": receiving.address(SMS),
        "IDP_SMS__TIMEOUT": "3",
        "IDP_AUDIT__STDOUT": "false",
        "SSL_CERT_FILE": str(folder / "server.pem"),
    }


def people(installation: Installation, balancer: Balancer, ledger: Ledger, count: int) -> list[Person]:
    """Return people, half of whom get their codes by mail and half by SMS."""
    with urlopen(f"http://127.0.0.1:{balancer.port}/.well-known/openid-configuration") as answer:
        metadata = json.load(answer)
    shared = Target(
        metadata=metadata,
        client_id="mails",
        secret=served.SECRET,
        redirect_uri=REDIRECT,
        user="",
        password=served.PASSWORD,
        machine_scope="api",
        scope="openid offline_access",
    )
    found = []
    for number in range(count):
        address = f"bench{number}@example.ch"
        portal, codes, reached_at = (
            ("mails", installation.post.codes, address),
            ("texts", installation.receivers.codes, f"+41791230{number:03}"),
        )[number % 2]
        target = replace(shared, client_id=portal, user=address)
        found.append(person(target, balancer, ledger, codes, reached_at))
    return found


def checkout(revision: str, folder: Path) -> Path:
    """Write the project as it was at a revision into the folder, and return it."""
    packed = subprocess.run(["git", "archive", revision], cwd=HOME, check=True, capture_output=True).stdout
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "--extract", "--directory", folder], input=packed, check=True)
    return folder


def previous_release() -> str:
    """Return the newest tag before this revision; without tags the newest revision whose schema was an older one."""
    tag = _git("describe", "--tags", "--abbrev=0", "HEAD^")
    revisions = [tag] if tag else _git("log", "--format=%h", "--", STEPS).split()
    return next((each for each in revisions if tag or _serves_before(each)), "HEAD")


def _serves_before(revision: str) -> bool:
    """Return whether the history of the schema had one end then, before the newest step of this release."""
    lines = _git("grep", "-hE", "^(down_)?revision.* = ", revision, "--", STEPS)
    found, followed = (
        set(re.findall(rf'^{name}\b.*"(\d+)"', lines, re.MULTILINE)) for name in ("revision", "down_revision")
    )
    return len(last := found - followed) == 1 and max(last) < NEWEST


def _git(*words: str) -> str:
    """Return what git prints; nothing where it fails."""
    return subprocess.run(["git", *words], cwd=HOME, check=False, capture_output=True, text=True).stdout.strip()
