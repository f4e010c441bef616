"""Hashes that other systems wrote: recognised, capped, wrapped, verified, replaced."""

import hashlib
import struct
import unicodedata
from base64 import b64encode

import pytest
from passlib.registry import get_crypt_handler
from passlib.utils.binary import h64
from werkzeug.security import generate_password_hash

from idp.credentials import imported_hashes
from idp.credentials.hasher import Hasher, Verdict
from idp.credentials.imported_digests import DIGESTS
from idp.credentials.imported_hashes import COST_CAPS, FAST, WRAPPED_BELOW, UnusableHash, adopt
from idp.sealing import Sealer
from idp.settings import Passwords

SETTINGS = Passwords(
    memory_kib=64, passes=1, concurrency=2, floor=12, weak_hash_lifetime=1, context_words=(), breached_filter=""
)
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
    return Hasher(SETTINGS, Sealer({"k": b"k" * 32}, "k"))


def aspnet(version: int, secret: bytes, rounds: int = 10) -> str:
    """As ASP.NET Core's `PasswordHasher` writes it, version 3 with HMAC-SHA-512."""
    salt = b"0123456789abcdef"
    if version == 2:
        return b64encode(b"\0" + salt + hashlib.pbkdf2_hmac("sha1", secret, salt, 1000, 32)).decode()
    key = hashlib.pbkdf2_hmac("sha512", secret, salt, rounds, 32)
    return b64encode(b"\1" + struct.pack(">III", 2, rounds, len(salt)) + salt + key).decode()


def drupal(secret: bytes, rounds: int = 7) -> str:
    """As Drupal's `PhpassHashedPassword` writes it."""
    salt = b"saltsalt"
    digest = hashlib.sha512(salt + secret).digest()
    for _ in range(1 << rounds):
        digest = hashlib.sha512(digest + secret).digest()
    return f"$S${h64.encode_int6(rounds).decode()}{salt.decode()}{h64.encode_bytes(digest).decode()}"[:55]


def ldap(scheme: str, secret: bytes, salt: bytes = b"saltsalt") -> str:
    digest = DIGESTS[scheme]
    salt = salt if digest.salted else b""
    return f"{{{digest.label}}}{b64encode(hashlib.new(digest.algorithm, secret + salt).digest() + salt).decode()}"


def written(scheme: str, plain: str | bytes = PASSWORD) -> str:
    secret = plain.encode() if isinstance(plain, str) else plain
    if scheme in DIGESTS:
        return ldap(scheme, secret)
    if scheme in {"aspnet_v2", "aspnet_v3"}:
        return aspnet(int(scheme[-1]), secret)
    if scheme == "drupal":
        return drupal(secret)
    if scheme in {"werkzeug", "werkzeug_scrypt"}:
        assert isinstance(plain, str)
        return generate_password_hash(plain, "pbkdf2:sha256:10" if scheme == "werkzeug" else "scrypt:1024:8:1")
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
    assert (hasher.wrap(stored) == stored) is (scheme not in WRAPPED_BELOW)
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
        ("{ssha}" + "A" * 38, "ldap_salted_sha1"),
        ("{Md5}X03MO1qnZdYdgyfeuILPmQ", "ldap_md5"),
        ("{MD5}5f4dcc3b5aa765d61d8327deb882cf99", "ldap_md5"),
        ("{crypt}$5$rounds=1000$saltsalt$" + "x" * 43, "sha256_crypt"),
        ("{CRYPT}$2y$10$CzzVIlC6/QfT0.W4P3OkIu" + "x" * 31, "bcrypt"),
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
    assert adopt(text) == UnusableHash("too-costly")


def test_a_stored_hash_that_costs_too_much_today_matches_nothing() -> None:
    dear = get_crypt_handler("argon2").using(rounds=11, memory_cost=8, parallelism=1).hash("secret")
    fair = get_crypt_handler("argon2").using(rounds=10, memory_cost=8, parallelism=1).hash("secret")

    assert imported_hashes.verify(b"secret", f"imported:argon2:{fair}")
    assert not imported_hashes.verify(b"secret", f"imported:argon2:{dear}")


@pytest.mark.parametrize("scheme", ["plaintext", "unix_disabled", "nonsense", "__init__"])
def test_a_scheme_that_is_told_is_one_of_ours(scheme: str) -> None:
    assert adopt("5f4dcc3b5aa765d61d8327deb882cf99", scheme) == UnusableHash("unknown-scheme")


@pytest.mark.parametrize(
    "text",
    ["", "secret", "$2b$", "$2b$04$short", "{SSHA}", "\x00", "x" * 100_000, "$6$saltsalt$", "é" * 32, "!", "*LK*"],
)
def test_what_is_no_hash_is_refused(text: str) -> None:
    assert isinstance(adopt(text), UnusableHash)


