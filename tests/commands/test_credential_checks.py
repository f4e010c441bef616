"""`idp doctor` says which methods and stored secrets are of no use any more."""

from dataclasses import replace

import pytest

from idp.credentials import recovery_codes
from idp.provider import Provider
from idp.sealing import Sealer
from idp.upkeep import diagnosis
from tests.support import people
from tests.support.authenticators import give_app
from tests.support.clients import bend
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


@pytest.fixture
def anne(provider: Provider, clock: MovableClock) -> str:
    """A person with an app and a list of recovery codes."""
    with provider.database.transaction() as tx:
        made = people.person(tx).id
        recovery_codes.keep(tx, made, recovery_codes.draw())
    give_app(provider, clock, made)
    return made


def reasons(provider: Provider, check: str) -> str:
    return " ".join(found.reason for found in diagnosis.CHECKS[check](provider))


def test_what_every_portal_accepts_is_no_finding(provider: Provider, anne: str) -> None:
    assert reasons(provider, "methods") == ""
    assert reasons(provider, "secrets") == ""


def test_a_method_that_no_portal_accepts_is_named(provider: Provider, anne: str) -> None:
    for client in provider.registry.current().clients:
        bend(provider, client.client_id, policy={"methods": ("sms",)})

    assert reasons(provider, "methods").startswith("no portal lists totp in policy.methods, and people hold it (1)")


def test_secrets_under_a_key_that_is_listed_no_more_are_named(provider: Provider, anne: str) -> None:
    """Rulings 22"""
    rotated = replace(provider, sealer=Sealer({"new": b"k" * 32}, "new"))

    found = reasons(rotated, "secrets")

    assert "1 of authenticator apps" in found
    assert "10 of recovery codes" in found


def test_secrets_under_an_older_key_that_is_still_listed_are_no_finding(provider: Provider, anne: str) -> None:
    older = dict.fromkeys(provider.sealer.key_ids, b"k" * 32)
    rotated = replace(provider, sealer=Sealer({**older, "new": b"k" * 32}, "new"))

    assert reasons(rotated, "secrets") == ""
