"""Password hashes that other systems wrote, in the one stored form `imported:<scheme>:<hash>`.

Fast ones (MD5, SHA, SSHA…) only exist to be wrapped in Argon2id. Slow ones are verified as they are until their owner
signs in, as long as they cost no more than `COST_CAPS` allows: a hash with a thousand million rounds is an attack.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings, simplefilter

from passlib.exc import PasslibHashWarning
from passlib.registry import get_crypt_handler

PREFIX = "imported"

FAST = (
    "hex_md5", "hex_sha1", "hex_sha256", "hex_sha512",
    "ldap_md5", "ldap_sha1", "ldap_salted_md5", "ldap_salted_sha1", "ldap_salted_sha256", "ldap_salted_sha512",
    "django_salted_md5", "django_salted_sha1", "md5_crypt", "apr_md5_crypt", "mysql41", "nthash", "mssql2005",
)  # fmt: skip

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
    "argon2": {"rounds": 10, "memory_cost": 262_144, "parallelism": 8},
    "scrypt": {"rounds": 17, "block_size": 8, "parallelism": 4},
}
"""Slow schemes and what their parameters may be at most; bcrypt, phpass and scrypt count powers of two."""

SPELLINGS = {
    "{CRYPT}": "",
    "{BCRYPT}": "",
    "{ARGON2}": "",
    "bcrypt$$": "$",
    "argon2$argon2": "$argon2",
    "{PBKDF2}": "$pbkdf2$",
    "{PBKDF2-SHA256}": "$pbkdf2-sha256$",
    "{PBKDF2-SHA512}": "$pbkdf2-sha512$",
}
"""How LDAP servers and Django write hashes that have a plainer name."""

BCRYPT_BYTES = 72
BCRYPT = ("bcrypt",)


@dataclass(frozen=True)
class Unusable:
    """`reason`: unknown-scheme, malformed, or too-costly."""

    reason: str


def adopt(written: str, scheme: str = "") -> str | Unusable:
    """The stored form of a hash as the other system wrote it, or why it cannot be used.

    `scheme` (a name of `FAST` or `COST_CAPS`) settles what the spelling leaves open; 32 hex digits count as MD5.
    """
    spelled = next((s for s in SPELLINGS if written.startswith(s)), "")
    plainer = SPELLINGS.get(spelled, "") + written[len(spelled) :]
    names = [scheme] if scheme else [*FAST, *COST_CAPS]
    found = next((name for name in names if _is_known(name) and get_crypt_handler(name).identify(plainer)), None)
    if found is None:
        return Unusable("unknown-scheme")
    try:
        with catch_warnings():
            simplefilter("ignore", PasslibHashWarning)  # stray padding bits: `to_string` mends them
            parsed = get_crypt_handler(found).from_string(plainer)
    except (ValueError, TypeError):
        return Unusable("malformed")
    if parsed.checksum is None:
        return Unusable("malformed")
    return Unusable("too-costly") if _too_costly(found, parsed) else f"{PREFIX}:{found}:{parsed.to_string()}"


def parse(stored: str) -> tuple[str, str]:
    """Scheme and hash of a stored form made by `adopt`."""
    _, scheme, written = stored.split(":", 2)
    return scheme, written


def is_fast(stored: str) -> bool:
    return stored.startswith(PREFIX + ":") and parse(stored)[0] in FAST


def salt_of(stored: str) -> str:
    """The salt of a fast hash, as `recompute` takes it back."""
    scheme, written = parse(stored)
    salt = getattr(get_crypt_handler(scheme).from_string(written), "salt", None)
    if salt is None:
        return ""
    kind, raw = ("b", salt) if isinstance(salt, bytes) else ("t", salt.encode())
    return kind + urlsafe_b64encode(raw).decode()


def recompute(plain: str, scheme: str, salt: str) -> str:
    """The fast hash of this password with that salt; empty when the scheme cannot take the password."""
    settings: dict[str, Any] = {}
    if salt:
        raw = urlsafe_b64decode(salt[1:])
        settings["salt"] = raw if salt[0] == "b" else raw.decode()
    try:
        return str(get_crypt_handler(scheme).using(**settings).hash(plain))
    except (ValueError, TypeError):
        return ""


def verify(plain: str, stored: str) -> bool:
    """Whether the password matches. bcrypt only ever saw the first 72 bytes, so they decide here too."""
    scheme, written = parse(stored)
    handler = get_crypt_handler(scheme)
    secret = plain.encode("utf-8", "surrogatepass")
    try:
        if _too_costly(scheme, handler.from_string(written)):
            return False
        return bool(handler.verify(secret[:BCRYPT_BYTES] if scheme in BCRYPT else secret, written))
    except (ValueError, TypeError):
        return False


def example(scheme: str) -> str:
    """A stored form of this slow scheme at its usual cost, which nobody's password matches by design."""
    return f"{PREFIX}:{scheme}:{get_crypt_handler(scheme).hash('an example, to spend the same work on')}"


def _is_known(scheme: str) -> bool:
    return scheme in FAST or scheme in COST_CAPS


def _too_costly(scheme: str, parsed: Any) -> bool:
    return any(getattr(parsed, name) > cap for name, cap in COST_CAPS.get(scheme, {}).items())
