"""The provider as docs/conformance.md starts it, driven as a conformance suite does: https, a CA of its own, HTTP only.

One start serves all tests of this file.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from idp.settings import ROOT
from tests.e2e.sites import free_port
from tests.support.nginx import write
from tests.support.possession import Certificate
from tests.support.suite import Suite, host
from tests.support.web_server import Served

PERSON: dict[str, Any] = tomllib.loads((ROOT / "examples" / "conformance.toml").read_text(encoding="utf-8"))["people"][
    0
]
START = [sys.executable, "-m", "examples.conformance"]
ALL_SCOPES = "openid profile email phone address offline_access"
READY_WITHIN = 60
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
BASIC, FAPI = (block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "client_id" in block)
SECRET = "OKj-nMGjZg1zfWEvq6Ucv0lp-OsSS91i64xCkx0m2-Q"  # of docs/integrate.md, whose digest both pages use


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With `authority.pem`, and `server.pem`, `server.key` and `both.pem` for localhost."""
    made = tmp_path_factory.mktemp("conformance")
    now = datetime.now(UTC)
    authority = Certificate("Conformance CA", now, authority=True)
    write(made / "authority", authority)
    write(made / "server", Certificate("localhost", now, issuer=authority, dns="localhost"))
    (made / "both.pem").write_bytes((made / "server.pem").read_bytes() + (made / "server.key").read_bytes())
    return made


@pytest.fixture(scope="module")
def clients(folder: Path, own_host: Served) -> Path:
    """The shipped folder with the static clients of the page."""
    copied = folder / "clients"
    shutil.copytree(ROOT / "config" / "conformance" / "clients", copied)
    (copied / "basic-1.toml").write_text(BASIC.replace("https://suite.test:8443/test/a/vestibule", own_host.url))
    (copied / "fapi-1.toml").write_text(FAPI)
    return copied


@pytest.fixture(scope="module")
def environment(folder: Path, clients: Path) -> dict[str, str]:
    return {
        **os.environ,
        "IDP_SECRETS": "test:" + "QUFB" * 16,
        "IDP_DATABASE__URL": f"sqlite:///{folder}/idp.sqlite3",
        "IDP_FILES__VARIABLE": str(folder / "var"),
        "IDP_FILES__CLIENTS": str(clients),
        "SSL_CERT_FILE": str(folder / "authority.pem"),
    }


