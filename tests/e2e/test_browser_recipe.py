"""The recipe for an application in the browser that keeps a key, run in Chromium from the text of `docs/clients.md`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.e2e import recipes
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.sites import Sites, listening, serving
from tests.support import node
from tests.support.chromium import Chromium
from tests.support.ports import free_port

LIBRARY = node.FOLDER / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
OWN_LINES = """
scope = "openid profile email"
grant_types = ["authorization_code", "refresh_token"]
dpop_bound_access_tokens = true
id_token_claims = ["name", "email"]
"""
APPLICATION = """<!doctype html><title>Application</title>
<button id="sign-in">Sign in</button> <button id="refresh">Refresh</button> <ol id="known"></ol>
<script>%(library)s</script>
<script type="module">
const { IndexedDbDPoPStore, UserManager } = oidc
%(recipe)s
const manager = new UserManager(bound('%(issuer)s', location.origin))
const show = (user) => {
  const { profile, token_type, access_token } = user
  document.getElementById('known').append(Object.assign(document.createElement('li'),
    { textContent: JSON.stringify({ name: profile.name, token_type, access_token }) }))
}
document.getElementById('sign-in').onclick = () => manager.signinRedirect()
document.getElementById('refresh').onclick = async () => show(await manager.signinSilent())
if (location.pathname === '/callback') show(await manager.signinCallback())
</script>"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def sites(tmp_path: Path, database_url: str, port: int) -> Iterator[Sites]:
    own = {"http://localhost:8111": f"http://localhost:{port}", '\nscope = "openid profile email"\n': OWN_LINES}
    with serving(tmp_path, database_url, more_clients={"my-app": recipes.client_file("my-app", own)}) as running:
        give_password(running.provider, insured(running.provider), PASSWORD)
        recipe = "".join(recipes.blocks("ts")).replace("export ", "")
        whole = {"library": LIBRARY.read_text(encoding="utf-8"), "recipe": recipe, "issuer": running.issuer}
        site = Flask("application")
        site.add_url_rule("/", "front", lambda: APPLICATION % whole)
        site.add_url_rule("/callback", "callback", lambda: APPLICATION % whole)
        with listening(site, port):
            yield running


@pytest.mark.usefixtures("sites")
def test_an_application_in_the_browser_refreshes_with_its_key(chromium: Chromium, port: int) -> None:
    """RFC 9449 §5: the refresh token of a public client is bound to its key"""
    with chromium.page() as page:
        page.goto(f"http://localhost:{port}/")
        page.click("#sign-in")
        page.fill("[name=identifier]", "anne.rochat@example.ch")
        page.fill("[name=password]", PASSWORD)
        page.click("button#sign-in")
        signed_in = known(page, 1)
        page.click("#refresh")
        refreshed = known(page, 2)

    assert (signed_in["name"], signed_in["token_type"]) == ("Anne Rochat", "DPoP")
    assert (refreshed["name"], refreshed["token_type"]) == ("Anne Rochat", "DPoP")
    assert refreshed["access_token"] != signed_in["access_token"]


def known(page: Page, nth: int) -> dict[str, str]:
    """Whom the application knows after its nth answer."""
    shown: dict[str, str] = json.loads(page.locator(f"#known li:nth-child({nth})").inner_text())
    return shown
