"""Hashing and verifying passwords."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import argon2.low_level
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idp.credentials import hasher as hashing
from idp.credentials import imported_hashes
from idp.credentials.hasher import Hasher, Verdict
from idp.credentials.normalised import LONGEST, normalise_password
from idp.opaque import Vault
from idp.settings import Passwords, SettingsError, load_settings
from tests.support.application import TEST_SECRETS

SETTINGS = Passwords(memory_kib=64, passes=1, concurrency=2, floor=12, imported_scheme="", context_words=())
KEYS = {"old": b"o" * 32, "new": b"n" * 32}
PASSWORD = "Ma très longue phrase"


@pytest.fixture(scope="module")
def vault() -> Vault:
    return Vault(KEYS, "old")


@pytest.fixture(scope="module")
def hasher(vault: Vault) -> Hasher:
    return Hasher(SETTINGS, vault)


def adopted(written: str, scheme: str = "") -> str:
    stored = imported_hashes.adopt(written, scheme)
    assert isinstance(stored, str), stored
    return stored


def test_a_password_matches_its_own_hash_only(hasher: Hasher) -> None:
    stored = hasher.hash(PASSWORD)

    assert hasher.verify(PASSWORD, stored) == Verdict(ok=True, needs_rehash=False)
    assert hasher.verify(PASSWORD + " ", stored) == Verdict(ok=False)
    assert hasher.verify("", stored) == Verdict(ok=False)


def test_equal_passwords_have_different_hashes(hasher: Hasher) -> None:
    assert hasher.hash(PASSWORD) != hasher.hash(PASSWORD)


def test_nobodys_password_is_never_right(hasher: Hasher) -> None:
    assert hasher.verify(PASSWORD, None) == Verdict(ok=False)
    assert hasher.verify("", "") == Verdict(ok=False)


def test_the_hash_is_worthless_without_the_key(hasher: Hasher) -> None:
    other = Hasher(SETTINGS, Vault({"old": b"x" * 32}, "old"))

    assert not other.verify(PASSWORD, hasher.hash(PASSWORD)).ok


def test_a_hash_under_a_key_that_is_gone_is_wrong_and_no_error(hasher: Hasher) -> None:
    other = Hasher(SETTINGS, Vault({"new": b"n" * 32}, "new"))

    assert other.verify(PASSWORD, hasher.hash(PASSWORD)) == Verdict(ok=False)


def test_a_hash_under_an_older_key_is_right_and_asks_for_renewal(hasher: Hasher) -> None:
    rotated = Hasher(SETTINGS, Vault(KEYS, "new"))

    assert rotated.verify(PASSWORD, hasher.hash(PASSWORD)) == Verdict(ok=True, needs_rehash=True)


def test_a_hash_with_other_parameters_is_right_and_asks_for_renewal(hasher: Hasher, vault: Vault) -> None:
    stronger = Hasher(msgspec.structs.replace(SETTINGS, memory_kib=128), vault)

    assert stronger.verify(PASSWORD, hasher.hash(PASSWORD)) == Verdict(ok=True, needs_rehash=True)
    assert not stronger.verify("wrong", hasher.hash(PASSWORD)).needs_rehash


def test_composed_and_decomposed_letters_are_the_same_password(hasher: Hasher) -> None:
    """NIST SP 800-63B-4 §3.1.1.2: normalised"""
    stored = hasher.hash("Été à Genève, ﬁn")

    assert hasher.verify("E\u0301te\u0301 a\u0300 Gene\u0300ve, fin", stored).ok


def test_blanks_count(hasher: Hasher) -> None:
    stored = hasher.hash(" deux  blancs ")

    assert hasher.verify(" deux  blancs ", stored).ok
    assert not hasher.verify("deux blancs", stored).ok


def test_every_character_up_to_the_longest_counts(hasher: Hasher) -> None:
    longest = "a" * (LONGEST - 1)

    stored = hasher.hash(longest + "b")

    assert hasher.verify(longest + "b", stored).ok
    assert not hasher.verify(longest + "c", stored).ok


def test_a_longer_password_is_refused_and_costs_no_more(hasher: Hasher) -> None:
    with pytest.raises(ValueError, match="longer"):
        hasher.hash("a" * (LONGEST + 1))
    assert hasher.verify("a" * 100_000, hasher.hash(PASSWORD)) == Verdict(ok=False)
    assert hasher.verify("a" * 100_000, adopted("$1$bFqI2b55$7URYuikeJ8wJPmoGfkmU..")) == Verdict(ok=False)


def test_a_text_that_is_no_stored_form_is_a_bug(hasher: Hasher) -> None:
    with pytest.raises(ValueError, match="stored form"):
        hasher.verify(PASSWORD, "$2b$12$something")


@given(st.text(max_size=40))
def test_normalising_twice_is_normalising_once(plain: str) -> None:
    once = normalise_password(plain)

    assert normalise_password(once) == once


@given(st.text(max_size=40))
@hypothesis_settings(max_examples=50, deadline=None)
def test_any_text_can_be_a_password(plain: str) -> None:
    hasher = Hasher(SETTINGS, Vault(KEYS, "old"))

    assert hasher.verify(plain, hasher.hash(plain)).ok


def counted(monkeypatch: pytest.MonkeyPatch, check: Callable[[], Verdict]) -> list[str]:
    """The names of the slow computations that a check makes."""
    calls: list[str] = []

    def argon(*arguments: object) -> bool:
        calls.append("argon2")
        return argon2.low_level.verify_secret(*arguments)  # type: ignore[arg-type]

    def imported(plain: str, stored: str) -> bool:
        calls.append(imported_hashes.parse(stored)[0])
        return imported_verify(plain, stored)

    imported_verify = imported_hashes.verify
    with monkeypatch.context() as patch:
        patch.setattr(hashing, "verify_secret", argon)
        patch.setattr(imported_hashes, "verify", imported)
        check()
    return calls


def test_every_check_makes_the_same_computations(monkeypatch: pytest.MonkeyPatch, vault: Vault) -> None:
    """X-13: known, unknown, migrated, wrapped and imported people cost alike, right or wrong."""
    hasher = Hasher(msgspec.structs.replace(SETTINGS, imported_scheme="pbkdf2_sha256"), vault)
    slow = adopted("$pbkdf2-sha256$1000$c2FsdHNhbHQ$" + "x" * 42 + "g")
    stored = [None, hasher.hash("right"), slow, hasher.wrap(adopted("5f4dcc3b5aa765d61d8327deb882cf99"))]

    for typed in ("right", "wrong", "", "x" * 1000):
        for hashed in stored:
            assert counted(monkeypatch, lambda t=typed, h=hashed: hasher.verify(t, h)) == ["argon2", "pbkdf2_sha256"]


def test_without_imported_passwords_a_check_is_one_argon2(monkeypatch: pytest.MonkeyPatch, hasher: Hasher) -> None:
    """X-13"""
    for stored in (None, hasher.hash(PASSWORD), hasher.wrap(adopted("5f4dcc3b5aa765d61d8327deb882cf99"))):
        assert counted(monkeypatch, lambda h=stored: hasher.verify(PASSWORD, h)) == ["argon2"]


@pytest.mark.parametrize("scheme", ["md5", "hex_md5", "nonsense"])
def test_only_slow_schemes_can_be_named_as_imported(vault: Vault, scheme: str) -> None:
    with pytest.raises(SettingsError, match="imported_scheme"):
        Hasher(msgspec.structs.replace(SETTINGS, imported_scheme=scheme), vault)


def test_no_more_hashes_than_allowed_run_at_once(monkeypatch: pytest.MonkeyPatch, hasher: Hasher) -> None:
    running: list[int] = []
    active = 0

    def slow(*arguments: object) -> bool:
        nonlocal active
        active += 1
        running.append(active)
        time.sleep(0.01)
        active -= 1
        return False

    stored = hasher.hash(PASSWORD)
    monkeypatch.setattr(hashing, "verify_secret", slow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: hasher.verify(PASSWORD, stored), range(16)))

    assert max(running) == SETTINGS.concurrency


def test_production_parameters_are_those_of_the_standards() -> None:
    """OWASP: Argon2id with at least 19 MiB, 2 passes, 1 lane, 128 bits of salt."""
    settings = load_settings({"IDP_ENVIRONMENT": "production"}, overrides={"secrets": TEST_SECRETS})
    hasher = Hasher(settings.passwords, Vault(KEYS, "old"))

    stored = hasher.hash(PASSWORD)

    assert stored.startswith("peppered:old:$argon2id$v=19$m=19456,t=2,p=1$")
    parameters = argon2.extract_parameters(stored.split(":", 2)[2])
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)
    assert hasher.verify(PASSWORD, stored) == Verdict(ok=True, needs_rehash=False)
    assert not hasher.verify("wrong", stored).ok
