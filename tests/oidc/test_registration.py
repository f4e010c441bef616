"""Clients that register themselves, and what they may do with that (RFC 7591, RFC 7592)."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.grants import consents
from idp.outbound.client import Outbound
from idp.outbound.exchange import OutboundFailed
from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases

INITIAL = "the-initial-access-token-of-the-test"
SIGNING = jose.generate("ES256", "k").as_dict(private=False)
REDIRECT = "https://new.example.org/callback"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "registration": {
            "like": "asks-consent",
            "initial_access_tokens": [random_values.fingerprint(INITIAL)],
            "require_pkce": False,
        }
    }


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


def register(http: FlaskClient, token: str = INITIAL, **metadata: Any) -> TestResponse:
    sent = {"client_name": "New client", "redirect_uris": [REDIRECT], **metadata}
    sent = {name: value for name, value in sent.items() if value is not None}
    return http.post("/registration", json=sent, headers={"Authorization": f"Bearer {token}"})


def manage(http: FlaskClient, client: dict[str, Any], method: str = "GET", **more: Any) -> TestResponse:
    path = client["registration_client_uri"].removeprefix("http://localhost")
    token = more.pop("token", client["registration_access_token"])
    return http.open(path, method=method, headers={"Authorization": f"Bearer {token}"}, **more)


def sign_in_and_allow(provider: Provider, visitor: FlaskClient, person: str, client: dict[str, Any]) -> None:
    """The person is signed in at the client, and said yes to it before."""
    sign_in(provider, visitor, person, client["client_id"])
    with provider.database.transaction() as tx:
        consents.grant(tx, person, client["client_id"], client["scope"].split())


def test_a_client_registers_and_learns_what_it_is(http: FlaskClient, clock: MovableClock) -> None:
    """RFC 7591 §3.2.1: 201, everything that was registered, the defaults of §2; OIDC Registration §3.2"""
    response = register(http, contacts=["desk@new.example.org"], unknown="ignored")

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    client = response.get_json()
    assert client["redirect_uris"] == [REDIRECT]
    assert client["client_name"] == "New client"
    assert client["token_endpoint_auth_method"] == "client_secret_basic"
    assert client["grant_types"] == ["authorization_code"]
    assert client["response_types"] == ["code"]
    assert client["client_secret_expires_at"] == 0
    assert len(client["client_secret"]) >= 43
    assert client["client_id_issued_at"] == int(clock.now().timestamp())
    assert client["registration_client_uri"] == f"http://localhost/registration/{client['client_id']}"
    assert client["registration_access_token"]
    assert not {"policy", "brand", "secret_digests", "unknown", "require_pkce"} & client.keys()


def test_a_registered_client_signs_people_in(
    app: Flask, http: FlaskClient, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    """oidcc-server with dynamic registration"""
    client = register(http, grant_types=["authorization_code", "refresh_token"]).get_json()
    sign_in_and_allow(provider, visitor, person, client)
    party = RelyingParty(app, client["client_id"], redirect_uri=REDIRECT, secret=client["client_secret"])

    tokens = party.redeem(party.authorize(visitor))

    assert tokens["claims"]["sub"] == person


def test_it_may_also_use_other_methods(
    app: Flask, http: FlaskClient, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    """oidcc-server-client-secret-post"""
    client = register(http, token_endpoint_auth_method="client_secret_post").get_json()
    sign_in_and_allow(provider, visitor, person, client)
    party = RelyingParty(app, client["client_id"], redirect_uri=REDIRECT, secret=client["client_secret"], method="post")

    assert party.redeem(party.authorize(visitor))["access_token"]


@pytest.mark.parametrize("method", ["none", "private_key_jwt"])
def test_no_secret_is_made_where_none_is_used(http: FlaskClient, method: str) -> None:
    """OIDC Registration §3.2"""
    client = register(http, token_endpoint_auth_method=method, jwks_uri="https://new.example.org/jwks.json").get_json()

    assert "client_secret" not in client
    assert "client_secret_expires_at" not in client


@pytest.mark.parametrize("token", ["", "wrong", "é☃", "x" * 10_000])
def test_nobody_registers_without_an_initial_access_token(http: FlaskClient, token: str) -> None:
    """RFC 7591 §3: the endpoint may be protected"""
    response = http.post(
        "/registration",
        json={"redirect_uris": [REDIRECT]},
        headers=[("Authorization", f"Bearer {token}".encode().decode("latin-1"))],
    )

    assert response.status_code == 401
    assert response.get_json()["error"] == "invalid_token"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": REDIRECT}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"{REDIRECT}#fragment"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://new.example.org/callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example.org/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["code id_token"]}, "invalid_client_metadata"),
        ({"response_types": []}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "password"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "EdDSA"}, "invalid_client_metadata"),
        ({"userinfo_signed_response_alg": "HS256"}, "invalid_client_metadata"),
        ({"initiate_login_uri": "http://new.example.org/login"}, "invalid_client_metadata"),
        ({"backchannel_logout_uri": "http://169.254.169.254/"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
        ({"request_object_encryption_alg": "RSA-OAEP-256"}, "invalid_client_metadata"),
        ({"jwks": "no object"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "RSA", "n": 7, "e": "é"}]}}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}}, "invalid_client_metadata"),
        ({"jwks": {"keys": []}}, "invalid_client_metadata"),
        ({"scope": "nonsense"}, "invalid_client_metadata"),
        ({"scope": 7}, "invalid_client_metadata"),
        ({"client_name": ["list"]}, "invalid_client_metadata"),
        ({"default_max_age": -1}, "invalid_client_metadata"),
        ({"subject_type": "secret"}, "invalid_client_metadata"),
        ({"grant_types": 5}, "invalid_client_metadata"),
        ({"grant_types": True}, "invalid_client_metadata"),
        ({"grant_types": {"refresh_token": 1}}, "invalid_client_metadata"),
        ({"grant_types": [["refresh_token"]]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": []}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": {}}, "invalid_client_metadata"),
        ({"scope": ["openid"]}, "invalid_client_metadata"),
        ({"default_max_age": 10**30}, "invalid_client_metadata"),
        ({"default_max_age": 10**12}, "invalid_client_metadata"),
        ({"software_id": "a\ud800"}, "invalid_client_metadata"),
        ({"redirect_uris": [f"https://new.example.org/{number}" for number in range(21)]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://new.example.org;x/"]}, "invalid_redirect_uri"),
        ({"application_type": "native", "redirect_uris": ["http://127.0.0.1:65536/cb"]}, "invalid_redirect_uri"),
        ({"application_type": "native", "redirect_uris": ["com.example.app://[bad/cb"]}, "invalid_redirect_uri"),
        ({"application_type": "native", "post_logout_redirect_uris": ["app:/bye"]}, "invalid_client_metadata"),
        ({"jwks": {"keys": [SIGNING, {"kty": "RSA"}]}}, "invalid_client_metadata"),
    ],
)
def test_metadata_that_will_not_do_is_refused(http: FlaskClient, metadata: dict[str, Any], error: str) -> None:
    """RFC 7591 §2.1: no inconsistent state;
    RFC 7591 §2; §3.2.2: invalid_redirect_uri and invalid_client_metadata;
    A fragment in a redirect address, a login address that is not https, and the rest."""
    response = register(http, **metadata)

    assert response.status_code == 400, response.text
    assert response.get_json()["error"] == error


@pytest.mark.parametrize("scope", ["", " ", None])
def test_an_empty_scope_is_none(http: FlaskClient, scope: str | None) -> None:
    """RFC 7591 §2: who asks for no scope gets a default"""
    assert set(register(http, scope=scope).get_json()["scope"].split()) >= {"openid", "email"}


def test_members_that_are_null_are_ignored(http: FlaskClient) -> None:
    """RFC 7591 §2"""
    nulls = dict.fromkeys(("jwks", "logo_uri", "contacts", "scope", "grant_types", "default_max_age", "client_name"))
    headers = {"Authorization": f"Bearer {INITIAL}"}

    answer = http.post("/registration", json={"redirect_uris": [REDIRECT], **nulls}, headers=headers)

    assert answer.status_code == 201
    assert answer.get_json()["grant_types"] == ["authorization_code"]


def test_keys_of_a_kind_we_do_not_know_are_skipped(http: FlaskClient) -> None:
    """RFC 7517 §5"""
    jwks = {"keys": [{"kty": "AKP", "alg": "ML-DSA-44"}, SIGNING]}

    assert register(http, token_endpoint_auth_method="private_key_jwt", jwks=jwks).status_code == 201


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(http: FlaskClient, body: bytes) -> None:
    """RFC 7591 §3: a JSON object"""
    headers = {"Authorization": f"Bearer {INITIAL}", "Content-Type": "application/json"}

    response = http.post("/registration", data=body, headers=headers)

    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_client_metadata"


def test_what_the_provider_decides_cannot_be_registered(http: FlaskClient, provider: Provider) -> None:
    client = register(
        http,
        policy={"second_step": "never"},
        allow_private_addresses=True,
        require_pkce=False,
        token_endpoint_audience=True,
        client_id="basic",
        audiences=["https://api.example.ch"],
        brand="connect",
    ).get_json()

    found = provider.registry.current().client(client["client_id"])
    like = provider.registry.current().client("asks-consent")
    assert found is not None
    assert like is not None
    assert client["client_id"] != "basic"
    assert found.policy == like.policy
    assert found.brand == ""
    assert found.allow_private_addresses is False
    assert found.token_endpoint_audience is False
    assert found.audiences == ()


def test_a_client_that_starts_its_own_logins_can_say_so(http: FlaskClient) -> None:
    """oidcc-3rd_party-init-login"""
    client = register(http, initiate_login_uri="https://new.example.org/login").get_json()

    assert client["initiate_login_uri"] == "https://new.example.org/login"
    assert manage(http, client).get_json()["initiate_login_uri"] == "https://new.example.org/login"


def test_people_see_who_asks_them_to_sign_in(app: Flask, http: FlaskClient, visitor: FlaskClient) -> None:
    """oidcc-registration-logo-uri, oidcc-registration-policy-uri, oidcc-registration-tos-uri (OIDC Registration §2)"""
    addresses = {name: f"https://new.example.org/{name}" for name in ("logo_uri", "policy_uri", "tos_uri")}
    client = register(http, **addresses).get_json()
    party = RelyingParty(app, client["client_id"], redirect_uri=REDIRECT, secret=client["client_secret"])

    page = party.authorize(visitor).response

    assert page.request.path == "/login"
    assert all(address in page.text for address in addresses.values())
    assert "img-src 'self' data: https://new.example.org;" in page.headers["Content-Security-Policy"]


# Sectors


def test_a_sector_must_list_every_redirect_address(http: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """OIDC Registration §5; oidcc-registration-sector-uri, oidcc-registration-sector-bad"""
    documents = {
        "https://good.example.org/": json.dumps([REDIRECT, "https://other.example.org/"]).encode(),
        "https://bad.example.org/": b'["https://other.example.org/"]',
        "https://broken.example.org/": b"{}",
    }

    def fetch(_: Outbound, url: str, *_more: object) -> bytes:
        if url not in documents:
            raise OutboundFailed(url)
        return documents[url]

    monkeypatch.setattr(Outbound, "fetch", fetch)

    good = register(http, subject_type="pairwise", sector_identifier_uri="https://good.example.org/")
    refused = [
        register(http, subject_type="pairwise", sector_identifier_uri=f"https://{name}.example.org/")
        for name in ("bad", "broken", "absent")
    ]

    assert good.status_code == 201
    assert {response.get_json()["error"] for response in refused} == {"invalid_client_metadata"}


# Management


@pytest.fixture
def client(http: FlaskClient) -> dict[str, Any]:
    registered: dict[str, Any] = register(http).get_json()
    return registered


def test_the_client_reads_itself(http: FlaskClient, client: dict[str, Any]) -> None:
    """RFC 7592 §3: the metadata with the token and address of its management; RFC 7592 §2.1"""
    response = manage(http, client)

    assert response.status_code == 200
    read = response.get_json()
    assert read["client_id"] == client["client_id"]
    assert read["redirect_uris"] == [REDIRECT]
    assert read["registration_client_uri"] == client["registration_client_uri"]
    assert read["registration_access_token"] == client["registration_access_token"]
    assert "client_secret" not in read


def test_the_client_replaces_its_metadata_and_keeps_its_secret(
    app: Flask, http: FlaskClient, visitor: FlaskClient, provider: Provider, person: str, client: dict[str, Any]
) -> None:
    """RFC 7592 §2.2: what is left out is forgotten"""
    moved = {"client_id": client["client_id"], "client_name": "Renamed", "redirect_uris": ["https://new.example.org/2"]}

    response = manage(http, client, "PUT", json=moved)

    assert response.status_code == 200
    assert response.get_json()["client_name"] == "Renamed"
    assert "contacts" not in manage(http, client).get_json()
    sign_in_and_allow(provider, visitor, person, client)
    party = RelyingParty(
        app, client["client_id"], redirect_uri="https://new.example.org/2", secret=client["client_secret"]
    )
    assert party.redeem(party.authorize(visitor))["access_token"]
    assert party.authorize(visitor, redirect_uri=REDIRECT).mode == "page"


def test_a_client_cannot_choose_its_secret(http: FlaskClient, client: dict[str, Any]) -> None:
    """RFC 7592 §2.2: a client_secret in the request is the one that was issued"""
    moved = {"client_id": client["client_id"], "redirect_uris": [REDIRECT]}

    chosen = manage(http, client, "PUT", json={**moved, "client_secret": "of my own choice, and long enough for you"})
    repeated = manage(http, client, "PUT", json={**moved, "client_secret": client["client_secret"]})

    assert (chosen.status_code, chosen.get_json()["error"]) == (400, "invalid_client_metadata")
    assert repeated.status_code == 200
    assert repeated.get_json()["registration_access_token"] == client["registration_access_token"]


def test_a_client_that_turns_to_a_secret_gets_one(http: FlaskClient) -> None:
    client = register(http, token_endpoint_auth_method="none").get_json()
    turned = {"client_id": client["client_id"], "redirect_uris": [REDIRECT]}

    assert manage(http, client, "PUT", json=turned).get_json()["client_secret"]


@pytest.mark.parametrize("sent", [{}, {"client_id": "basic", "redirect_uris": [REDIRECT]}, {"redirect_uris": []}])
def test_a_replacement_that_will_not_do_changes_nothing(
    http: FlaskClient, client: dict[str, Any], sent: dict[str, Any]
) -> None:
    """RFC 7592 §2.2: client_id is the client's own"""
    assert manage(http, client, "PUT", json=sent).status_code == 400
    assert manage(http, client).get_json()["redirect_uris"] == [REDIRECT]


