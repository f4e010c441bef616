"""The guide for portal developers, taken at its word: its client file and its program run against the provider."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from idp.opaque import fingerprint
from idp.sessions import assurance
from idp.settings import ROOT
from tests.e2e.people import insured
from tests.e2e.sites import Sites, free_port, listening, serving

GUIDE = (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")
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
    sites.sign_in(visitor, person, "my-portal", assurance.PASSWORD)

    signed_in = visitor.get(f"{portal}/login")
    signed_out = visitor.post(f"{portal}/logout")

    assert (signed_in.url, signed_in.text) == (f"{portal}/", "Bonjour Anne Rochat")
    assert signed_out.url.startswith(f"{portal}/?state=")
    assert signed_out.text == "Bonjour"


def test_the_portal_of_the_guide_asks_for_more_and_gets_it(sites: Sites, portal: str) -> None:
    """RFC 9470"""
    visitor = requests.Session()
    person = insured(sites.provider)
    sites.sign_in(visitor, person, "my-portal", assurance.PASSWORD)
    visitor.get(f"{portal}/login")

    asked = visitor.get(f"{portal}/login", params={"acr_values": "mfa"})
    sites.sign_in(visitor, person, "my-portal", assurance.PASSWORD, assurance.TOTP)
    granted = visitor.get(f"{portal}/login", params={"acr_values": "mfa"})

    assert asked.url.startswith(sites.issuer)
    assert granted.text == "Bonjour Anne Rochat"


def test_the_service_of_the_guide_gets_its_token(sites: Sites) -> None:
    """RFC 6749 §4.4, RFC 8707"""
    answer = requests.post(
        f"{sites.issuer}/token",
        {"grant_type": "client_credentials", "scope": "payroll", "resource": "https://api.connect.example.ch/"},
        auth=("payroll-import", "development-only-secret-of-payroll-import"),
        timeout=5,
    )

    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}
