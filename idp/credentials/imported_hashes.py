"""Password hashes that other systems wrote, in the one stored form `imported:<scheme>:<hash>`.

Cheap ones (MD5, SHA, SSHA, bcrypt below cost 10 …) only exist to be wrapped in Argon2id. Slow ones are verified as they
are until their owner signs in, as long as they cost no more than `COST_CAPS` allows: a hash with a thousand million
rounds is an attack. MD5 and SHA-1 (`ENDING`) are accepted for a time only.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import bcrypt
from passlib.exc import PasslibHashWarning
from passlib.registry import get_crypt_handler

from idp.credentials import efforts
from idp.credentials import imported_frameworks as frameworks
from idp.credentials.efforts import Effort
from idp.credentials.imported_digests import DIGESTS
from idp.credentials.imported_frameworks import ParsedHash, Pbkdf2

PREFIX = "imported"

FAST = (
    "hex_md5", "hex_sha1", "hex_sha256", "hex_sha512", *DIGESTS,
    "django_salted_md5", "django_salted_sha1", "md5_crypt", "apr_md5_crypt", "mysql41", "nthash", "mssql2005",
    "aspnet_v2",
)  # fmt: skip

ENDING = frozenset(
    {
        "hex_md5", "hex_sha1", "ldap_md5", "ldap_salted_md5", "ldap_sha1", "ldap_salted_sha1", "django_salted_md5",
        "django_salted_sha1", "md5_crypt", "apr_md5_crypt", "mysql41", "nthash", "mssql2005", "aspnet_v2",
    }
)  # fmt: skip
"""Schemes with MD4, MD5 or SHA-1: an attacker with the former directory's file may know the passwords by now."""

COST_CAPS: Mapping[str, Mapping[str, int]] = {
    "bcrypt": {"rounds": 14},
    "bcrypt_sha256": {"rounds": 14},
    "django_bcrypt_sha256": {"rounds": 14},
    "sha256_crypt": {"rounds": 1_000_000},
    "sha512_crypt": {"rounds": 1_000_000},
    "pbkdf2_sha1": {"rounds": 2_000_000},
    "pbkdf2_sha256": {"rounds": 2_000_000},
    "pbkdf2_sha512": {"rounds": 1_000_000},
    "django_pbkdf2_sha1": {"rounds": 2_000_000},
    "django_pbkdf2_sha256": {"rounds": 2_000_000},
    "atlassian_pbkdf2_sha1": {},
    "phpass": {"rounds": 20},
    "drupal": {"rounds": 20},
    "werkzeug": {"rounds": 2_000_000},
    "werkzeug_scrypt": {"rounds": 17, "block_size": 8, "parallelism": 4},
    "aspnet_v3": {"rounds": 2_000_000},
    "argon2": {"rounds": 10, "memory_cost": 262_144, "parallelism": 8},
    "scrypt": {"rounds": 17, "block_size": 8, "parallelism": 4},
}
"""Slow schemes and what their parameters may be at most; bcrypt, phpass, Drupal and scrypt count powers of two."""

WRAPPED_BELOW = {"bcrypt": 10}
"""Slow schemes at a cost below which a hash is wrapped like a fast one."""

SPELLINGS = {
    "{CRYPT}": "",
    "{BCRYPT}": "",
    "{ARGON2}": "",
    "bcrypt$$": "$",
    "argon2$argon2": "$argon2",
    "{PBKDF2}": "$pbkdf2$",
    "{PBKDF2-SHA1}": "$pbkdf2$",
    "{PBKDF2-SHA256}": "$pbkdf2-sha256$",
    "{PBKDF2-SHA512}": "$pbkdf2-sha512$",
}
"""The labels of LDAP servers and Django for hashes that have a plainer name."""

UNVERIFIABLE = {
    "$y$": "yescrypt, which nothing here can verify",
    "$gy$": "gost-yescrypt, which nothing here can verify",
    "$7$": "scrypt in the form of crypt(3), which nothing here can verify",
    "$sm3$": "SM3, which nothing here can verify",
    "$md5": "Sun MD5, which nothing here can verify",
    "_": "BSDi DES, which cannot be verified safely",
    "{SASL}": "a reference to another server, no hash",
    "{KERBEROS}": "a reference to another server, no hash",
    "{CLEARTEXT}": "a password in clear, no hash",
    "{PLAIN}": "a password in clear, no hash",
    "{PBKDF2_SHA256}": "PBKDF2 in the form of 389 Directory Server, which nothing here can verify",
    "{CRYPT-MD5}": "CRAM-MD5, which nothing here can verify",
    "{SM3}": "SM3, which nothing here can verify",
}
DES = re.compile(r"[./0-9A-Za-z]{13}")
DES_REASON = "DES, which cuts passwords after 8 characters"

FRAMEWORKS: Mapping[str, Callable[[str], ParsedHash | None]] = {
    "drupal": frameworks.read_drupal,
    "werkzeug": lambda written: frameworks.read_werkzeug(written) if written.startswith("pbkdf2:") else None,
    "werkzeug_scrypt": lambda written: frameworks.read_werkzeug(written) if written.startswith("scrypt:") else None,
    "aspnet_v2": frameworks.read_aspnet_v2,
    "aspnet_v3": frameworks.read_aspnet_v3,
}

