"""The hand-over between protocol and journeys: sealed, unforgeable, and short enough for an address."""

from datetime import timedelta

import pytest

from idp import interaction
from idp.database import Database
from idp.grants.raw_parameters import RawParameters
from idp.interaction import PendingAuthorization
from idp.sealing import Sealer
from tests.support.clock import MovableClock
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases


@pytest.fixture
def pending(clock: MovableClock) -> PendingAuthorization:
    return PendingAuthorization(
        raw=RawParameters(
            parameters={
                "client_id": "basic",
                "redirect_uri": "https://basic.example.ch/callback",
                "scope": "openid email",
                "prompt": "login consent",
                "max_age": "0",
                "ui_locales": "de fr",
                "login_hint": "anna@example.ch",
            },
            resources=("https://api.example.ch",),
            repeated=frozenset({"unknown"}),
            pushed="the id of a pushed request",
            signed=True,
            device="the id of a device authorization",
        ),
        asked_at=clock.now(),
        flow="login",
        reason="signed_in",
        acr="mfa",
    )


def test_a_sealed_request_opens_to_what_it_was(
    database: Database, sealer: Sealer, pending: PendingAuthorization
) -> None:
    with database.reading() as tx:
        assert interaction.open_pending(tx, interaction.seal(sealer, pending)) == pending


def test_its_parameters_can_be_read_as_what_they_mean(pending: PendingAuthorization) -> None:
    assert pending.client_id == "basic"
    assert pending.redirect_uri == "https://basic.example.ch/callback"
    assert pending.prompt == {"login", "consent"}
    assert pending.max_age == 0
    assert pending.ui_locales == ("de", "fr")
    assert pending.login_hint == "anna@example.ch"


@pytest.mark.parametrize("given", ["", "x", "row.", "row.unknown", "a\0b", "☃" * 1000, "x" * 100_000])
def test_nothing_else_opens(database: Database, given: str) -> None:
    with database.reading() as tx:
        assert interaction.open_pending(tx, given) is None


def test_a_changed_request_does_not_open(database: Database, sealer: Sealer, pending: PendingAuthorization) -> None:
    sealed = interaction.seal(sealer, pending)
    changed = sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")

    with database.reading() as tx:
        assert interaction.open_pending(tx, changed) is None


def test_what_was_sealed_for_something_else_does_not_open(database: Database, sealer: Sealer) -> None:
    with database.reading() as tx:
        assert interaction.open_pending(tx, sealer.seal("another purpose", b"{}")) is None


def test_a_long_request_waits_here_and_its_handle_travels(
    database: Database, sealer: Sealer, pending: PendingAuthorization, clock: MovableClock
) -> None:
    pending.raw.parameters["claims"] = "x" * 5000
    sealed = interaction.seal(sealer, pending)
    assert not interaction.fits_address(sealed)

    with database.transaction() as tx:
        handle = interaction.store(tx, sealed, timedelta(hours=1))

    with database.reading() as tx:
        assert interaction.fits_address(handle)
        assert interaction.open_pending(tx, handle) == pending
    clock.forward(hours=1)
    with database.reading() as tx:
        assert interaction.open_pending(tx, handle) is None


def test_forgotten_requests_are_deleted(
    database: Database, sealer: Sealer, pending: PendingAuthorization, clock: MovableClock
) -> None:
    with database.transaction() as tx:
        interaction.store(tx, interaction.seal(sealer, pending), timedelta(hours=1))
        interaction.store(tx, interaction.seal(sealer, pending), timedelta(hours=3))
    clock.forward(hours=2)

    with database.transaction() as tx:
        assert purge(tx, "stored_requests") == 1
        assert purge(tx, "stored_requests") == 0


def test_addresses_carry_the_sealed_request() -> None:
    assert interaction.journey_url("login", "a+b") == "/login?request=a%2Bb"
    assert interaction.return_url("a+b") == "/authorize/resume?request=a%2Bb"
    assert interaction.refusal_url("a+b") == "/authorize/resume?request=a%2Bb&refused=yes"
