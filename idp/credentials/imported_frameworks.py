"""Hashes of frameworks that no library here reads: Drupal, Werkzeug, ASP.NET Identity.

Each is read into what it is computed from, so that a password is checked by computing it again.
"""

import hashlib
import hmac
import struct
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from passlib.utils.binary import h64

from idp.credentials.imported_digests import from_base64

_ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PRF = ("sha1", "sha256", "sha512")
V2, V3 = 0, 1
V2_ROUNDS, V2_SALT, V2_KEY = 1000, 16, 32


class ParsedHash(Protocol):
    """A hash that was read: its cost by the names of the caps, and what it must be computed to."""

    @property
    def cost(self) -> Mapping[str, int]: ...

    def matches(self, secret: bytes) -> bool: ...


@dataclass(frozen=True)
class Pbkdf2:
    algorithm: str
    rounds: int
    salt: bytes
    key: bytes

    @property
    def cost(self) -> Mapping[str, int]:
        return {"rounds": self.rounds}

    @property
    def blocks(self) -> int:
        """The number of iterations."""
        return -(-len(self.key) // hashlib.new(self.algorithm).digest_size)

    def matches(self, secret: bytes) -> bool:
        return hmac.compare_digest(self.compute(secret), self.key)

    def compute(self, secret: bytes) -> bytes:
        return hashlib.pbkdf2_hmac(self.algorithm, secret, self.salt, self.rounds, len(self.key))


@dataclass(frozen=True)
class Scrypt:
    rounds: int
    block_size: int
    parallelism: int
    salt: bytes
    key: bytes

    @property
    def cost(self) -> Mapping[str, int]:
        return {"rounds": self.rounds, "block_size": self.block_size, "parallelism": self.parallelism}

    def matches(self, secret: bytes) -> bool:
        return hmac.compare_digest(scrypt(secret, self), self.key)


@dataclass(frozen=True)
class Drupal:
    """`rounds` counts powers of two; `of_md5`: an older MD5 that an update of Drupal hashed once more."""

    rounds: int
    salt: bytes
    written: str
    of_md5: bool

    @property
    def cost(self) -> Mapping[str, int]:
        return {"rounds": self.rounds}

    def matches(self, secret: bytes) -> bool:
        plain = hashlib.md5(secret, usedforsecurity=False).hexdigest().encode() if self.of_md5 else secret
        digest = drupal(plain, self.salt, self.rounds)
        encoded = h64.encode_bytes(digest).decode()[: len(self.written)]
        return hmac.compare_digest(encoded, self.written)


def scrypt(secret: bytes, of: Scrypt) -> bytes:
    """Return the key of this password; `of` was capped before."""
    n = 1 << of.rounds
    memory = 132 * of.block_size * (n + of.parallelism) + (1 << 20)
    return hashlib.scrypt(
        secret, salt=of.salt, n=n, r=of.block_size, p=of.parallelism, maxmem=memory, dklen=len(of.key)
    )


def drupal(secret: bytes, salt: bytes, rounds: int) -> bytes:
    """SHA-512 in 2^rounds rounds, each over the last digest and the password."""
    digest = hashlib.sha512(salt + secret).digest()
    for _ in range(1 << rounds):
        digest = hashlib.sha512(digest + secret).digest()
    return digest


def read_drupal(written: str) -> Drupal | None:
    """`$S$…` of Drupal 7 and later, `U$S$…` after an update. None: is none. Raises `ValueError`."""
    of_md5 = written.startswith("U$S$")
    body = written[1:] if of_md5 else written
    if not body.startswith("$S$"):
        return None
    if len(body) != 55 or not set(body[3:]) <= set(_ITOA64):
        raise ValueError("not a hash of Drupal")
    return Drupal(_ITOA64.index(body[3]), body[4:12].encode(), body[12:], of_md5)


def read_werkzeug(written: str) -> Pbkdf2 | Scrypt | None:
    """`pbkdf2:sha256:600000$salt$hex` and `scrypt:32768:8:1$salt$hex`. None: is none. Raises `ValueError`."""
    if not written.startswith(("pbkdf2:", "scrypt:")):
        return None
    method, salt, digest = written.split("$")
    kind, *parts = method.split(":")
    key, salted = bytes.fromhex(digest), salt.encode()
    if not key:
        raise ValueError("no digest")
    if kind == "pbkdf2":
        algorithm, rounds = parts
        if algorithm not in _PRF or int(rounds) < 1 or len(key) != hashlib.new(algorithm).digest_size:
            raise ValueError("not a digest of this length")
        return Pbkdf2(algorithm, int(rounds), salted, key)
    n, block_size, parallelism = map(int, parts)
    if n < 2 or n & (n - 1) or min(block_size, parallelism) < 1 or len(key) != 64:
        raise ValueError("parameters that scrypt does not have")
    return Scrypt(n.bit_length() - 1, block_size, parallelism, salted, key)


def read_aspnet_v2(written: str) -> Pbkdf2 | None:
    """Base64 of 0x00, salt and key: PBKDF2 with HMAC-SHA-1, 1,000 rounds. None: is none."""
    raw = _aspnet(written, V2)
    if raw is None or len(raw) != 1 + V2_SALT + V2_KEY:
        return None
    return Pbkdf2("sha1", V2_ROUNDS, raw[1 : 1 + V2_SALT], raw[1 + V2_SALT :])


def write_aspnet_v2(read: Pbkdf2) -> str:
    return b64encode(bytes([V2]) + read.salt + read.key).decode()


def read_aspnet_v3(written: str) -> Pbkdf2 | None:
    """Base64 of 0x01, then function, rounds, length of the salt, salt and key. None: is none. Raises `ValueError`."""
    raw = _aspnet(written, V3)
    if raw is None or len(raw) < 13 + 16 + 16:
        return None
    prf, rounds, length = struct.unpack(">III", raw[1:13])
    salt, key = raw[13 : 13 + length], raw[13 + length :]
    if prf >= len(_PRF) or not rounds or not 8 <= length <= 64 or not 16 <= len(key) <= 64:
        raise ValueError("not a hash of ASP.NET Identity")
    return Pbkdf2(_PRF[prf], rounds, salt, key)


def _aspnet(written: str, version: int) -> bytes | None:
    if not written.startswith("A"):
        return None
    try:
        raw = from_base64(written)
    except ValueError:
        return None
    return raw if raw and raw[0] == version else None
