"""Take over the password hash of a line, and note for the operator what kinds there were."""

from idp.credentials import imported_hashes
from idp.imports.run import Tally
from idp.imports.values import BadValue

LONGEST = 512
UNSALTED = frozenset(
    {
        "hex_md5", "hex_sha1", "hex_sha256", "hex_sha512", "ldap_md5", "ldap_sha1", "ldap_sha256", "ldap_sha384",
        "ldap_sha512", "mysql41", "nthash",
    }
)  # fmt: skip
REASONS = {
    "unknown-scheme": "hash: of a form that is not known",
    "malformed": "hash: malformed",
    "too-costly": "hash: costs too much to verify",
}


def adopted(written: str, scheme: str, tally: Tally) -> str:
    """Return the stored form of a hash (`imported_hashes`). Raises `BadValue`."""
    if len(written) > LONGEST:
        raise BadValue(f"hash: longer than {LONGEST} characters")
    stored = imported_hashes.adopt(written, scheme)
    if isinstance(stored, imported_hashes.UnusableHash):
        raise BadValue(REASONS.get(stored.reason, f"hash: {stored.reason}"))
    name = imported_hashes.parse(stored)[0]
    tally.notes[f"warning: {name} hashes, guessable until wrapped" if name in UNSALTED else f"{name} hashes"] += 1
    if name in imported_hashes.ENDING:
        tally.notes["hashes of MD5 or SHA-1, accepted until passwords.weak_hash_lifetime is over"] += 1
    return stored
