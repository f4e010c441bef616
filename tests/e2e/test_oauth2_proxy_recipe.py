"""The recipe for oauth2-proxy, with the client file and settings of `docs/clients.md`. No Debian package has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from tests.e2e import recipes
from tests.e2e.people import PASSWORD, administrator, demote, give_password
from tests.e2e.reading import submit
from tests.e2e.sites import Sites, serving
from tests.support import oauth2_proxy, web_server
from tests.support.ports import free_port
from tests.support.web_server import Served

ANNE = "anne.rochat@example.ch"

pytestmark = pytest.mark.skipif(
    not oauth2_proxy.program(),
    reason="the recipe needs oauth2-proxy: docs/clients.md names the version",
)


@dataclass
class Board:
    """The application behind the proxy, its address, and the provider."""

    url: str
    application: Served
    sites: Sites
    anne: str
    company: str


@pytest.fixture
def board(tmp_path: Path, database_url: str) -> Iterator[Board]:
    port = free_port()
    url = f"http://localhost:{port}"
    (tmp_path / "secret").write_text(recipes.SECRET)
    (tmp_path / "cookie-secret").write_text("a secret of thirty-two characters"[:32])
    file = recipes.client_file("board", {"https://board.example.ch": url})
    with serving(tmp_path, database_url, more_clients={"board": file}) as sites, web_server.serving() as application:
        anne, company = administrator(sites.provider)
        give_password(sites.provider, anne, PASSWORD)
        places = {
            "https://board.example.ch": url,
            "https://login.example.ch": sites.issuer,
            '"login.example.ch"': f'"{sites.issuer.removeprefix("http://")}"',
            "/etc/oauth2-proxy/": f"{tmp_path}/",
            "http://127.0.0.1:8080/": application.url,
        }
        (recipe,) = recipes.blocks("ini")
        with oauth2_proxy.running(tmp_path, port, recipes.at(places, recipe)):
            yield Board(url, application, sites, anne, company)


def sign_in(visitor: requests.Session, board: Board) -> requests.Response:
    asked = visitor.get(f"{board.url}/page?a=1", timeout=10)
    return submit(visitor, asked, "sign-in", identifier=ANNE, password=PASSWORD)


def test_an_administrator_sees_the_page_they_asked_for(board: Board) -> None:
    arrived = sign_in(requests.Session(), board)

    assert arrived.url == f"{board.url}/page?a=1"
    assert board.application.requests[-1].headers["X-Forwarded-User"] == board.anne


def test_who_has_another_right_does_not(board: Board) -> None:
    """The rights of the person are in the claim that `permissions_claim` names."""
    demote(board.sites.provider, board.anne, board.company)

    refused = sign_in(requests.Session(), board)

    assert refused.status_code == 403
    assert not board.application.requests


def test_the_link_to_sign_out_ends_both_sessions(board: Board) -> None:
    visitor = requests.Session()
    sign_in(visitor, board)
    leaving = f"{board.sites.issuer}/end-session?client_id=board&post_logout_redirect_uri="
    leaving += quote(f"{board.url}/", safe="")

    asked = visitor.get(f"{board.url}/oauth2/sign_out?rd={quote(leaving, safe='')}", timeout=10)
    signed_out = submit(visitor, asked, "log-out")

    assert signed_out.url.startswith(board.sites.issuer)
    assert 'name="identifier"' in signed_out.text
