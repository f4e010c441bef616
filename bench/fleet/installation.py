"""The start of each experiment: an empty PostgreSQL whose commits reach the disk, people, releases of this project."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

from bench import served
from bench.fleet import mail
from bench.fleet.mail import Post
from bench.fleet.processes import Node, Process, Release, ended_afterwards
from bench.peers import postgresql
from bench.peers.postgresql import Postgresql
from bench.visitor import Target
from idp.settings import HOME

DATABASE = "fleet"
REDIRECT = "https://portal.example.ch/callback"
GENEROUS = ("network", "runs", "stored_requests", "codes_sign_in_hour", "codes_sign_in_day", "password", "second_step")
"""Limits that so few people with so many sign-ins would meet."""
MAKE_PEOPLE = "import os, sys; from bench import served; served.make_people(dict(os.environ), int(sys.argv[1]))"


@dataclass(frozen=True)
class Installation:
    """`variables` are those of every process; `started` are killed in the end."""

    folder: Path
    database: Postgresql
    post: Post
    variables: dict[str, str]
    started: list[Process]

    @property
    def url(self) -> str:
        return self.database.url(DATABASE)

    def release(self, name: str, folder: Path = HOME) -> Release:
        return Release(name, folder, self.variables)

    def make_people(self, release: Release, count: int) -> None:
        """Make accounts with the program of that release, whose tables the database has."""
        command = [sys.executable, "-c", MAKE_PEOPLE, str(count)]
        variables = {**os.environ, **self.variables, "PYTHONPATH": str(release.folder)}
        subprocess.run(command, cwd=release.folder, env=variables, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Start what an installation stands on, until the block ends."""
    folder.chmod(0o755)
    with postgresql.running(DATABASE) as database, mail.running() as post, ended_afterwards() as started:
        variables = served.environment(folder, database.url(DATABASE), "https://login.example.ch") | {
            "IDP_ENVIRONMENT": "production",
            "IDP_SERVER__WORKERS": "2",
            "IDP_SERVER__DRAIN": "3",
            "IDP_SERVER__TRUSTED_PROXIES": "127.0.0.1",
            "IDP_MAIL__HOST": "127.0.0.1",
            "IDP_MAIL__PORT": str(post.port),
            "IDP_MAIL__SECURITY": "none",
            "IDP_MAIL__TIMEOUT": "3",
            "IDP_AUDIT__STDOUT": "false",
        }
        client = served.CLIENT.replace("http://127.0.0.1:9/callback", REDIRECT).replace("allow_private", "#")
        client = client.replace('second_step = "never"', 'second_step = "always"')
        (folder / "clients" / "bench.toml").write_text(client, encoding="utf-8")
        limits = (f"[limits.{name}]\ntimes = 1000000\nwindow = 300\n" for name in GENEROUS)
        (folder / "settings.toml").write_text("".join(limits), encoding="utf-8")
        yield Installation(folder, database, post, variables, started)


def targets(node: Node, people: int) -> list[Target]:
    """Return what each person asks for: all the same but for their name."""
    with urlopen(f"http://127.0.0.1:{node.port}/.well-known/openid-configuration") as answer:
        metadata = json.load(answer)
    return [
        Target(
            metadata=metadata,
            client_id="bench",
            secret=served.SECRET,
            redirect_uri=REDIRECT,
            user=f"bench{number}@example.ch",
            password=served.PASSWORD,
            machine_scope="api",
            scope="openid offline_access",
        )
        for number in range(people)
    ]


def checkout(revision: str, folder: Path) -> Path:
    """Write the project as it was at a revision into the folder, and return it."""
    packed = subprocess.run(["git", "archive", revision], cwd=HOME, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def previous_release() -> str:
    """Return the newest tag before this revision; the revision before where there is no tag."""
    tag = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "HEAD^"], cwd=HOME, check=False, capture_output=True, text=True
    ).stdout.strip()
    return tag or "HEAD^"
