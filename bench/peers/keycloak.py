"""Keycloak on PostgreSQL, built for it and started as in production, with the realm of `realm.json`."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from zipfile import ZipFile

from bench.peers import server

VERSION = "26.7.3"
ARTEFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
GET = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get"
OLDEST_JAVA = 17
WARM_UP = 2.0
"""Java compiles what is used often."""
REALM = Path(__file__).with_name("realm.json")


def missing() -> str:
    """Return why it cannot be measured here; empty if it can."""
    if which("java") is None or which("mvn") is None:
        return f"Keycloak is left out: it needs Java {OLDEST_JAVA} and Maven, which are not installed"
    said = subprocess.run(["java", "-XshowSettings:properties", "-version"], capture_output=True, text=True, check=True)
    found = next(line for line in said.stderr.splitlines() if "java.specification.version" in line)
    version = int(found.split("=")[1].strip().partition(".")[0])
    return "" if version >= OLDEST_JAVA else f"Keycloak is left out: it needs Java {OLDEST_JAVA}, here is {version}"


def fetch(kept: Path) -> Path:
    """Return the folder of the distribution, fetched once from the Maven registry."""
    home = kept / f"keycloak-{VERSION}"
    if home.exists():
        return home
    store = kept / "maven"
    command = ["mvn", "-B", "-q", GET, f"-Dartifact={ARTEFACT}", "-Dtransitive=false", f"-Dmaven.repo.local={store}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    archive = store / f"org/keycloak/keycloak-quarkus-dist/{VERSION}/keycloak-quarkus-dist-{VERSION}.zip"
    with archive.open("rb") as read:
        if hashlib.file_digest(read, "sha256").hexdigest() != SHA256:
            raise ValueError(f"{archive} is not the distribution that this was written for")
    with ZipFile(archive) as packed:
        packed.extractall(kept)
    (home / "bin" / "kc.sh").chmod(0o755)
    return home


@contextmanager
def running(kept: Path, database_port: int, database: int, folder: Path) -> Iterator[server.Server]:
    """Serve the database `keycloak` of a PostgreSQL at this port."""
    folder.mkdir()
    home = fetch(kept)
    imported = home / "data" / "import"
    imported.mkdir(parents=True, exist_ok=True)
    (imported / "bench-realm.json").write_text(_realm(), encoding="utf-8")
    port = server.free_port()
    environment = _environment(port, database_port)
    kc = str(home / "bin" / "kc.sh")
    subprocess.run(
        [kc, "build"],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    command = [kc, "start", "--optimized", "--import-realm"]
    with server.process(command, environment, folder / "log", home) as pid:
        issuer = f"http://127.0.0.1:{port}/realms/bench"
        took = server.wait_for(f"{issuer}/.well-known/openid-configuration")
        title = f"Keycloak {VERSION}"
        yield server.Server("keycloak", title, issuer, pid, database, took, api_scope="email", warm_up=WARM_UP)


def _environment(port: int, database_port: int) -> dict[str, str]:
    return {
        "KC_DB": "postgres",
        "KC_DB_URL": f"jdbc:postgresql://127.0.0.1:{database_port}/keycloak",
        "KC_DB_USERNAME": "postgres",
        "KC_DB_PASSWORD": "unused",
        "KC_CACHE": "local",
        "KC_HTTP_ENABLED": "true",
        "KC_HTTP_HOST": "127.0.0.1",
        "KC_HTTP_PORT": str(port),
        "KC_HOSTNAME": f"http://127.0.0.1:{port}",
    }


def _realm() -> str:
    text = REALM.read_text(encoding="utf-8").replace("{SECRET}", server.SECRET).replace("{REDIRECT}", server.REDIRECT)
    realm = json.loads(text)
    realm["users"] = [_person(f"bench{number}@example.ch") for number in range(server.PEOPLE)]
    return json.dumps(realm)


def _person(email: str) -> dict[str, object]:
    return {
        "username": email,
        "email": email,
        "emailVerified": True,
        "firstName": "B",
        "lastName": "Ench",
        "enabled": True,
        "credentials": [{"type": "password", "value": server.PASSWORD}],
    }
