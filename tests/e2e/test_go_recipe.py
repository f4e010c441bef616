"""The recipe for Go, built from `docs/clients.md` with go-oidc and x/oauth2. Debian's Go is too old to be installed."""

import json
import re
import shutil
import subprocess
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e import recipes
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.sites import serving
from tests.e2e.test_node_client import left_for
from tests.support import node

FOLDER = Path(__file__).resolve().parent / "go"
NEEDED = (1, 26)
SERVICE = "https://api.example.ch/"


def installed() -> tuple[int, ...]:
    """The version of Go on this machine; nothing where it is absent."""
    if shutil.which("go") is None:
        return ()
    told = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"go(\d+)\.(\d+)", told)[0])


pytestmark = pytest.mark.skipif(installed() < NEEDED, reason="the recipe for Go needs Go 1.26 or newer")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("go")
    for path in FOLDER.iterdir():
        shutil.copy(path, folder)
    (recipe,) = recipes.blocks("go")
    (folder / "recipe.go").write_text(recipe, encoding="utf-8")
    subprocess.run(["go", "vet", "."], cwd=folder, check=True)
    subprocess.run(["go", "build", "-o", "portal", "."], cwd=folder, check=True)
    return folder / "portal"


@pytest.mark.parametrize("resources", [(), (SERVICE,)], ids=["without a resource", "with one"])
def test_the_portal_in_go_learns_who_signed_in(
    tmp_path: Path, database_url: str, program: Path, resources: tuple[str, ...]
) -> None:
    """RFC 8707: one token serves the service and the userinfo endpoint."""
    file = recipes.client_file("go-portal", policy=f'{recipes.POLICY}access_token_format = "jwt"\n')
    with serving(tmp_path, database_url, more_clients={"go-portal": file}) as sites:
        person = insured(sites.provider)
        give_password(sites.provider, person, PASSWORD)

        known = walk([str(program), sites.issuer, recipes.SECRET, *resources])

        assert (known["sub"], known["name"]) == (person, "Anne Rochat")
        audience = jwt(known["access_token"])["aud"]
        assert audience == ([SERVICE, f"{sites.issuer}/userinfo"] if resources else sites.issuer)


def walk(command: list[str]) -> dict[str, Any]:
    """Sign in through the pages, and return whom the program learned to know."""
    visitor = requests.Session()
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, **pipes) as process:
        page = visitor.get(node.hear(process), timeout=10)
        answered = left_for(
            visitor, page, "https://go.example.ch", identifier="anne.rochat@example.ch", password=PASSWORD
        )
        node.say(process, answered)
        return node.hear_json(process)


def jwt(token: str) -> dict[str, Any]:
    """The claims of the token, as the service reads them after it checked the signature."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
