"""Whatever stands in a client certificate, the answer is a refusal: never a 500 (RFC 8705)."""

from base64 import b64encode
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Certificate
from tests.support.tokens import TokenClient

PROXY = {"REMOTE_ADDR": "10.0.0.1"}
MACHINE = {"grant_type": "client_credentials", "client_id": "machine"}
CURVE = bytes.fromhex("06082a8648ce3d030107")  # P-256
OTHER_CURVE = bytes.fromhex("06082a8648ce3d030106")  # prime239v3, which cryptography refuses
NAMES = (
    {"tls_client_auth_subject_dn": "CN=machine,O=Muster"},
    {"tls_client_auth_san_dns": "machine.example.ch"},
    {"tls_client_auth_san_uri": "https://machine.example.ch"},
    {"tls_client_auth_san_ip": "10.0.0.9"},
    {"tls_client_auth_san_email": "machine@example.ch"},
)


@cache
def der() -> bytes:
    made = Certificate("machine", MovableClock().now(), dns="machine.example.ch")
    return made.certificate.public_bytes(Encoding.DER)


def header(changed: bytes) -> dict[str, str]:
    """What nginx writes of these bytes."""
    body = b64encode(changed).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
    return {"X-Client-Certificate": quote(pem), "X-Client-Verified": "SUCCESS"}


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "server": {
            "trusted_proxies": ("10.0.0.0/8",),
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
        },
        "limits": {"client_authentication": {"times": 100_000, "window": 1}},
    }


@pytest.fixture
def machine(provider: Provider, app: Flask) -> TokenClient:
    return TokenClient(app, "machine")


def status_of(provider: Provider, machine: TokenClient, method: str, headers: dict[str, str], **names: str) -> int:
    only = {**{name: "" for each in NAMES for name in each}, **names}
    bend(provider, "machine", token_endpoint_auth_method=method, secret_digests=(), **only)
    return machine.http.post("/token", data=MACHINE, headers=headers, environ_base=PROXY).status_code


def replaced(old: bytes, new: bytes) -> bytes:
    assert der().count(old) == 1
    return der().replace(old, new)


def san(content: str) -> bytes:
    """The certificate with these bytes, as many as there are, where its alternative names stand."""
    names = x509.SubjectAlternativeName([x509.DNSName("machine.example.ch")]).public_bytes()
    new = bytes.fromhex(content)
    return replaced(names[2:], new + bytes([0x82, len(names) - 4 - len(new)]) + bytes(len(names) - 4 - len(new)))


def test_the_certificate_is_good_before_it_is_bent(provider: Provider, machine: TokenClient) -> None:
    assert status_of(provider, machine, "tls_client_auth", header(der()), **NAMES[1]) == 200


@pytest.mark.parametrize("method", ["tls_client_auth", "self_signed_tls_client_auth"])
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda: replaced(CURVE, OTHER_CURVE), id="a key on a curve that cryptography refuses"),
        pytest.param(lambda: der().replace(b"\x0c\x06Muster", b"\x0c\x06M\xffster"), id="a name that is no text"),
        pytest.param(lambda: san("8703010203"), id="an address of three bytes"),
        pytest.param(lambda: san("8201ff"), id="a host that is no text"),
        pytest.param(lambda: san("a3020500"), id="a kind of name that cryptography does not know"),
    ],
)
def test_a_certificate_that_cannot_be_read_is_refused(
    provider: Provider, machine: TokenClient, method: str, changed: Any
) -> None:
    statuses = {status_of(provider, machine, method, header(changed()), **name) for name in NAMES}

    assert statuses <= {400, 401}


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(0, 450),
    byte=st.integers(0, 255),
    method=st.sampled_from(["self_signed_tls_client_auth", "tls_client_auth"]),
    name=st.sampled_from(NAMES),
)
@example(at=2, byte=0x82, method="tls_client_auth", name=NAMES[0])
def test_no_byte_of_a_certificate_makes_it_fail_otherwise(
    provider: Provider, machine: TokenClient, at: int, byte: int, method: str, name: dict[str, str]
) -> None:
    changed = bytearray(der())
    changed[at % len(changed)] = byte

    assert status_of(provider, machine, method, header(bytes(changed)), **name) < 500


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(registered=st.text(max_size=40))
def test_no_registered_name_makes_it_fail_otherwise(provider: Provider, machine: TokenClient, registered: str) -> None:
    for name in NAMES:
        names = dict.fromkeys(name, registered)
        assert status_of(provider, machine, "tls_client_auth", header(der()), **names) < 500
