"""Client certificates (RFC 8705): who may say which one was shown, whose it is, and what is bound to it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.clients.client_keys import ClientKeys
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Certificate
from tests.support.signed_in import new_person
from tests.support.tokens import TokenClient, good, refused

PROXY = {"REMOTE_ADDR": "10.0.0.1"}
STRANGER = {"REMOTE_ADDR": "203.0.113.9"}
MACHINE = {"grant_type": "client_credentials", "client_id": "machine"}


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "server": {
            "trusted_proxies": ("10.0.0.0/8",),
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
            "mtls_address": "http://mtls.localhost",
        }
    }


@pytest.fixture
def machine(provider: Provider, app: Flask) -> TokenClient:
    return TokenClient(app, "machine")


@pytest.fixture
def certificate(clock: MovableClock) -> Certificate:
    return Certificate("machine", clock.now(), dns="machine.example.ch")


def ask(
    client: TokenClient, headers: dict[str, str], peer: dict[str, str] = PROXY, form: dict[str, str] = MACHINE
) -> TestResponse:
    return client.http.post("/token", data=form, headers=headers, environ_base=peer)


def register(provider: Provider, method: str, **changes: Any) -> None:
    bend(provider, "machine", token_endpoint_auth_method=method, secret_digests=(), **changes)


@pytest.mark.parametrize(
    "name",
    [
        {"tls_client_auth_subject_dn": "CN=machine,O=Muster"},
        {"tls_client_auth_san_dns": "Machine.example.ch"},
    ],
)
def test_a_certificate_with_the_registered_name_is_served(
    provider: Provider, machine: TokenClient, certificate: Certificate, name: dict[str, str]
) -> None:
    """RFC 8705 §2, §2.1; RFC 8705 §2.1.2"""
    register(provider, "tls_client_auth", **name)

    assert ask(machine, certificate.headers()).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        {"tls_client_auth_subject_dn": "CN=other,O=Muster"},
        {"tls_client_auth_subject_dn": "CN=machine"},
        {"tls_client_auth_subject_dn": "nonsense"},
        {"tls_client_auth_san_dns": "other.example.ch"},
        {"tls_client_auth_san_uri": "https://machine.example.ch"},
        {"tls_client_auth_san_ip": "10.0.0.9"},
        {"tls_client_auth_san_ip": "nonsense"},
        {"tls_client_auth_san_email": "machine@example.ch"},
        {},
    ],
)
def test_another_name_is_refused(
    provider: Provider, machine: TokenClient, certificate: Certificate, name: dict[str, str]
) -> None:
    register(provider, "tls_client_auth", **name)

    refused(ask(machine, certificate.headers()), "invalid_client", 401)


def test_a_certificate_of_an_authority_the_proxy_does_not_trust_is_refused(
    provider: Provider, machine: TokenClient, certificate: Certificate
) -> None:
    """RFC 8705 §2.1"""
    register(provider, "tls_client_auth", tls_client_auth_san_dns="machine.example.ch")

    refused(ask(machine, certificate.headers("FAILED:self-signed certificate")), "invalid_client", 401)
    refused(ask(machine, certificate.headers("NONE")), "invalid_client", 401)


def test_a_self_signed_certificate_with_a_registered_key_is_served(
    provider: Provider, machine: TokenClient, certificate: Certificate, clock: MovableClock
) -> None:
    """RFC 8705 §2.2"""
    register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)
    other = Certificate("machine", clock.now())

    assert ask(machine, certificate.headers("FAILED:self-signed certificate")).status_code == 200
    refused(ask(machine, other.headers()), "invalid_client", 401)


def test_a_stranger_s_headers_are_not_believed(
    provider: Provider, machine: TokenClient, certificate: Certificate
) -> None:
    register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)

    refused(ask(machine, certificate.headers(), STRANGER), "invalid_client", 401)


def test_a_forwarded_stranger_behind_the_proxy_is_served_by_his_certificate(
    provider: Provider, machine: TokenClient, certificate: Certificate
) -> None:
    register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)
    headers = {**certificate.headers(), "X-Forwarded-For": "203.0.113.9"}

    assert ask(machine, headers).status_code == 200


def test_an_expired_certificate_is_refused(
    provider: Provider, machine: TokenClient, certificate: Certificate, clock: MovableClock
) -> None:
    register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)
    clock.forward(days=366)

    refused(ask(machine, certificate.headers()), "invalid_client", 401)


def test_a_certificate_is_valid_from_its_first_second_to_its_last(
    provider: Provider, machine: TokenClient, clock: MovableClock
) -> None:
    """RFC 5280 §4.1.2.5: both ends count"""
    tomorrow = Certificate("machine", clock.now() + timedelta(days=2))
    register(provider, "self_signed_tls_client_auth", jwks=tomorrow.jwks)

    clock.forward(hours=23, minutes=59, seconds=59)
    refused(ask(machine, tomorrow.headers()), "invalid_client", 401)
    clock.forward(seconds=1)
    assert ask(machine, tomorrow.headers()).status_code == 200
    clock.forward(days=366)
    assert ask(machine, tomorrow.headers()).status_code == 200
    clock.forward(seconds=1)
    refused(ask(machine, tomorrow.headers()), "invalid_client", 401)


def test_a_certificate_that_names_nobody_is_not_the_client_s(
    provider: Provider, machine: TokenClient, clock: MovableClock
) -> None:
    """RFC 8705 §2.1.2: the names that a client did not register are no empty names that match"""
    register(provider, "tls_client_auth", tls_client_auth_san_dns="machine.example.ch")
    nameless = Certificate("", clock.now())

    refused(ask(machine, nameless.headers()), "invalid_client", 401)


def test_a_key_that_a_client_published_meanwhile_is_looked_up(
    provider: Provider, machine: TokenClient, certificate: Certificate, clock: MovableClock
) -> None:
    """RFC 8705 §2.2.2: `jwks_uri` lets a client change its certificate without being registered anew"""
    published = [certificate.jwks]

    def fetch(*_: object) -> bytes:
        return msgspec.json.encode(published[-1])

    object.__setattr__(provider, "client_keys", ClientKeys(fetch, clock))
    register(provider, "self_signed_tls_client_auth", jwks_uri="https://machine.example.ch/jwks.json")
    assert ask(machine, certificate.headers()).status_code == 200

    renewed = Certificate("machine", clock.now())
    published.append(renewed.jwks)
    clock.forward(minutes=5)

    assert ask(machine, renewed.headers()).status_code == 200


@pytest.mark.parametrize(("length", "status"), [(16 * 1024, 200), (16 * 1024 + 1, 401)])
def test_a_header_longer_than_any_certificate_is_not_read(
    provider: Provider, machine: TokenClient, certificate: Certificate, length: int, status: int
) -> None:
    register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)
    headers = certificate.headers()
    longer = headers["X-Client-Certificate"] + "a" * (length - len(headers["X-Client-Certificate"]))

    assert ask(machine, {**headers, "X-Client-Certificate": longer}).status_code == status


@pytest.mark.parametrize("text", ["", "nonsense", "%ff", "-----BEGIN CERTIFICATE-----", "é", "x" * 20_000])
def test_any_other_text_is_no_certificate(
    provider: Provider, machine: TokenClient, certificate: Certificate, text: str
) -> None:
    register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)

    response = ask(machine, {"X-Client-Certificate": text, "X-Client-Verified": "SUCCESS"})

    refused(response, "invalid_client", 401)


def test_tokens_are_bound_to_the_certificate(
    provider: Provider, app: Flask, certificate: Certificate, clock: MovableClock
) -> None:
    """RFC 8705 §3, §3.1, §3.2: x5t#S256, in the token and at introspection;
    fapi2-security-profile-final-happy-flow (mTLS): token bound to the certificate; a missing one is refused."""
    bend(provider, "basic", tls_client_certificate_bound_access_tokens=True)
    basic = TokenClient(app, "basic")
    basic.http.environ_base.update(PROXY)
    anna = new_person(provider)
    refused(basic.redeem(basic.code(anna)), "invalid_request")
    tokens = good(basic.redeem(basic.code(anna), headers=certificate.headers()))
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    with_it = basic.http.get("/userinfo", headers={**bearer, **certificate.headers()})
    with_other = basic.http.get("/userinfo", headers={**bearer, **Certificate("machine", clock.now()).headers()})

    introspected = good(basic.post("/introspect", certificate.headers(), token=tokens["access_token"]))

    assert basic.verified(tokens["access_token"])["cnf"] == {"x5t#S256": certificate.thumbprint}
    assert introspected["cnf"] == {"x5t#S256": certificate.thumbprint}
    assert tokens["token_type"] == "Bearer"
    assert with_it.status_code == 200
    assert with_other.status_code == 401
    assert basic.userinfo(tokens["access_token"]).status_code == 401


def test_a_public_client_s_refresh_token_is_bound_to_its_certificate(
    provider: Provider, app: Flask, certificate: Certificate, clock: MovableClock
) -> None:
    """RFC 8705 §4"""
    bend(provider, "public", tls_client_certificate_bound_access_tokens=True)
    public = TokenClient(app, "public")
    public.http.environ_base.update(PROXY)
    anna = new_person(provider)
    token = good(public.redeem(public.code(anna), headers=certificate.headers()))["refresh_token"]

    refused(public.refresh(token, headers=Certificate("machine", clock.now()).headers()), "invalid_grant")
    refused(public.refresh(token), "invalid_request")

    good(public.refresh(token, headers=certificate.headers()))


def test_discovery_says_that_and_where_certificates_are_served(app: Flask) -> None:
    """RFC 8705 §3.3, §5"""
    document = app.test_client().get("/.well-known/openid-configuration").get_json()

    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(document["token_endpoint_auth_methods_supported"])
    assert document["tls_client_certificate_bound_access_tokens"] is True
    assert document["mtls_endpoint_aliases"] == {
        name: document[name].replace("http://localhost", "http://mtls.localhost")
        for name in (
            "token_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "pushed_authorization_request_endpoint",
            "device_authorization_endpoint",
            "userinfo_endpoint",
        )
    }


class TestWithoutAProxyForCertificates:
    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"server": {"trusted_proxies": ("10.0.0.0/8",)}}

    def test_certificates_are_neither_served_nor_advertised(
        self, provider: Provider, app: Flask, machine: TokenClient, certificate: Certificate
    ) -> None:
        register(provider, "self_signed_tls_client_auth", jwks=certificate.jwks)
        document = app.test_client().get("/.well-known/openid-configuration").get_json()

        refused(ask(machine, certificate.headers()), "invalid_client", 401)
        assert not [name for name in document["token_endpoint_auth_methods_supported"] if "tls" in name]
        assert document["tls_client_certificate_bound_access_tokens"] is False
