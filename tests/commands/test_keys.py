"""Signing keys from the command line."""

import json

from idp.provider import Provider
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock


def test_the_list_names_every_configured_algorithm(idp: CommandLine, provider: Provider) -> None:
    shown = idp("keys", "list")

    assert shown.exit_code == 0, shown.output
    assert all(algorithm in shown.output for algorithm in provider.settings.keys.algorithms)
    assert "active" in shown.output


def test_a_rotated_key_signs_within_seconds_and_the_old_one_stays_published(
    idp: CommandLine, provider: Provider, clock: MovableClock
) -> None:
    before = provider.signing_keys.signer("ES256").kid

    rotated = idp("keys", "rotate", "--algorithm", "ES256", "--now")
    clock.forward(seconds=10)

    after = provider.signing_keys.signer("ES256").kid
    published = {key["kid"] for key in json.loads(provider.signing_keys.jwks())["keys"]}
    assert rotated.exit_code == 0, rotated.output
    assert after != before
    assert {before, after} <= published


def test_an_algorithm_that_is_not_configured_is_refused_by_name(idp: CommandLine) -> None:
    refused = idp("keys", "rotate", "--algorithm", "none")

    assert refused.exit_code == 1
    assert "keys.algorithms" in refused.output


def test_a_withdrawn_key_leaves_the_key_set(idp: CommandLine, provider: Provider) -> None:
    kid = str(provider.signing_keys.signer("ES256").kid)

    withdrawn = idp("keys", "withdraw", kid, "--yes")

    assert withdrawn.exit_code == 0, withdrawn.output
    assert kid not in {key["kid"] for key in json.loads(provider.signing_keys.jwks())["keys"]}


def test_resealing_says_what_it_did(idp: CommandLine) -> None:
    shown = idp("keys", "reseal")

    assert shown.exit_code == 0, shown.output
    assert "signing keys" in shown.output
