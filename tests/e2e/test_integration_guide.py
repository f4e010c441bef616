"""The guide for portal developers, taken at its word: its client file and its program run against the provider."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from idp import methods
from idp.random_values import fingerprint
from idp.settings import HOME
from tests.e2e.people import insured
from tests.e2e.sites import Sites, listening, serving
from tests.support import node
from tests.support.ports import free_port
from tests.support.relying_party import VERIFIER, challenge_of

GUIDE = (HOME / "docs" / "integrate.md").read_text(encoding="utf-8")
SECRET = "OKj-nMGjZg1zfWEvq6Ucv0lp-OsSS91i64xCkx0m2-Q"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def portal_url() -> str:
    return f"http://localhost:{free_port()}"


@pytest.fixture
def sites(tmp_path: Path, database_url: str, portal_url: str) -> Iterator[Sites]:
    client_file = block("toml").replace("http://localhost:8110", portal_url)
    with serving(tmp_path, database_url, more_clients={"my-portal": client_file}) as running:
        yield running


@pytest.fixture
def portal(sites: Sites, portal_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with program(portal_url, sites.issuer, monkeypatch):
        yield portal_url


@contextmanager
def program(portal_url: str, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "PORTAL_URL": portal_url,
        "ISSUER": issuer,
        "COOKIE_KEY": "a key for this test",
        "CLIENT_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {"__name__": "portal_of_the_guide"}
    exec(block("python"), names)
    with listening(names["app"], int(portal_url.rpartition(":")[2])):
        yield


def test_the_digest_of_the_guide_belongs_to_its_secret() -> None:
    assert SECRET in GUIDE
    assert fingerprint(SECRET) in block("toml")


def test_the_portal_of_the_guide_signs_in_and_out(sites: Sites, portal: str) -> None:
    visitor = requests.Session()
    person = insured(sites.provider)
    sites.sign_in(visitor, person, "my-portal", methods.PASSWORD)

    signed_in = visitor.get(f"{portal}/login")
    signed_out = visitor.post(f"{portal}/logout")

    assert (signed_in.url, signed_in.text) == (f"{portal}/", "Bonjour Anne Rochat")
    assert signed_out.url.startswith(f"{portal}/?state=")
    assert signed_out.text == "Bonjour"


def test_the_portal_of_the_guide_asks_for_more_and_gets_it(sites: Sites, portal: str) -> None:
    """RFC 9470"""
    visitor = requests.Session()
    person = insured(sites.provider)
    sites.sign_in(visitor, person, "my-portal", methods.PASSWORD)
    visitor.get(f"{portal}/login")

    asked = visitor.get(f"{portal}/login", params={"acr_values": "mfa"})
    sites.sign_in(visitor, person, "my-portal", methods.PASSWORD, methods.TOTP)
    granted = visitor.get(f"{portal}/login", params={"acr_values": "mfa"})

    assert asked.url.startswith(sites.issuer)
    assert granted.text == "Bonjour Anne Rochat"


def test_the_portal_in_node_signs_in_and_out(sites: Sites, portal_url: str, tmp_path: Path) -> None:
    visitor = requests.Session()
    person = insured(sites.provider)
    sites.sign_in(visitor, person, "my-portal", methods.PASSWORD)
    (tmp_path / "node_modules").symlink_to(node.FOLDER / "node_modules")
    (tmp_path / "portal.mjs").write_text(block("js"), encoding="utf-8")
    environ = {**os.environ, "PORTAL_URL": portal_url, "ISSUER": sites.issuer, "CLIENT_SECRET": SECRET}

    with node.node(tmp_path / "portal.mjs", environ=environ) as program:
        assert node.hear(program) == "ready"
        signed_in = visitor.get(f"{portal_url}/login")
        signed_out = visitor.post(f"{portal_url}/logout")

    assert (signed_in.url, signed_in.text) == (f"{portal_url}/", "Bonjour Anne Rochat")
    assert (signed_out.url, signed_out.text) == (f"{portal_url}/", "Bonjour")


def test_the_commands_of_the_guide_exchange_a_code(sites: Sites, portal_url: str) -> None:
    """RFC 6749 §4.1.3, RFC 7636 §4.5"""
    visitor = requests.Session()
    sites.sign_in(visitor, insured(sites.provider), "my-portal", methods.PASSWORD)
    request = {
        "client_id": "my-portal",
        "response_type": "code",
        "redirect_uri": f"{portal_url}/callback",
        "scope": "openid profile",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    left = visitor.get(f"{sites.issuer}/authorize", params=request, allow_redirects=False)
    while not left.headers["Location"].startswith(portal_url):
        left = visitor.get(urljoin(left.url, left.headers["Location"]), allow_redirects=False)
    code = parse_qs(urlsplit(left.headers["Location"]).query)["code"][0]
    exchange, fetch = block("sh").strip().split("\n\n")
    variables = {"ISSUER": sites.issuer, "PORTAL_URL": portal_url, "CLIENT_SECRET": SECRET}

    tokens = shell(exchange, CODE=code, VERIFIER=VERIFIER, **variables)
    person = shell(fetch, ACCESS_TOKEN=tokens["access_token"], **variables)

    assert person["name"] == "Anne Rochat"


def test_the_service_of_the_guide_gets_its_token(sites: Sites) -> None:
    """RFC 6749 §4.4, RFC 8707"""
    command = re.search(r"^\$ (curl .*?[^\\])\n", GUIDE, re.DOTALL | re.MULTILINE)
    assert command is not None

    answer = shell(command.group(1), SECRET="development-only-secret-of-payroll-import", ISSUER=sites.issuer)

    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}


def shell(command: str, **variables: str) -> dict[str, Any]:
    """What the command of the guide prints, typed as it stands there."""
    done = subprocess.run(
        ["bash", "-c", command.replace("curl ", "curl --silent --show-error ")],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