@pytest.fixture(scope="module")
def issuer(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    address = f"https://localhost:{free_port()}"
    files = ["--certificate", str(folder / "server.pem"), "--key", str(folder / "server.key")]
    running = subprocess.Popen([*START, "--issuer", address, *files], env=environment, cwd=ROOT)
    try:
        wait_for(f"{address}/healthz", folder / "authority.pem", running)
        yield address
    finally:
        running.terminate()
        running.wait(30)


def wait_for(address: str, authority: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(address, verify=str(authority), timeout=2)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the provider did not start; its messages are above")


def idp(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "idp", *words],
        env={**environment, "IDP_ENVIRONMENT": "conformance"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def own_host(folder: Path) -> Iterator[Served]:
    with host(folder / "both.pem") as served:
        yield served


@pytest.fixture
def suite(issuer: str, folder: Path, own_host: Served) -> Suite:
    own_host.requests.clear()
    person = {"identifier": PERSON["email"], "password": PERSON["password"]}
    return Suite(issuer, folder / "authority.pem", own_host, person)


def test_the_basic_flow_from_discovery_to_logout(suite: Suite, own_host: Served) -> None:
    """oidcc-server, oidcc-scope-all, oidcc-prompt-none-logged-in, oidcc-refresh-token, oidcc-rp-initiated-logout,
    oidcc-backchannel-rp-initiated-logout"""
    logout = {"backchannel_logout_uri": f"{suite.host.url}/backchannel", "backchannel_logout_session_required": True}
    with suite.registered(**logout):
        tokens = suite.redeem(suite.authorize(scope=ALL_SCOPES, prompt="consent")["code"])
        person = suite.userinfo(tokens["access_token"])
        again = suite.redeem(suite.authorize(prompt="none")["code"])
        refreshed = suite.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
        way_back = suite.client["post_logout_redirect_uris"][0]
        left = suite.log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=way_back, state="s" * 128)
        afterwards = suite.authorize(prompt="none")
        told = logout_token(own_host)

        claims = suite.verified(told)
    assert person["sub"] == again["claims"]["sub"] == tokens["claims"]["sub"]
    assert again["claims"]["auth_time"] == tokens["claims"]["auth_time"]
    assert refreshed["access_token"] != tokens["access_token"]
    assert left.url == f"{way_back}?state={'s' * 128}"
    assert afterwards["error"] == "login_required"
    assert claims["sid"] == tokens["claims"]["sid"]


def logout_token(own_host: Served) -> str:
    """What the worker posted to the suite's host on this machine."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for seen in own_host.requests:
            if seen.method == "POST":
                assert (seen.path, list(seen.form)) == ("/backchannel", ["logout_token"])
                return seen.form["logout_token"]
        time.sleep(0.1)
    pytest.fail("no logout token arrived")


def test_the_person_knows_every_standard_claim(suite: Suite) -> None:
    """oidcc-scope-profile, oidcc-scope-email, oidcc-scope-phone, oidcc-scope-address, oidcc-scope-all"""
    protocol = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
    ours = {"organisations", "legacy_identifiers"}

    with suite.registered():
        person = suite.userinfo(suite.redeem(suite.authorize(scope=ALL_SCOPES)["code"])["access_token"])

    assert set(suite.metadata["claims_supported"]) - protocol - ours == person.keys() - {"sub"}
    assert person["email_verified"] is person["phone_number_verified"] is True
    assert person["birthdate"] == "1980-02-29"
    assert suite.metadata["claim_types_supported"] == ["normal"]  # no `_claim_names`: the claims themselves
    assert set(person["address"]) == {
        "formatted",
        "street_address",
        "locality",
        "region",
        "postal_code",
        "country",
    }


def test_no_second_step_stands_in_the_way(suite: Suite) -> None:
    """oidcc-ensure-request-with-acr-values-succeeds"""
    acr_values = " ".join(suite.metadata["acr_values_supported"])

    with suite.registered():
        tokens = suite.redeem(suite.authorize(acr_values=acr_values)["code"])
        pages = len(suite.pages)

    assert tokens["claims"]["acr"] in suite.metadata["acr_values_supported"]
    assert pages == 2


def test_documents_on_this_machine_are_read(suite: Suite, own_host: Served) -> None:
    """oidcc-registration-sector-uri"""
    own_host.body = f'["{suite.callback}"]'.encode()

    with suite.registered(subject_type="pairwise", sector_identifier_uri=f"{own_host.url}/sector.json"):
        own_host.body = b"ok"
        sub = suite.redeem(suite.authorize()["code"])["claims"]["sub"]

    assert sub


def test_signing_keys_can_be_rotated_during_a_run(suite: Suite, environment: dict[str, str]) -> None:
    def kids() -> set[str]:
        return {key["kid"] for key in suite.server.get(suite.metadata["jwks_uri"], timeout=10).json()["keys"]}

    before = kids()

    rotated = idp(environment, "keys", "rotate", "--now")
    until = time.monotonic() + 20
    while kids() == before and time.monotonic() < until:
        time.sleep(0.2)

    assert rotated.returncode == 0
    assert before < kids()
    with suite.registered():
        assert suite.redeem(suite.authorize()["code"])["id_token"]


def test_the_static_clients_of_the_page_are_served(suite: Suite, environment: dict[str, str]) -> None:
    suite.client = {"client_id": "basic-1", "client_secret": SECRET}

    checked = idp(environment, "clients", "check")
    tokens = suite.redeem(suite.authorize()["code"])

    assert checked.returncode == 0, checked.stderr
    assert tokens["id_token"]


def test_a_sign_in_can_be_forced_and_refused(suite: Suite) -> None:
    """oidcc-prompt-login, oidcc-max-age-1, fapi2-security-profile-final-user-rejects-authentication"""
    with suite.registered():
        first = suite.redeem(suite.authorize()["code"])
        time.sleep(2)
        second = suite.redeem(suite.authorize(prompt="login")["code"])
        time.sleep(2)
        third = suite.redeem(suite.authorize(max_age="1")["code"])
        denied = suite.authorize(press="deny", prompt="consent")

    times = [tokens["claims"]["auth_time"] for tokens in (first, second, third)]
    assert times == sorted(set(times))
    assert denied["error"] == "access_denied"
