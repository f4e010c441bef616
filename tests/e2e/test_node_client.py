"""A certified client that is not written in Python, openid-client by node, against the running provider.

A browser is played by `requests`: it answers the pages that the client sends it to.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from idp import jose
from idp.jose import Key
from idp.random_values import fingerprint
from tests.e2e.people import give_password, insured
from tests.e2e.reading import submit
from tests.e2e.sites import Sites, serving
from tests.support import node

PROGRAM = node.FOLDER / "client.mjs"
KEY: Key = jose.generate("ES256", "node-key")
SECRET = "the secret of the client in node, of 43 letters"
REDIRECT = "https://node.example.ch/callback"
WAY_BACK = "https://node.example.ch/"
PASSWORD = "quatre chevaux bleus"

PLAIN = f"""
client_id = "node-plain"
client_name = "Node"
redirect_uris = ["{REDIRECT}"]
post_logout_redirect_uris = ["{WAY_BACK}"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile email offline_access"
secret_digests = ["{fingerprint(SECRET)}"]
"""
FAPI = f"""
client_id = "node-fapi"
client_name = "Node"
profile = "fapi2-security"
redirect_uris = ["{REDIRECT}"]
post_logout_redirect_uris = ["{WAY_BACK}"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile email offline_access"
token_endpoint_auth_method = "private_key_jwt"
id_token_signed_response_alg = "ES256"
require_pushed_authorization_requests = true
dpop_bound_access_tokens = true
jwks = {{ keys = [{{ {", ".join(f'{name} = "{value}"' for name, value in KEY.as_dict(private=False).items())} }}] }}
"""
SIGNING = FAPI.replace('"node-fapi"', '"node-signing"').replace(
    'profile = "fapi2-security"',
    'profile = "fapi2-message-signing"\nrequire_signed_request_object = true\n'
    'authorization_signed_response_alg = "ES256"',
)
POLICY = """
[policy]
second_step = "never"
methods = []
phone = "off"
sso = "within"
entry = "anyone"
consent = "skip"
"""


@pytest.fixture
def sites(tmp_path: Path, database_url: str) -> Iterator[Sites]:
    files = {"node-plain": PLAIN + POLICY, "node-fapi": FAPI + POLICY, "node-signing": SIGNING + POLICY}
    with serving(tmp_path, database_url, more_clients=files) as running:
        yield running


def walk(sites: Sites, client_id: str, **credentials: Any) -> tuple[requests.Session, dict[str, Any]]:
    """Let the client do all it can, with a person who signs in through the pages."""
    visitor = requests.Session()
    give_password(sites.provider, insured(sites.provider), PASSWORD)
    asked = {
        "issuer": sites.issuer,
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "post_logout_redirect_uri": WAY_BACK,
        "scope": "openid profile email offline_access",
        **credentials,
    }
    with node.node(PROGRAM, json.dumps(asked)) as client:
        page = visitor.get(node.hear(client), timeout=10)
        node.say(client, left_for(visitor, page, WAY_BACK, identifier="anne.rochat@example.ch", password=PASSWORD))
        return visitor, node.hear_json(client)


def left_for(visitor: requests.Session, page: requests.Response, outside: str, **fields: str) -> str:
    """Sign in, and return the address `outside` the provider where that leads."""
    leaving: list[str] = []

    def stop_outside(answer: requests.Response, **_: Any) -> requests.Response:
        if answer.headers.get("Location", "").startswith(outside):
            leaving.append(answer.headers.pop("Location"))
        return answer

    visitor.hooks["response"] = [stop_outside]
    submit(visitor, page, "sign-in", **fields)
    visitor.hooks["response"] = []
    return leaving[0]


def test_a_client_in_node_signs_in_refreshes_and_logs_out(sites: Sites) -> None:
    """oidcc-server, oidcc-refresh-token, oidcc-rp-initiated-logout"""
    visitor, got = walk(sites, "node-plain", secret=SECRET)

    logged_out = visitor.get(got["logout"], allow_redirects=False, timeout=10)

    assert got["person"]["name"] == got["name_afterwards"] == "Anne Rochat"
    assert got["person"]["sub"] == got["claims"]["sub"]
    assert (got["token_type"], got["active"], got["error_after_revocation"]) == ("bearer", True, "invalid_grant")
    assert logged_out.headers["Location"].startswith(WAY_BACK)


def test_a_client_in_node_meets_the_fapi_2_profile(sites: Sites) -> None:
    """fapi2-security-profile-final-happy-flow: pushed request, private_key_jwt, tokens bound to a key by DPoP"""
    _, got = walk(sites, "node-fapi", key=KEY.as_dict(private=True))

    assert got["person"]["name"] == got["name_afterwards"] == "Anne Rochat"
    assert (got["token_type"], got["active"], got["error_after_revocation"]) == ("dpop", True, "invalid_grant")


def test_a_client_in_node_signs_its_request_and_verifies_the_signed_answer(sites: Sites) -> None:
    """message-signing/fapi2-security-profile-final-happy-flow (JAR, JARM)"""
    _, got = walk(sites, "node-signing", key=KEY.as_dict(private=True), signing=True)

    assert got["answered"] == ["response"]
    assert got["person"]["name"] == got["name_afterwards"] == "Anne Rochat"
    assert (got["token_type"], got["active"], got["error_after_revocation"]) == ("dpop", True, "invalid_grant")
