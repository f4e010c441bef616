"""The recipes for client libraries, taken at their word as far as they can run here."""

import json
import tomllib
from pathlib import Path

import pytest
import requests

from idp.clients import files
from idp.clients.files import Circumstances
from idp.settings import HOME
from tests.e2e import recipes
from tests.e2e.people import give_password, insured
from tests.e2e.sites import serving
from tests.e2e.test_node_client import PASSWORD, left_for
from tests.support import node

LANGUAGES = ("fr", "de", "it", "en")
APPLICATION = "http://localhost:8111"
DRIVER = """
import { createInterface } from 'node:readline'
import { InMemoryWebStorage, OidcClient, WebStorageStateStore } from 'oidc-client-ts'
const [issuer] = process.argv.slice(2)
const stateStore = new WebStorageStateStore({ store: new InMemoryWebStorage() })
const client = new OidcClient({ ...settings(issuer, 'http://localhost:8111'), stateStore })
console.log((await client.createSigninRequest({})).url)
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await client.processSigninResponse(line)
  const logout = await client.createSignoutRequest({ id_token_hint: answer.id_token })
  console.log(JSON.stringify({ person: answer.profile, logout: logout.url }))
  break
}
"""


@pytest.mark.parametrize("environment", ["production", "development"])
def test_the_client_files_of_the_recipes_have_no_fault(tmp_path: Path, environment: str) -> None:
    for text in recipes.blocks("toml"):
        (tmp_path / f"{tomllib.loads(text)['client_id']}.toml").write_text(text, encoding="utf-8")
    circumstances = Circumstances(environment, LANGUAGES, {}, everywhere=True)

    contents = files.read(tmp_path, HOME / "config" / "brands", circumstances)

    assert contents.problems == ()
    assert len(contents.clients) == len(recipes.blocks("toml")) == 6


def test_the_settings_of_the_proxy_can_be_read_and_match_its_file() -> None:
    (proxy,) = (tomllib.loads(text) for text in recipes.blocks("ini"))
    client = next(
        each for each in map(tomllib.loads, recipes.blocks("toml")) if each["client_id"] == proxy["client_id"]
    )

    assert [proxy["redirect_url"]] == client["redirect_uris"]
    assert proxy["scope"] == client["scope"]
    assert proxy["oidc_groups_claim"] == client["permissions_claim"]


def test_the_application_in_the_browser_signs_in_and_out(tmp_path: Path, database_url: str) -> None:
    program = recipes.blocks("ts")[0]
    (tmp_path / "node_modules").symlink_to(node.FOLDER / "node_modules")
    (tmp_path / "app.mjs").write_text(program.replace("export ", "") + DRIVER, encoding="utf-8")

    with serving(tmp_path, database_url, more_clients={"my-app": recipes.client_file("my-app")}) as sites:
        visitor = requests.Session()
        give_password(sites.provider, insured(sites.provider), PASSWORD)
        with node.node(tmp_path / "app.mjs", sites.issuer) as application:
            page = visitor.get(node.hear(application), timeout=10)
            answered = left_for(visitor, page, APPLICATION, identifier="anne.rochat@example.ch", password=PASSWORD)
            node.say(application, answered)
            got = json.loads(node.hear(application))
        signed_out = visitor.get(got["logout"], allow_redirects=False, timeout=10)

    assert got["person"]["name"] == "Anne Rochat"
    assert signed_out.headers["Location"].startswith(f"{APPLICATION}/")
