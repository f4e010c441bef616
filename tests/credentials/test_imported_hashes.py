"""Hashes that other systems wrote: recognised, capped, wrapped, verified, replaced."""

import pytest
from passlib.registry import get_crypt_handler

from idp.credentials import imported_hashes
from idp.credentials.hasher import Hasher, Verdict
from idp.credentials.imported_hashes import COST_CAPS, FAST, Unusable, adopt
from idp.opaque import Vault
from idp.settings import Passwords

SETTINGS = Passwords(memory_kib=64, passes=1, concurrency=2, floor=12, imported_scheme="", context_words=())
PASSWORD = "Été 2026 à Vevey"

CHEAP = {
    "bcrypt": {"rounds": 4},
    "bcrypt_sha256": {"rounds": 4},
    "django_bcrypt_sha256": {"rounds": 4},
    "sha256_crypt": {"rounds": 1000},
    "sha512_crypt": {"rounds": 1000},
    "pbkdf2_sha1": {"rounds": 10},
    "pbkdf2_sha256": {"rounds": 10},
    "pbkdf2_sha512": {"rounds": 10},
    "django_pbkdf2_sha1": {"rounds": 10},
    "django_pbkdf2_sha256": {"rounds": 10},
    "phpass": {"rounds": 7},
    "argon2": {"time_cost": 1, "memory_cost": 64, "parallelism": 1},
    "scrypt": {"rounds": 4},
}


@pytest.fixture(scope="module")
def hasher() -> Hasher:
    return Hasher(SETTINGS, Vault({"k": b"k" * 32}, "k"))


def written(scheme: str, plain: str = PASSWORD) -> str:
    return str(get_crypt_handler(scheme).using(**CHEAP.get(scheme, {})).hash(plain))


def adopted(text: str, scheme: str = "") -> str:
    stored = adopt(text, scheme)
    assert isinstance(stored, str), stored
    return stored


@pytest.mark.parametrize("scheme", FAST)
def test_a_fast_hash_is_wrapped_and_still_opens_with_its_password(hasher: Hasher, scheme: str) -> None:
    """A-04"""
    text = written(scheme)

    wrapped = hasher.wrap(adopted(text, scheme))

    assert wrapped.startswith(f"wrapped:k:{scheme}:")
    assert text not in wrapped
    assert hasher.verify(PASSWORD, wrapped) == Verdict(ok=True, needs_rehash=True)
    assert hasher.verify("Ete 2026 a Vevey", wrapped) == Verdict(ok=False)
    assert hasher.verify("", wrapped) == Verdict(ok=False)


@pytest.mark.parametrize("scheme", FAST)
def test_a_fast_hash_that_is_not_wrapped_yet_works_too(hasher: Hasher, scheme: str) -> None:
    """A-04"""
    stored = adopted(written(scheme), scheme)

    assert hasher.verify(PASSWORD, stored) == Verdict(ok=True, needs_rehash=True)
    assert not hasher.verify("wrong", stored).ok


@pytest.mark.parametrize("scheme", sorted(COST_CAPS))
def test_a_slow_hash_is_verified_and_asks_to_be_replaced(hasher: Hasher, scheme: str) -> None:
    """D-03, A-04"""
    stored = adopted(written(scheme))

    assert imported_hashes.parse(stored)[0] == scheme
    assert hasher.wrap(stored) == stored
    assert hasher.verify(PASSWORD, stored) == Verdict(ok=True, needs_rehash=True)
    assert not hasher.verify("wrong", stored).ok


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("{CRYPT}$6$rounds=1000$saltsalt$" + "x" * 86, "sha512_crypt"),
        ("{CRYPT}$1$bFqI2b55$7URYuikeJ8wJPmoGfkmU..", "md5_crypt"),
        ("bcrypt$$2b$04$CzzVIlC6/QfT0.W4P3OkIu" + "x" * 31, "bcrypt"),
        ("$2y$04$CzzVIlC6/QfT0.W4P3OkIu" + "x" * 31, "bcrypt"),
        ("argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "argon2"),
        ("{PBKDF2-SHA256}10$c2FsdHNhbHQ$" + "x" * 42 + "g", "pbkdf2_sha256"),
        ("5F4DCC3B5AA765D61D8327DEB882CF99", "hex_md5"),
        ("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "hex_sha1"),
        ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "ldap_sha1"),
        ("$H$9aaaaaSXBjgypwqm.JsMssPLiS8YQ00", "phpass"),
    ],
)
def test_the_spellings_of_directories_are_understood(text: str, scheme: str) -> None:
    assert imported_hashes.parse(adopted(text))[0] == scheme


