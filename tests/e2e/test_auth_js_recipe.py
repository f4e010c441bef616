"""The recipe for Auth.js, taken from `docs/clients.md` and run by its core."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e import recipes
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.reading import submit
from tests.e2e.sites import serving
from tests.support import node
from tests.support.ports import free_port

ANNE = "anne.rochat@example.ch"


@dataclass(frozen=True)
class Portal:
    url: str
    anne: str


@pytest.fixture
def portal(tmp_path: Path, database_url: str) -> Iterator[Portal]:
    (recipe,) = recipes.blocks("tsx")
    core = node.FOLDER / "auth-js.mjs"
    (tmp_path / "auth.mjs").write_text(f"import {{ NextAuth }} from '{core}'\n{recipe}", encoding="utf-8")
    url = f"http://localhost:{free_port()}"
    file = recipes.client_file("next-portal", {"https://next.example.ch": url})
    with serving(tmp_path, database_url, more_clients={"next-portal": file}) as sites:
        anne = insured(sites.provider)
        give_password(sites.provider, anne, PASSWORD)
        own = {"PORTAL_URL": url, "ISSUER": sites.issuer, "CLIENT_SECRET": recipes.SECRET, "AUTH_SECRET": "for a test"}
        with node.node(tmp_path / "auth.mjs", environ={**os.environ, **own}) as process:
            assert node.hear(process) == "ready"
            yield Portal(url, anne)


def test_the_portal_knows_the_person_by_name_and_sub(portal: Portal) -> None:
    visitor = requests.Session()
    begun = visitor.get(f"{portal.url}/api/auth/csrf", timeout=10).json()
    wanted = {"csrfToken": begun["csrfToken"], "callbackUrl": f"{portal.url}/api/auth/session"}

    asked = visitor.post(f"{portal.url}/api/auth/signin/vestibule", data=wanted, timeout=10)
    session = submit(visitor, asked, "sign-in", identifier=ANNE, password=PASSWORD)

    assert session.json()["user"] == {"name": "Anne Rochat", "email": ANNE, "id": portal.anne}
