"""`idp init`: the files of a new installation, ready to be completed by its operator."""

import re
import socket
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import click
import sqlalchemy as sa

from idp import random_values
from idp.resources import CONFIG

STARTER = CONFIG / "starter"
SECRETS = "secrets"
OWNER_ONLY, READABLE = 0o600, 0o644
SEALING_KEY_BYTES = 32
KEY_ID = "k1"
SETTINGS = "settings.toml"


@dataclass(frozen=True)
class Installation:
    """The choices that the files of a new installation share. `client_secret` belongs to its example portal."""

    folder: Path
    state: Path
    issuer: str
    database: str
    client_secret: str

    def values(self) -> dict[str, str]:
        """Return what each `$name` of a starter file stands for."""
        return {
            "issuer": self.issuer,
            "host": urlsplit(self.issuer).hostname or "localhost",
            "database": self.database,
            "folder": str(self.folder),
            "variable": str(self.state),
            "sealing_key": f"{KEY_ID}:{b64encode(random_values.token_bytes(SEALING_KEY_BYTES)).decode()}",
            "secret_digest": random_values.fingerprint(self.client_secret),
        }


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--issuer", default="", help="The public https address; without it, the name of this machine.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="For data; without it, FOLDER/var.")
@click.option("--database", default="", help="A database address; without it, an SQLite file in the folder for data.")
def init(folder: Path, issuer: str, state: Path | None, database: str) -> None:
    """Write settings, secrets, and an example of a client and a brand into FOLDER. Existing files are never touched.

    Example: `idp init /etc/vestibule --issuer https://login.example.ch --state /var/lib/vestibule`
    """
    folder = folder.resolve()
    state = (state or folder / "var").resolve()
    installation = Installation(
        folder=folder,
        state=state,
        issuer=_checked(issuer or f"https://{socket.getfqdn()}"),
        database=_without_password(database) or f"sqlite:///{state}/idp.sqlite3",
        client_secret=random_values.token(),
    )
    existing = [str(folder / path) for path in _starters() if (folder / path).exists()]
    if existing:
        raise click.ClickException(f"nothing was written; these files exist already: {', '.join(existing)}")
    for path, text in _filled(installation).items():
        _write(folder / path, text)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    click.echo(_next_steps(installation))


def _checked(issuer: str) -> str:
    """Return the issuer as it will be compared. Raises `ClickException` for anything but an https origin."""
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d{1,5})?", issuer.rstrip("/")):
        raise click.ClickException(f"the issuer is an https address without a path, in small letters, not {issuer!r}")
    return issuer.rstrip("/")


def _without_password(database: str) -> str:
    """Return the address. Raises `ClickException` for one that nobody but its owner should read."""
    if database and sa.make_url(database).password is not None:
        raise click.ClickException(
            f"everybody on this machine can read {SETTINGS}: leave the password out of --database, and add "
            f"PGPASSWORD=… to the file {SECRETS}"
        )
    return database


def _starters() -> list[Path]:
    return sorted(path.relative_to(STARTER) for path in STARTER.rglob("*") if path.is_file())


def _filled(installation: Installation) -> dict[Path, str]:
    """Return the text of every file, by its path in the folder."""
    values = installation.values()
    return {path: Template((STARTER / path).read_text("utf-8")).substitute(values) for path in _starters()}


def _write(path: Path, text: str) -> None:
    """Create the file with its mode at once, so that nobody reads a secret in between."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    mode = OWNER_ONLY if path.name == SECRETS else READABLE
    path.touch(mode=mode, exist_ok=False)
    path.write_text(text, encoding="utf-8")


def _next_steps(installation: Installation) -> str:
    folder = installation.folder
    return f"""wrote {folder}

The secret of the example portal, my-portal, shown once: {installation.client_secret}

1. Complete {folder}/{SETTINGS}: mail server, SMS gateway, proxy. Put their passwords into {folder}/{SECRETS}.
2. set -a; . {folder}/{SECRETS}; IDP_SETTINGS={folder}/{SETTINGS}; set +a
3. idp db upgrade && idp worker --once && idp doctor
4. idp serve, and idp worker beside it"""