@pytest.mark.parametrize(
    "text",
    [
        "$2b$15$CzzVIlC6/QfT0.W4P3OkIu" + "x" * 31,
        "$6$rounds=999999999$saltsalt$" + "x" * 86,
        "$pbkdf2-sha256$99999999$c2FsdHNhbHQ$" + "x" * 42 + "g",
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$argon2id$v=19$m=64,t=9999,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=25,r=8,p=1$c2FsdHNhbHQ$" + "x" * 42 + "g",
    ],
)
def test_a_hash_that_costs_too_much_is_refused(text: str) -> None:
    assert adopt(text) == Unusable("too-costly")


def test_a_stored_hash_that_costs_too_much_today_matches_nothing() -> None:
    dear = get_crypt_handler("argon2").using(rounds=11, memory_cost=8, parallelism=1).hash("secret")
    fair = get_crypt_handler("argon2").using(rounds=10, memory_cost=8, parallelism=1).hash("secret")

    assert imported_hashes.verify("secret", f"imported:argon2:{fair}")
    assert not imported_hashes.verify("secret", f"imported:argon2:{dear}")


@pytest.mark.parametrize("scheme", ["plaintext", "unix_disabled", "nonsense", "__init__"])
def test_a_scheme_that_is_told_is_one_of_ours(scheme: str) -> None:
    assert adopt("5f4dcc3b5aa765d61d8327deb882cf99", scheme) == Unusable("unknown-scheme")


@pytest.mark.parametrize(
    "text",
    ["", "secret", "$2b$", "$2b$04$short", "{SSHA}", "\x00", "x" * 100_000, "$6$saltsalt$", "é" * 32, "!", "*LK*"],
)
def test_what_is_no_hash_is_refused(text: str) -> None:
    assert isinstance(adopt(text), Unusable)


def test_a_scheme_that_is_told_settles_what_the_spelling_leaves_open() -> None:
    text = written("nthash")

    assert imported_hashes.parse(adopted(text))[0] == "hex_md5"
    assert imported_hashes.parse(adopted(text, "nthash"))[0] == "nthash"
    assert adopt(text, "des_crypt") == Unusable("unknown-scheme")


def test_a_long_password_matches_a_bcrypt_hash_by_its_first_72_bytes(hasher: Hasher) -> None:
    stored = adopted(written("bcrypt", "é" * 36))

    assert hasher.verify("é" * 36 + " and more", stored).ok
    assert not hasher.verify("é" * 35, stored).ok


@pytest.mark.parametrize("scheme", ["bcrypt", "sha512_crypt", "phpass"])
@pytest.mark.parametrize("typed", ["a\x00b", "🙂" * 60, "\ud800"])
def test_what_a_scheme_cannot_take_is_wrong_and_no_error(hasher: Hasher, scheme: str, typed: str) -> None:
    assert not hasher.verify(typed, adopted(written(scheme))).ok


@pytest.mark.parametrize("scheme", FAST)
@pytest.mark.parametrize("typed", ["a\x00b", "\ud800", "\ufdfa" * 256])
def test_what_a_wrapped_scheme_cannot_take_is_wrong_and_no_error(hasher: Hasher, scheme: str, typed: str) -> None:
    assert not hasher.verify(typed, hasher.wrap(adopted(written(scheme), scheme))).ok
