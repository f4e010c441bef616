"""The keys in the database: sealed, shared by all processes, rotating with tokens in flight."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp import jose
from idp.database import Database, DatabaseUnavailable
from idp.jose import CannotVerify
from idp.provider import Provider
from idp.sealing import Sealer
from idp.settings import Settings
from idp.signing_keys import LOOK_EVERY, SigningKeyRow, SigningKeys
from idp.upkeep import resealing
from keys.sealing import MARK
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, Any]:
    """No client needs a key that is not there."""
    return {"keys": {"algorithms": ["ES256", "EdDSA"]}, "files": {"clients": str(tmp_path)}}


def process(database: Database, sealer: Sealer, settings: Settings, clock: MovableClock) -> SigningKeys:
    """The keys as another process has them."""
    return SigningKeys(database, sealer, settings.keys, clock)


@pytest.fixture
def keys(database: Database, sealer: Sealer, settings: Settings, clock: MovableClock) -> SigningKeys:
    return process(database, sealer, settings, clock)


def kids(keys: SigningKeys) -> set[str]:
    return {key["kid"] for key in json.loads(keys.jwks())["keys"]}


def signed(keys: SigningKeys, algorithm: str = "ES256") -> str:
    return keys.sign({"sub": "p1"}, algorithm=algorithm, typ="JWT")


def test_the_first_keys_are_made_when_they_are_needed(keys: SigningKeys) -> None:
    token = signed(keys)

    assert keys.verify(token).claims == {"sub": "p1"}
    assert [(key["alg"], key["use"]) for key in json.loads(keys.jwks())["keys"]] == [("ES256", "sig"), ("EdDSA", "sig")]


def test_the_key_set_holds_nothing_private(keys: SigningKeys) -> None:
    """oidcc-discovery-endpoint-verification: distinct kids, valid keys."""
    published = json.loads(keys.jwks())["keys"]

    assert len({key["kid"] for key in published}) == len(published)
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & set(key) for key in published)


def test_private_keys_are_sealed_at_rest(keys: SigningKeys, database: Database) -> None:
    private = str(keys.signer("ES256").as_dict(private=True)["d"])

    with database.reading() as tx:
        stored = str(tx.connection.exec_driver_sql("SELECT * FROM signing_keys").all())
    assert private not in stored
    assert "kty" not in stored


def test_every_process_signs_with_the_same_key(
    keys: SigningKeys, database: Database, sealer: Sealer, settings: Settings, clock: MovableClock
) -> None:
    token = signed(keys)

    other = process(database, sealer, settings, clock)

    assert other.verify(token).header["kid"] == other.signer("ES256").kid


def test_processes_that_start_together_agree_on_one_key(
    database: Database, sealer: Sealer, settings: Settings, clock: MovableClock
) -> None:
    processes = [process(database, sealer, settings, clock) for _ in range(6)]

    with ThreadPoolExecutor(6) as threads:
        used = set(threads.map(lambda keys: keys.signer("ES256").kid, processes))

    assert len(used) == 1


def test_keys_are_parsed_once(keys: SigningKeys, clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(keys)

    def parse(_: object) -> None:
        raise AssertionError("a key was parsed again")

    monkeypatch.setattr(jose, "read_key", parse)
    clock.forward(seconds=6)

    signed(keys)


def test_rotation_never_interrupts_and_old_tokens_verify(
    keys: SigningKeys, database: Database, sealer: Sealer, settings: Settings, clock: MovableClock
) -> None:
    """OP key rotation (Dynamic OP): the new key is added, the old one kept; tokens in flight stay good."""
    idle_process = process(database, sealer, settings, clock)
    old_token = signed(keys)
    old_kid = keys.signer("ES256").kid
    clock.forward(days=89)
    keys.tend()
    announced = kids(keys)
    assert keys.signer("ES256").kid == old_kid
    clock.forward(days=1)

    new_token = signed(keys)

    assert keys.signer("ES256").kid != old_kid
    assert keys.signer("ES256").kid in announced
    assert old_kid in kids(keys)
    for process_ in (keys, idle_process):
        assert process_.verify(old_token).claims == process_.verify(new_token).claims == {"sub": "p1"}


def test_a_retired_key_leaves_the_key_set_at_last(keys: SigningKeys, clock: MovableClock) -> None:
    token = signed(keys)
    for days in (89, 1, 13):
        clock.forward(days=days)
        keys.tend()
    assert keys.verify(token)
    clock.forward(days=1)

    keys.tend()

    with pytest.raises(CannotVerify):
        keys.verify(token)
    assert len(kids(keys)) == 2


def test_tending_twice_changes_nothing_more(keys: SigningKeys) -> None:
    assert keys.tend()
    assert not keys.tend()


def test_a_rotation_by_hand_announces_first(keys: SigningKeys, clock: MovableClock) -> None:
    old = keys.signer("ES256").kid

    new = keys.rotate("ES256").kid

    assert {old, new} <= kids(keys)
    assert keys.signer("ES256").kid == old
    clock.forward(days=1)
    assert keys.signer("ES256").kid == new


def test_a_key_that_is_rotated_soon_signs_when_every_process_publishes_it(
    keys: SigningKeys, database: Database, sealer: Sealer, settings: Settings, clock: MovableClock
) -> None:
    """A client that asks the slowest process for the key set must find the key of every token"""
    slow = process(database, sealer, settings, clock)
    kids(slow)
    old = keys.signer("ES256").kid
    new = keys.rotate("ES256", soon=True).kid

    for _ in range(4):
        assert keys.signer("ES256").kid == old or new in kids(slow)
        clock.forward(seconds=LOOK_EVERY / 2)
    for _ in range(4):
        assert keys.signer("ES256").kid == new
        clock.forward(seconds=LOOK_EVERY)


def test_a_compromised_key_is_out_at_once_and_everywhere(
    keys: SigningKeys, database: Database, sealer: Sealer, settings: Settings, clock: MovableClock
) -> None:
    other = process(database, sealer, settings, clock)
    stolen = signed(other)
    assert other.verify(stolen)  # and is remembered
    kid = str(keys.signer("ES256").kid)

    keys.withdraw(kid)
    clock.forward(seconds=5)

    assert kid not in kids(keys)
    with pytest.raises(CannotVerify):
        other.verify(stolen)
    assert keys.verify(signed(other))


def test_a_token_by_a_key_made_a_moment_ago_verifies_at_once(
    keys: SigningKeys, database: Database, sealer: Sealer, settings: Settings, clock: MovableClock
) -> None:
    other = process(database, sealer, settings, clock)
    signed(other)
    keys.withdraw(str(keys.signer("ES256").kid))

    assert other.verify(signed(keys))


def test_signing_goes_on_while_the_database_is_away(
    keys: SigningKeys, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(keys)

    def away(_: Database) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(Database, "reading", away)
    clock.forward(seconds=6)

    assert keys.verify(signed(keys)).claims == keys.verify(token).claims


def test_an_algorithm_without_a_key_is_refused(keys: SigningKeys) -> None:
    with pytest.raises(KeyError):
        keys.signer("RS256")


def test_keys_are_sealed_again_under_a_new_secret(provider: Provider, settings: Settings, clock: MovableClock) -> None:
    """Keyed values carry a key id and can be re-sealed without losing anything."""
    database = provider.database
    token = signed(provider.signing_keys)
    database.sealer = Sealer({**settings.secrets.keys, "newer": b"n" * 32}, "newer")

    assert resealing.reseal(provider)["signing keys"].resealed == 2

    without_old = Sealer({"newer": b"n" * 32}, "newer")

    assert SigningKeys(database, without_old, settings.keys, clock).verify(token)


def test_values_of_before_the_formats_are_marked(provider: Provider, database: Database, sealer: Sealer) -> None:
    """ASVS 11.2.2"""
    token = signed(provider.signing_keys)
    with database.transaction() as tx:
        unmarked = sa.func.replace(SigningKeyRow.private_key, MARK, "")
        tx.execute(sa.update(SigningKeyRow).values(private_key=unmarked))

    assert resealing.reseal(provider)["signing keys"].resealed == 2

    with database.reading() as tx:
        rows = tx.execute(sa.select(SigningKeyRow.private_key)).scalars().all()
    assert all(row.startswith(sealer.sealed_prefix) for row in rows)
    assert provider.signing_keys.verify(token)
    assert resealing.reseal(provider)["signing keys"].resealed == 0