def test_a_scheme_that_is_told_settles_what_the_spelling_leaves_open() -> None:
    text = written("nthash")

    assert imported_hashes.parse(adopted(text))[0] == "hex_md5"
    assert imported_hashes.parse(adopted(text, "nthash"))[0] == "nthash"
    assert adopt(text, "des_crypt") == UnusableHash("unknown-scheme")


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


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{SHA}uJ6qx+YUFzQbcQtyd2gpTQ5qJ3s=", "hashcat"),
        ("{sha}uJ6qx+YUFzQbcQtyd2gpTQ5qJ3s", "hashcat"),
        ("{SSHA}AZKja92fbuuB9SpRlHqaoXxbTc43Mzc2MDM1Ng==", "hashcat"),
        ("{SSHA256}OZiz0cnQ5hgyel3Emh7NCbhBRCQ+HVBwYplQunHYnER7TLuV", "hashcat"),
        (
            "{SSHA512}ALtwKGBdRgD+U0fPAy31C28RyKYx7+a8kmfksccsOeLknLHv2DBXYI7TDnTolQMBuPkWDISgZr2cHfnNPFjGZTEyNDU4OTkw",
            "hashcat",
        ),
        ("$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf", "hashcat"),
    ],
)
def test_published_examples_open_with_their_password(hasher: Hasher, text: str, plain: str) -> None:
    """RFC 2307, RFC 3112, Drupal; the examples of hashcat's documentation"""
    assert hasher.verify(plain, hasher.wrap(adopted(text))).ok
    assert not hasher.verify(plain + "x", hasher.wrap(adopted(text))).ok


@pytest.mark.parametrize("length", [1, 4, 16, 64])
def test_a_salted_digest_may_have_any_usual_salt(hasher: Hasher, length: int) -> None:
    text = ldap("ldap_salted_sha1", b"geheim", b"s" * length)

    assert hasher.verify("geheim", hasher.wrap(adopted(text.rstrip("=")))).ok


@pytest.mark.parametrize("text", ["{SSHA}" + "A" * 150, "{SHA}" + "A" * 38, "{SSHA}" + "A" * 27, "{MD5}abc", "{SSHA}ä"])
def test_a_digest_of_another_length_is_malformed(text: str) -> None:
    assert adopt(text) == UnusableHash("malformed")


@pytest.mark.parametrize("scheme", ["ldap_salted_sha1", "hex_md5", "bcrypt", "sha512_crypt", "drupal", "aspnet_v2"])
@pytest.mark.parametrize("form", ["NFC", "NFD", "latin-1"])
def test_a_password_counts_however_its_letters_were_hashed(hasher: Hasher, scheme: str, form: str) -> None:
    """Rulings: NFC, NFD and Latin-1; keyboards of phones and old forms differ in it"""
    composed = unicodedata.normalize("NFC", PASSWORD)
    secret = composed.encode("latin-1") if form == "latin-1" else unicodedata.normalize(form, PASSWORD).encode()  # type: ignore[arg-type]
    stored = adopted(written(scheme, secret), scheme)

    for typed in (composed, unicodedata.normalize("NFD", PASSWORD)):
        assert hasher.verify(typed, stored).ok
        assert hasher.verify(typed, hasher.wrap(stored)).ok
    assert not hasher.verify("Ete 2026 a Vevey", stored).ok


@pytest.mark.parametrize(("cost", "is_wrapped"), [(4, True), (9, True), (10, False)])
def test_cheap_bcrypt_is_wrapped_like_a_fast_hash(hasher: Hasher, cost: int, is_wrapped: bool) -> None:
    """OWASP: bcrypt has a cost of 10 or more"""
    text = str(get_crypt_handler("bcrypt").using(rounds=cost).hash(PASSWORD))

    stored = hasher.wrap(adopted(text))

    assert stored.startswith("wrapped:k:bcrypt:") is is_wrapped
    assert (text[-31:] in stored) is not is_wrapped
    assert hasher.verify(PASSWORD, stored).ok
    assert not hasher.verify("wrong", stored).ok


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("$y$j9T$saltsaltsaltsalt$" + "x" * 43, "yescrypt"),
        ("{CRYPT}$y$j9T$saltsaltsaltsalt$" + "x" * 43, "yescrypt"),
        ("{crypt}rl0uE0wVJlJpo", "DES"),
        ("{SASL}anne@EXAMPLE.CH", "reference"),
        ("{cleartext}geheim", "in clear"),
        ("{PBKDF2_SHA256}AAAIABD", "389"),
    ],
)
def test_what_cannot_be_verified_is_refused_with_its_reason(text: str, word: str) -> None:
    found = adopt(text)

    assert isinstance(found, UnusableHash)
    assert word in found.reason
    assert "geheim" not in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "pbkdf2:sha256:99999999$salt$" + "a" * 64,
        "scrypt:1048576:8:1$salt$" + "a" * 128,
        "scrypt:1024:64:1$salt$" + "a" * 128,
        "$S$X33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
        aspnet(3, b"x", 1)[:7] + "v///" + aspnet(3, b"x", 1)[11:],
    ],
)
def test_rounds_of_frameworks_are_capped(text: str) -> None:
    assert adopt(text) == UnusableHash("too-costly")


@pytest.mark.parametrize("text", ["pbkdf2:sha256$salt$ab", "pbkdf2:md5:10$s$ab", "scrypt:1000:8:1$s$ab", "$S$C337"])
def test_half_a_hash_of_a_framework_is_malformed(text: str) -> None:
    assert adopt(text) == UnusableHash("malformed")


def test_every_ending_scheme_is_wrapped() -> None:
    """None of MD4, MD5 or SHA-1 is kept as it is, or for ever."""
    assert set(FAST) >= imported_hashes.ENDING
    assert {name for name in FAST if "md5" in name or "sha1" in name} <= imported_hashes.ENDING