def test_the_client_deletes_itself_and_what_it_held_ends(
    app: Flask, http: FlaskClient, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    """RFC 7592 §2.3: 204, and no token of it works any more"""
    client = register(http, grant_types=["authorization_code", "refresh_token"]).get_json()
    sign_in_and_allow(provider, visitor, person, client)
    party = RelyingParty(app, client["client_id"], redirect_uri=REDIRECT, secret=client["client_secret"])
    tokens = party.redeem(party.authorize(visitor))

    response = manage(http, client, "DELETE")

    assert response.status_code == 204
    assert response.data == b""
    assert manage(http, client).status_code == 401
    assert party.authorize(visitor).mode == "page"
    userinfo = http.get("/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert userinfo.status_code == 401


def test_a_token_manages_its_own_client_only(http: FlaskClient, client: dict[str, Any]) -> None:
    """RFC 7592 §2, §2.1: 401"""
    other = register(http).get_json()

    for method in ("GET", "PUT", "DELETE"):
        stolen = manage(http, client, method, token=other["registration_access_token"], json={})
        assert stolen.status_code == 401
        assert manage(http, client, method, token=INITIAL, json={}).status_code == 401
        assert manage(http, client, method, token="", json={}).status_code == 401


def test_registrations_are_counted(http: FlaskClient, provider: Provider) -> None:
    times = provider.settings.limits["registration"].times

    answers = [register(http, token="wrong").status_code for _ in range(times + 1)]

    assert answers[-1] == 429


def test_secrets_and_tokens_are_kept_as_digests_only(
    http: FlaskClient, client: dict[str, Any], provider: Provider
) -> None:
    with provider.database.reading() as tx:
        stored = str(tx.connection.exec_driver_sql("SELECT * FROM registered_clients").all())

    assert client["client_secret"] not in stored
    assert client["registration_access_token"] not in stored


def test_discovery_names_the_endpoint(http: FlaskClient) -> None:
    metadata = http.get("/.well-known/openid-configuration").get_json()

    assert metadata["registration_endpoint"] == "http://localhost/registration"