BCRYPT_BYTES = 72
BCRYPT = ("bcrypt",)
BCRYPT_SETTINGS = 29
"""Characters of `$2b$10$` and the salt."""
_LABEL = re.compile(r"\{[A-Za-z0-9_./-]{1,30}\}")


@dataclass(frozen=True)
class UnusableHash:
    """`reason`: unknown-scheme, malformed, too-costly, or words for the operator."""

    reason: str


def adopt(written: str, scheme: str = "") -> str | UnusableHash:
    """Return the stored form of a hash as the other system wrote it, or why it cannot be used.

    `scheme` (a name of `FAST` or `COST_CAPS`) settles what the spelling leaves open; 32 hex digits count as MD5.
    """
    plainer = _plainer(written)
    if scheme and not _is_known(scheme):
        return UnusableHash("unknown-scheme")
    if reason := _unverifiable(plainer):
        return UnusableHash(reason)
    try:
        found = _read(plainer, scheme)
    except (ValueError, TypeError):
        return UnusableHash("malformed")
    if found is None:
        return UnusableHash("unknown-scheme")
    name, canonical = found
    return UnusableHash("too-costly") if _too_costly(name, canonical) else f"{PREFIX}:{name}:{canonical}"


def parse(stored: str) -> tuple[str, str]:
    """Scheme and hash of a stored form made by `adopt`."""
    _, scheme, written = stored.split(":", 2)
    return scheme, written


def is_cheap(stored: str) -> bool:
    """Return whether this is an imported hash that is to be wrapped."""
    if not stored.startswith(PREFIX + ":"):
        return False
    scheme, written = parse(stored)
    if scheme in WRAPPED_BELOW:
        return bool(get_crypt_handler(scheme).from_string(written).rounds < WRAPPED_BELOW[scheme])
    return scheme in FAST


def is_ending(stored: str) -> bool:
    """Return whether this stored form, wrapped or not, comes from a hash that is accepted for a time only."""
    kind, _, rest = stored.partition(":")
    scheme = rest.split(":")[1] if kind == "wrapped" else rest.partition(":")[0]
    return kind in {"wrapped", PREFIX} and scheme in ENDING


def salt_of(stored: str) -> str:
    """Return the salt (of bcrypt: with its cost) of a cheap hash, as `recompute` takes it back."""
    scheme, written = parse(stored)
    salt: str | bytes | None
    if scheme in DIGESTS:
        salt = DIGESTS[scheme].salt(written) or None
    elif scheme == "aspnet_v2":
        salt = _aspnet_v2(written).salt
    elif scheme in BCRYPT:
        salt = written[:BCRYPT_SETTINGS]
    else:
        salt = getattr(get_crypt_handler(scheme).from_string(written), "salt", None)
    if salt is None:
        return ""
    kind, raw = ("b", salt) if isinstance(salt, bytes) else ("t", salt.encode())
    return kind + urlsafe_b64encode(raw).decode()


def recompute(secret: bytes, scheme: str, salt: str) -> str:
    """Return the cheap hash of this password with that salt; empty when the scheme cannot take the password."""
    raw = urlsafe_b64decode(salt[1:]) if salt else b""
    try:
        if scheme in DIGESTS:
            return DIGESTS[scheme].compute(secret, raw)
        if scheme == "aspnet_v2":
            empty = Pbkdf2("sha1", frameworks.V2_ROUNDS, raw, bytes(frameworks.V2_KEY))
            return frameworks.write_aspnet_v2(Pbkdf2("sha1", empty.rounds, raw, empty.compute(secret)))
        if scheme in BCRYPT:
            return bcrypt.hashpw(secret[:BCRYPT_BYTES], raw).decode()
        settings: dict[str, object] = {"salt": raw if salt[0] == "b" else raw.decode()} if salt else {}
        return str(get_crypt_handler(scheme).using(**settings).hash(secret))
    except (ValueError, TypeError):
        return ""


def verify(secret: bytes, stored: str) -> bool:
    """Return whether the password matches. bcrypt only ever saw the first 72 bytes, so they decide here too."""
    scheme, written = parse(stored)
    try:
        if _too_costly(scheme, written):
            return False
        if scheme in DIGESTS:
            return hmac.compare_digest(DIGESTS[scheme].compute(secret, DIGESTS[scheme].salt(written)), written)
        if scheme in FRAMEWORKS:
            read = FRAMEWORKS[scheme](written)
            return read is not None and read.matches(secret)
        plain = secret[:BCRYPT_BYTES] if scheme in BCRYPT else secret
        return bool(get_crypt_handler(scheme).verify(plain, written))
    except (ValueError, TypeError):
        return False


def effort_of(stored: str) -> Effort:
    """Return how much work one check of an imported hash is; one that cannot be read is none."""
    try:
        return _effort(*parse(stored))
    except (ValueError, TypeError):
        return efforts.DIGEST


