"""Single digests as LDAP servers write them: `{SSHA}` and its family (RFC 2307, RFC 3112).

Scheme names in any case, base64 with or without padding or in its URL alphabet, for digests without salt also hex.
"""

import hashlib
import re
from base64 import b64encode, urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_SALT = 64
_HEX = re.compile(r"[0-9A-Fa-f]+")


@dataclass(frozen=True)
class Digest:
    """`label` as it is written in braces, `algorithm` a name of hashlib."""

    label: str
    algorithm: str
    salted: bool

    def read(self, body: str) -> str:
        """Return the one spelling of what follows the label. Raises `ValueError`."""
        size = hashlib.new(self.algorithm, usedforsecurity=False).digest_size
        if not self.salted and len(body) == 2 * size and _HEX.fullmatch(body):
            raw = bytes.fromhex(body)
        else:
            raw = from_base64(body)
        salt = len(raw) - size
        if (salt != 0) if not self.salted else not 1 <= salt <= LONGEST_SALT:
            raise ValueError("not as long as this digest and its salt")
        return self._written(raw)

    def salt(self, written: str) -> bytes:
        """Return the salt of a hash that `read` returned."""
        return from_base64(written.partition("}")[2])[hashlib.new(self.algorithm).digest_size :]

    def compute(self, secret: bytes, salt: bytes) -> str:
        """Return the hash of this password with this salt."""
        return self._written(hashlib.new(self.algorithm, secret + salt).digest() + salt)

    def _written(self, raw: bytes) -> str:
        return f"{{{self.label}}}{b64encode(raw).decode()}"


DIGESTS: Mapping[str, Digest] = {
    "ldap_md5": Digest("MD5", "md5", salted=False),
    "ldap_salted_md5": Digest("SMD5", "md5", salted=True),
    "ldap_sha1": Digest("SHA", "sha1", salted=False),
    "ldap_salted_sha1": Digest("SSHA", "sha1", salted=True),
    "ldap_sha256": Digest("SHA256", "sha256", salted=False),
    "ldap_salted_sha256": Digest("SSHA256", "sha256", salted=True),
    "ldap_sha384": Digest("SHA384", "sha384", salted=False),
    "ldap_salted_sha384": Digest("SSHA384", "sha384", salted=True),
    "ldap_sha512": Digest("SHA512", "sha512", salted=False),
    "ldap_salted_sha512": Digest("SSHA512", "sha512", salted=True),
}


def from_base64(written: str) -> bytes:
    """Return the bytes of base64 in either alphabet, padded or not. Raises `ValueError`."""
    body = written.rstrip("=").replace("+", "-").replace("/", "_")
    if not re.fullmatch(r"[\w-]*", body, re.ASCII):
        raise ValueError("not base64")
    try:
        return urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except Base64Error as error:
        raise ValueError("not base64") from error
