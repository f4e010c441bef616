"""`/.well-known/webauthn`: which other hosts of the installation use the same passkeys."""

from typing import Any

import pytest
from flask import Flask


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"passkeys": {"related_origins": getattr(request, "param", [])}}


@pytest.mark.parametrize("overrides", [["https://login.example.fr"]], indirect=True)
def test_further_hosts_are_published_with_our_own(app: Flask) -> None:
    """WebAuthn §5.11"""
    answer = app.test_client().get("/.well-known/webauthn")

    assert answer.mimetype == "application/json"
    assert answer.get_json() == {"origins": ["http://localhost", "https://login.example.fr"]}


def test_an_installation_of_one_host_publishes_nothing(app: Flask) -> None:
    assert app.test_client().get("/.well-known/webauthn").status_code == 404