def _effort(scheme: str, written: str) -> Effort:
    if scheme in DIGESTS:
        return efforts.DIGEST
    cost = _cost(scheme, written)
    rounds = cost.get("rounds", 0)
    if scheme in {"bcrypt_sha256", "django_bcrypt_sha256", *BCRYPT}:
        return Effort("bcrypt", rounds)
    if scheme in {"scrypt", "werkzeug_scrypt"}:
        return Effort(f"scrypt {cost['block_size']} {cost['parallelism']}", rounds)
    if scheme == "argon2":
        return Effort(f"argon2 {cost['memory_cost']} {cost['parallelism']}", rounds)
    if pbkdf2 := _pbkdf2(scheme, written):
        return pbkdf2
    if scheme in {"md5_crypt", "apr_md5_crypt"}:
        return Effort("md5_crypt", 1)
    return Effort(scheme, rounds) if scheme in COST_CAPS else efforts.DIGEST


def effort_of_wrapped(scheme: str, salt: str) -> Effort:
    """Return how much work it is to compute what was wrapped, without the Argon2id around it."""
    if scheme in BCRYPT:
        return Effort("bcrypt", int(urlsafe_b64decode(salt[1:])[4:6]))
    if scheme == "aspnet_v2":
        return Effort("pbkdf2 sha1", 2 * frameworks.V2_ROUNDS)
    return Effort("md5_crypt", 1) if scheme in {"md5_crypt", "apr_md5_crypt"} else efforts.DIGEST


def _pbkdf2(scheme: str, written: str) -> Effort | None:
    if scheme in {"werkzeug", "aspnet_v2", "aspnet_v3"}:
        read = FRAMEWORKS[scheme](written)
        if isinstance(read, Pbkdf2):
            return Effort(f"pbkdf2 {read.algorithm}", read.rounds * read.blocks)
    if scheme == "atlassian_pbkdf2_sha1":
        return Effort("pbkdf2 sha1", 2 * 10_000)
    if "pbkdf2_" in scheme:
        return Effort(f"pbkdf2 {scheme.rpartition('_')[2]}", _cost(scheme, written)["rounds"])
    return None


def _read(plainer: str, scheme: str) -> tuple[str, str] | None:
    """Name and one spelling of a hash. None: of no known scheme. Raises `ValueError` or `TypeError`."""
    label = _LABEL.match(plainer)
    for name, digest in DIGESTS.items():
        if label and label[0] == f"{{{digest.label}}}" and scheme in {"", name}:
            return name, digest.read(plainer[label.end() :])
    for name, read in FRAMEWORKS.items():
        if scheme in {"", name} and (found := read(plainer)) is not None:
            return name, frameworks.write_aspnet_v2(found) if name == "aspnet_v2" else plainer  # type: ignore[arg-type]
    names = [scheme] if scheme else [*FAST, *COST_CAPS]
    library = [name for name in names if name not in DIGESTS and name not in FRAMEWORKS]
    name = next((name for name in library if get_crypt_handler(name).identify(plainer)), "")
    if not name:
        return None
    with catch_warnings():
        simplefilter("ignore", PasslibHashWarning)  # stray padding bits: `to_string` fixes them
        parsed = get_crypt_handler(name).from_string(plainer)
    if parsed.checksum is None:
        raise ValueError("settings without a hash")
    return name, str(parsed.to_string())


def _plainer(written: str) -> str:
    """With the label in capitals, as RFC 3112 lets it be in any case, and without those that say nothing."""
    label = _LABEL.match(written)
    plain = label[0].upper() + written[label.end() :] if label else written
    spelled = next((s for s in SPELLINGS if plain.startswith(s)), "")
    return SPELLINGS.get(spelled, "") + plain[len(spelled) :]


def _unverifiable(plainer: str) -> str:
    if DES.fullmatch(plainer):
        return DES_REASON
    return next((reason for prefix, reason in UNVERIFIABLE.items() if plainer.startswith(prefix)), "")


def _is_known(scheme: str) -> bool:
    return scheme in FAST or scheme in COST_CAPS


def _too_costly(scheme: str, written: str) -> bool:
    caps = COST_CAPS.get(scheme, {})
    cost = _cost(scheme, written) if caps else {}
    return any(cost[name] > cap for name, cap in caps.items())


def _cost(scheme: str, written: str) -> Mapping[str, int]:
    """Return the cost of a hash, by the names of `COST_CAPS`."""
    if scheme in FRAMEWORKS:
        read = FRAMEWORKS[scheme](written)
        return read.cost if read is not None else {}
    if not COST_CAPS.get(scheme):
        return {}
    parsed = get_crypt_handler(scheme).from_string(written)
    return {name: int(getattr(parsed, name)) for name in COST_CAPS[scheme]}


def _aspnet_v2(written: str) -> Pbkdf2:
    read = frameworks.read_aspnet_v2(written)
    if read is None:
        raise ValueError("not a hash of ASP.NET Identity")
    return read
