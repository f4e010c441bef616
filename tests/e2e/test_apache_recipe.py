"""The recipe for Apache, run by Debian's mod_auth_openidc with the client file and directives of `docs/clients.md`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from idp.app import worker_of
from idp.sessions import ending
from tests.e2e import recipes
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.reading import submit
from tests.e2e.sites import Sites, serving
from tests.support import apache, web_server
from tests.support.inbox import Mailbox
from tests.support.ports import free_port
from tests.support.web_server import Served

ANNE = "anne.rochat@example.ch"


@dataclass
class Wiki:
    """The site that Apache guards, the application behind it, and the provider."""

    url: str
    application: Served
    sites: Sites
    anne: str

    @property
    def person(self) -> str:
        """Whom the application saw last."""
        return self.application.requests[-1].headers["OIDC_CLAIM_name"]


@pytest.fixture
def wiki(tmp_path: Path, database_url: str) -> Iterator[Wiki]:
    port = free_port()
    url = f"http://localhost:{port}"
    places = {"https://wiki.example.ch": url}
    (tmp_path / "secret").write_text(f"OIDCClientSecret {recipes.SECRET}")
    (tmp_path / "passphrase").write_text("a passphrase for this test")
    more = {"wiki": recipes.client_file("wiki", places).replace("[policy]", "allow_private_addresses = true\n[policy]")}
    with serving(tmp_path, database_url, more_clients=more) as sites, web_server.serving() as application:
        anne = insured(sites.provider)
        give_password(sites.provider, anne, PASSWORD)
        files = {"/etc/apache2/wiki.": f"{tmp_path}/", "https://login.example.ch": sites.issuer}
        recipe = recipes.at({**places, **files}, "\n".join(recipes.blocks("apache")))
        with apache.running(tmp_path, port, application.url, recipe):
            yield Wiki(url, application, sites, anne)


def sign_in(visitor: requests.Session, wiki: Wiki) -> requests.Response:
    asked = visitor.get(f"{wiki.url}/page?a=1", timeout=10)
    return submit(visitor, asked, "sign-in", identifier=ANNE, password=PASSWORD)


def refreshed(shown: requests.Response) -> str:
    """Where the page sends the browser on, without a script."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', shown.text)
    assert found, shown.text
    return found.group(1)


def test_a_person_who_signed_in_sees_the_page_they_asked_for(wiki: Wiki) -> None:
    arrived = sign_in(requests.Session(), wiki)

    assert arrived.url == f"{wiki.url}/page?a=1"
    assert wiki.person == "Anne Rochat"


def test_the_link_to_sign_out_ends_both_sessions(wiki: Wiki) -> None:
    visitor = requests.Session()
    sign_in(visitor, wiki)

    signed_out = visitor.get(f"{wiki.url}/oidc/callback?logout={quote(wiki.url + '/', safe='')}", timeout=10)

    assert signed_out.url.startswith(wiki.sites.issuer)
    assert 'name="identifier"' in signed_out.text


def test_the_site_hears_of_a_logout_elsewhere(wiki: Wiki) -> None:
    visitor = requests.Session()
    sign_in(visitor, wiki)
    with wiki.sites.provider.database.transaction() as tx:
        ending.end_all(tx, wiki.anne, reason="test")

    worker_of(wiki.sites.provider).run_once()
    asked_again = visitor.get(f"{wiki.url}/page", timeout=10)

    assert asked_again.url.startswith(wiki.sites.issuer)


def test_a_part_of_the_site_asks_for_the_second_factor_only(wiki: Wiki) -> None:
    visitor = requests.Session()
    sign_in(visitor, wiki)

    led_on = visitor.get(f"{wiki.url}/wages/", timeout=10)
    announced = visitor.get(refreshed(led_on), timeout=10)
    code_page = submit(visitor, announced, "continue")
    code = Mailbox(wiki.sites.provider).last(channel="sms").code
    arrived = submit(visitor, code_page, "verify", code=code)

    assert arrived.url == f"{wiki.url}/wages/"
    assert wiki.application.requests[-1].headers["OIDC_CLAIM_acr"] == "mfa"


def test_an_error_answer_is_shown_as_an_error(wiki: Wiki) -> None:
    visitor = requests.Session()
    asked = visitor.get(f"{wiki.url}/page", allow_redirects=False, timeout=10)

    refused = visitor.get(f"{asked.headers['Location']}&prompt=none", timeout=10)

    assert refused.url.startswith(f"{wiki.url}/oidc/callback?error=login_required")
    assert "login_required" in refused.text
