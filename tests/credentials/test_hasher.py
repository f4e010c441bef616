"""Hashing and verifying passwords."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import argon2.low_level
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idp.credentials import efforts, imported_hashes
from idp.credentials import hasher as hashing
from idp.credentials.efforts import Effort
from idp.credentials.hasher import Hasher, Verdict
from idp.credentials.normalised import LONGEST, normalise_password
from idp.sealing import Sealer
from idp.settings import Passwords
from idp.settings_loader import load_settings
from tests.support.application import TEST_SECRETS

SETTINGS = Passwords(
    memory_kib=64, passes=1, concurrency=2, floor=12, weak_hash_lifetime=1, context_words=(), breached_filter=""
)
KEYS = {"old": b"o" * 32, "new": b"n" * 32}
PASSWORD = "Ma très longue phrase"


@pytest.fixture(scope="module")
def sealer() -> Sealer:
    return Sealer(KEYS, "old")


@pytest.fixture(scope="module")
def hasher(sealer: Sealer) -> Hasher:
    return Hasher(SETTINGS, sealer)


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
    other = Hasher(SETTINGS, Sealer({"old": b"x" * 32}, "old"))

    assert not other.verify(PASSWORD, hasher.hash(PASSWORD)).ok


def test_a_hash_under_a_key_that_is_gone_is_wrong_and_no_error(hasher: Hasher) -> None:
    other = Hasher(SETTINGS, Sealer({"new": b"n" * 32}, "new"))

    assert other.verify(PASSWORD, hasher.hash(PASSWORD)) == Verdict(ok=False)


def test_a_hash_under_an_older_key_is_right_and_asks_for_renewal(hasher: Hasher) -> None:
    rotated = Hasher(SETTINGS, Sealer(KEYS, "new"))

    assert rotated.verify(PASSWORD, hasher.hash(PASSWORD)) == Verdict(ok=True, needs_rehash=True)


def test_a_hash_with_other_parameters_is_right_and_asks_for_renewal(hasher: Hasher, sealer: Sealer) -> None:
    stronger = Hasher(msgspec.structs.replace(SETTINGS, memory_kib=128), sealer)

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
    hasher = Hasher(SETTINGS, Sealer(KEYS, "old"))

    assert hasher.verify(plain, hasher.hash(plain)).ok


def work(monkeypatch: pytest.MonkeyPatch, check: Callable[[], object]) -> Counter[str]:
    """What a check computes: how many Argon2id, and how many rounds of each kind of imported hash."""
    done: Counter[str] = Counter()

    def argon(*arguments: object) -> bool:
        done["argon2id"] += 1
        return argon2.low_level.verify_secret(*arguments)  # type: ignore[arg-type]

    def verify(secret: bytes, stored: str) -> bool:
        count(imported_hashes.effort_of(stored))
        return really_verify(secret, stored)

    def recompute(secret: bytes, scheme: str, salt: str) -> str:
        count(imported_hashes.effort_of_wrapped(scheme, salt))
        return really_recompute(secret, scheme, salt)

    def spend(effort: Effort) -> None:
        count(effort)
        really_spend(effort)

    def count(effort: Effort) -> None:
        if effort.level:
            done[effort.group] += effort.rounds

    really_verify, really_recompute, really_spend = imported_hashes.verify, imported_hashes.recompute, efforts.spend
    with monkeypatch.context() as patch:
        patch.setattr(hashing, "verify_secret", argon)
        patch.setattr(imported_hashes, "verify", verify)
        patch.setattr(imported_hashes, "recompute", recompute)
        patch.setattr(efforts, "spend", spend)
        check()
    return done


BCRYPT = "$2b${:02d}$CzzVIlC6/QfT0.W4P3OkIu" + "x" * 31
PBKDF2 = "$pbkdf2-sha256${}$c2FsdHNhbHQ$" + "x" * 42 + "g"
WAITING = {"bcrypt": 6, "pbkdf2 sha256": 1000, "md5_crypt": 1, "digest": 0}


@pytest.mark.parametrize(("typed", "spellings"), [("right", 1), ("", 1), ("x" * 1000, 1), ("Zürich", 3), ("Žižek", 2)])
def test_every_check_is_the_same_work(
    monkeypatch: pytest.MonkeyPatch, sealer: Sealer, typed: str, spellings: int
) -> None:
    """X-13: known, unknown, migrated, wrapped and imported people cost alike, whatever their hash cost elsewhere."""
    hasher = Hasher(SETTINGS, sealer, waiting=lambda: WAITING)
    imported = [adopted(PBKDF2.format(1000)), adopted(PBKDF2.format(250)), adopted("5f4dcc3b5aa765d61d8327deb882cf99")]
    wrapped = [*(BCRYPT.format(cost) for cost in (4, 6)), "$1$bFqI2b55$7URYuikeJ8wJPmoGfkmU..", "{SHA}" + "A" * 27]
    stored = [None, hasher.hash("right"), *imported, *(hasher.wrap(adopted(text)) for text in wrapped)]

    expected = {"argon2id": 1, "bcrypt": 2**6, "pbkdf2 sha256": 1000, "md5_crypt": 1}
    for hashed in stored:
        done = work(monkeypatch, lambda h=hashed: hasher.verify(typed, h))  # type: ignore[misc]
        assert done == {name: times * spellings for name, times in expected.items()}, hashed


def test_without_imported_passwords_a_check_is_one_argon2(monkeypatch: pytest.MonkeyPatch, hasher: Hasher) -> None:
    """X-13"""
    for stored in (None, hasher.hash(PASSWORD)):
        assert work(monkeypatch, lambda h=stored: hasher.verify("Zürich", h)) == {"argon2id": 1}  # type: ignore[misc]


@pytest.mark.parametrize(
    "effort",
    [
        Effort("bcrypt", 4),
        Effort("phpass", 7),
        Effort("drupal", 7),
        Effort("scrypt 8 1", 4),
        Effort("sha256_crypt", 1000),
        Effort("sha512_crypt", 10),
        Effort("pbkdf2 sha512", 10),
        Effort("argon2 64 1", 1),
        Effort("md5_crypt", 1),
    ],
)
def test_every_kind_of_work_can_be_done_for_nobody(effort: Effort) -> None:
    """X-13"""
    efforts.spend(effort)


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
    hasher = Hasher(settings.passwords, Sealer(KEYS, "old"))

    stored = hasher.hash(PASSWORD)

    assert stored.startswith("peppered:old:$argon2id$v=19$m=19456,t=2,p=1$")
    parameters = argon2.extract_parameters(stored.split(":", 2)[2])
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)
    assert hasher.verify(PASSWORD, stored) == Verdict(ok=True, needs_rehash=False)
    assert not hasher.verify("wrong", stored).ok
