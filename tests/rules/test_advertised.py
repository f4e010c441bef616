"""Discovery advertises nothing that no test exercises, as far as that can be seen in the texts of the tests."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from idp.oidc import discovery
from idp.provider import Provider
from tests.rules.source import ROOT

ALL_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
PROTOCOL_TESTS = [
    path
    for folder in ("oidc", "attacks", "e2e", "flows", "sessions", "support")
    for path in (ROOT / "tests" / folder).rglob("*.py")
    if "node_modules" not in path.parts
]


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Everything that can be switched on."""
    return {
        "registration": {"like": "basic"},
        "server": {
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
            "mtls_address": "https://mtls.example.ch",
        },
        "keys": {"algorithms": ALL_ALGORITHMS},
    }


def values(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(member, value) of every list; values of other members are addresses and switches."""
    for member, listed in document.items():
        if isinstance(listed, list):
            yield from ((member, value) for value in listed)


def test_every_advertised_value_is_in_a_test(app: Flask, provider: Provider) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in PROTOCOL_TESTS)

    unproved = [
        f"{member}: {value}"
        for member, value in values(discovery.document(provider))
        if not re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", tests)
    ]

    assert unproved == []


def test_every_endpoint_is_called_by_a_test(app: Flask, provider: Provider) -> None:
    document, issuer = discovery.document(provider), provider.settings.server.issuer
    tests = "\n".join(path.read_text(encoding="utf-8") for path in PROTOCOL_TESTS)

    uncalled = [
        member
        for member, address in document.items()
        if isinstance(address, str) and address.startswith(issuer + "/")
        if f'"{address.removeprefix(issuer)}"' not in tests and f'"{member}"' not in tests
    ]

    assert uncalled == []
