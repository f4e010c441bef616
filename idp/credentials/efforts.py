"""The work of checking another system's hash, and the same work for people who do not exist.

Efforts of one group add up: a bcrypt of cost 10 and decoys of cost 10 and 11 are as much work as one of cost 12.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import bcrypt
from argon2.low_level import Type, hash_secret_raw
from passlib.registry import get_crypt_handler

from idp.credentials import imported_frameworks
from idp.credentials.imported_frameworks import Scrypt

DECOY = b"nobody's password"
SALT = b"a salt of nobody"
DOUBLING = ("bcrypt", "phpass", "drupal", "scrypt")
"""Kinds whose level counts powers of two; the others' counts rounds."""


@dataclass(frozen=True)
class Effort:
    """`group` is a kind and the parameters that are no rounds (`scrypt 8 1`); level 0 is too little to count."""

    group: str
    level: int

    @property
    def rounds(self) -> int:
        """The number by which efforts of one group are compared and added."""
        return 1 << self.level if self.group.startswith(DOUBLING) else self.level


NONE = Effort("", 0)
DIGEST = Effort("digest", 0)
"""Of a single digest."""


def missing(own: Effort, waiting: Mapping[str, int]) -> list[Effort]:
    """Return the decoys that make a check of `own` as much work as the costliest of each group."""
    decoys: list[Effort] = []
    for group, level in sorted(waiting.items()):
        if own.group != group:
            decoys.append(Effort(group, level))
        elif group.startswith(DOUBLING):
            decoys += [Effort(group, between) for between in range(own.level, level)]
        else:
            decoys.append(Effort(group, level - own.level))
    return [decoy for decoy in decoys if decoy.level > 0]


def spend(effort: Effort) -> None:
    """Do this much work."""
    kind, *parameters = effort.group.split(" ")
    SPENDING[kind](effort.level, *parameters)


def _bcrypt(level: int) -> None:
    bcrypt.hashpw(DECOY, f"$2b${level:02d}${'.' * 22}".encode())


def _passlib(scheme: str, least: int) -> Callable[[int], None]:
    def spend_rounds(level: int) -> None:
        get_crypt_handler(scheme).using(rounds=max(level, least)).hash(DECOY)

    return spend_rounds


def _drupal(level: int) -> None:
    imported_frameworks.drupal(DECOY, SALT, level)


def _scrypt(level: int, block_size: str, parallelism: str) -> None:
    imported_frameworks.scrypt(DECOY, Scrypt(level, int(block_size), int(parallelism), SALT, bytes(32)))


def _pbkdf2(level: int, algorithm: str) -> None:
    hashlib.pbkdf2_hmac(algorithm, DECOY, SALT, level)


def _argon2(level: int, memory: str, parallelism: str) -> None:
    hash_secret_raw(DECOY, SALT, level, int(memory), int(parallelism), 32, Type.ID)


def _md5_crypt(_level: int) -> None:
    get_crypt_handler("md5_crypt").hash(DECOY)


SPENDING: Mapping[str, Callable[..., None]] = {
    "bcrypt": _bcrypt,
    "phpass": _passlib("phpass", 7),
    "drupal": _drupal,
    "scrypt": _scrypt,
    "sha256_crypt": _passlib("sha256_crypt", 1000),
    "sha512_crypt": _passlib("sha512_crypt", 1000),
    "pbkdf2": _pbkdf2,
    "argon2": _argon2,
    "md5_crypt": _md5_crypt,
}
