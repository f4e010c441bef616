"""Signing keys from the command line, and what needs the keys of `IDP_SECRETS`."""

import json
from datetime import timedelta

import pytest
from click.testing import Result

from idp.credentials import imported_hashes, passwords, pending
from idp.credentials.hasher import Hasher
from idp.people import legacy
from idp.provider import Provider
from idp.sealing import Sealer
from tests.commands.conftest import CommandLine
from tests.flows.recovering import customer
from tests.support.clock import MovableClock

IMPORTED = str(imported_hashes.adopt("098f6bcd4621d373cade4e832627b4f6"))


@pytest.fixture
def newer(provider: Provider) -> Sealer:
    """A key that comes first from now on, as after the second phase of a rotation."""
    sealer = Sealer({"newer": b"n" * 32, **provider.settings.secrets.keys}, "newer")
    provider.database.sealer = sealer
    return sealer


def _numbers(shown: Result) -> dict[str, tuple[str, str]]:
    """Read the table: sealed again, and still under an older key."""
    assert shown.exit_code == 0, shown.output
    rows = [line.rsplit(maxsplit=2) for line in shown.output.splitlines()[1:]]
    return {kind: (resealed, waiting) for kind, resealed, waiting in rows}


def _waiting(shown: Result) -> dict[str, int]:
    return {kind: int(waiting) for kind, (_, waiting) in _numbers(shown).items()}


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


def test_a_password_needs_the_older_key_until_it_is_typed_again(
    idp: CommandLine, provider: Provider, newer: Sealer
) -> None:
    """Whoever removed the key before would lock out everybody who did not sign in meanwhile."""
    anne, marc = (customer(provider, "e-services", f"{name}@example.ch") for name in ("anne", "marc"))
    with provider.database.transaction() as tx:
        hashed = Hasher(provider.settings.passwords, newer).hash(anne.password)
        pending.keep(tx, "run", provider.hasher.hash("typed"), floor=8, expires_at=tx.now + timedelta(hours=1))

    before = _waiting(idp("keys", "reseal"))
    with provider.database.transaction() as tx:
        for each in (anne, marc):
            passwords.rehash(tx, each.id, hashed, version=1)
        pending.drop(tx, "run")
    after = _waiting(idp("keys", "reseal"))

    assert (before["passwords"], before["passwords of journeys"]) == (2, 1)
    assert (after["passwords"], after["passwords of journeys"]) == (0, 0)


def test_a_former_login_says_which_key_its_wrapped_hash_needs(
    idp: CommandLine, provider: Provider, newer: Sealer
) -> None:
    """Sealed anew around it, the hash would look as if it needed the older key no more."""
    older = provider.hasher.wrap(IMPORTED)
    with provider.database.transaction() as tx:
        tx.sealer = Sealer({"newer": b"n" * 32, **provider.settings.secrets.keys}, provider.sealer.active)
        for number, stored in enumerate([older, Hasher(provider.settings.passwords, newer).wrap(IMPORTED), IMPORTED]):
            former = legacy.LegacyAccount(id=f"{number}", portal="e-services", identifier=f"{number}", key=f"{number}")
            former.hash, former.imported_at = legacy.seal_hash(tx, former.id, stored), tx.now
            tx.session.add(former)

    shown = idp("keys", "reseal")

    assert _numbers(shown)["legacy passwords"] == ("2", "1")
    with provider.database.reading() as tx:
        accounts = [legacy.by_id(tx, f"{number}") for number in range(3)]
        kids = [account.hash.partition(".")[0] for account in accounts if account]
        assert kids == [provider.sealer.active, "newer", "newer"]
        assert accounts[0] is not None
        assert legacy.open_hash(tx, accounts[0]) == older


def test_resealing_says_what_it_did(idp: CommandLine) -> None:
    shown = idp("keys", "reseal")

    assert shown.exit_code == 0, shown.output
    assert "signing keys" in shown.output
