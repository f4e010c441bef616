"""Which forms of imported password hashes are understood, and what they cost to verify.

A hash is recognised by its shape alone. Its cost is capped: a directory (or whoever wrote into it) must not be able to
make one sign-in attempt burn a processor for minutes. Scheme names are those of libpass.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from idp.wording import Text, text

MAX_LENGTH = 512
_B64 = r"[A-Za-z0-9+/.=]"
_CRYPT = r"[./A-Za-z0-9]"


@dataclass(frozen=True)
class Scheme:
    """`cost` reads the work factor from a match; `fast` ones are guessed by the billion and get wrapped."""

    name: str
    pattern: re.Pattern[str]
    cap: int = 0
    cost: Callable[[re.Match[str]], int] = lambda _match: 0
    fast: bool = False
    salted: bool = True


@dataclass(frozen=True)
class Recognised:
    """A hash that can be imported. `warning` is for the operator."""

    scheme: str
    stored: str
    fast: bool
    warning: Text | None = None


def _scheme(name: str, pattern: str, **more: object) -> Scheme:
    return Scheme(name, re.compile(pattern), **more)  # type: ignore[arg-type]


def _first(match: re.Match[str]) -> int:
    return int(match[1] or 0)


def _memory_passes(match: re.Match[str]) -> int:
    return int(match[1]) * int(match[2])


def _scrypt_blocks(match: re.Match[str]) -> int:
    return (1 << min(int(match[1]), 40)) * int(match[2]) * int(match[3])


def _phpass_rounds(match: re.Match[str]) -> int:
    return "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(match[1])


BCRYPT = rf"\$2[abxy]\$(\d\d)\${_CRYPT}{{53}}"
ARGON2 = rf"\$argon2(?:id|i|d)\$v=19\$m=(\d{{1,9}}),t=(\d{{1,4}}),p=\d{{1,3}}\${_B64}{{11,128}}\${_B64}{{16,128}}"

SCHEMES = (
    _scheme("bcrypt", BCRYPT, cost=_first, cap=14),
    _scheme("django_bcrypt", rf"bcrypt\${BCRYPT}", cost=_first, cap=14),
    _scheme("django_bcrypt_sha256", rf"bcrypt_sha256\${BCRYPT}", cost=_first, cap=14),
    _scheme("argon2", ARGON2, cost=_memory_passes, cap=1_048_576),
    _scheme("django_argon2", rf"argon2{ARGON2}", cost=_memory_passes, cap=1_048_576),
    _scheme(
        "sha512_crypt", rf"\$6\$(?:rounds=(\d{{1,9}})\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{86}}", cost=_first, cap=1_000_000
    ),
    _scheme(
        "sha256_crypt", rf"\$5\$(?:rounds=(\d{{1,9}})\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{43}}", cost=_first, cap=1_000_000
    ),
    _scheme("pbkdf2_sha512", rf"\$pbkdf2-sha512\$(\d{{1,9}})\${_B64}+\${_B64}{{86}}", cost=_first, cap=1_000_000),
    _scheme("pbkdf2_sha256", rf"\$pbkdf2-sha256\$(\d{{1,9}})\${_B64}+\${_B64}{{43}}", cost=_first, cap=2_000_000),
    _scheme("pbkdf2_sha1", rf"\$pbkdf2\$(\d{{1,9}})\${_B64}+\${_B64}{{27}}", cost=_first, cap=2_000_000),
    _scheme("django_pbkdf2_sha256", r"pbkdf2_sha256\$(\d{1,9})\$[^$]+\$[A-Za-z0-9+/]{43}=", cost=_first, cap=2_000_000),
    _scheme("django_pbkdf2_sha1", r"pbkdf2_sha1\$(\d{1,9})\$[^$]+\$[A-Za-z0-9+/]{27}=", cost=_first, cap=2_000_000),
    _scheme(
        "scrypt",
        rf"\$scrypt\$ln=(\d{{1,2}}),r=(\d{{1,3}}),p=(\d{{1,3}})\${_B64}+\${_B64}+",
        cost=_scrypt_blocks,
        cap=2**21,
    ),
    _scheme("phpass", rf"\$[PH]\$({_CRYPT}){_CRYPT}{{30}}", cost=_phpass_rounds, cap=20),
    _scheme("md5_crypt", rf"\$1\${_CRYPT}{{0,8}}\${_CRYPT}{{22}}", fast=True),
    _scheme("apr_md5_crypt", rf"\$apr1\${_CRYPT}{{0,8}}\${_CRYPT}{{22}}", fast=True),
    _scheme("ldap_salted_sha1", r"\{SSHA\}[A-Za-z0-9+/]{32,48}=*", fast=True),
    _scheme("ldap_salted_sha256", r"\{SSHA256\}[A-Za-z0-9+/]{48,70}=*", fast=True),
    _scheme("ldap_salted_sha512", r"\{SSHA512\}[A-Za-z0-9+/]{91,120}=*", fast=True),
    _scheme("ldap_salted_md5", r"\{SMD5\}[A-Za-z0-9+/]{27,46}=*", fast=True),
    _scheme("django_salted_sha1", r"sha1\$[^$]+\$[0-9a-f]{40}", fast=True),
    _scheme("django_salted_md5", r"md5\$[^$]+\$[0-9a-f]{32}", fast=True),
    _scheme("ldap_sha1", r"\{SHA\}[A-Za-z0-9+/]{27}=", fast=True, salted=False),
    _scheme("ldap_md5", r"\{MD5\}[A-Za-z0-9+/]{22}==", fast=True, salted=False),
    _scheme("hex_md5", r"[0-9A-Fa-f]{32}", fast=True, salted=False),
    _scheme("hex_sha1", r"[0-9A-Fa-f]{40}", fast=True, salted=False),
    _scheme("hex_sha256", r"[0-9A-Fa-f]{64}", fast=True, salted=False),
    _scheme("hex_sha512", r"[0-9A-Fa-f]{128}", fast=True, salted=False),
)


def recognise(stored: str) -> Recognised | Text:
    """The scheme of an imported hash, or the reason why it cannot be taken over."""
    if len(stored) > MAX_LENGTH:
        return text("The password hash is longer than %(limit)d characters.", limit=MAX_LENGTH)
    for scheme in SCHEMES:
        match = scheme.pattern.fullmatch(stored)
        if match is not None:
            return _within_cap(scheme, match)
    return text("The form of the password hash is not known.")


def _within_cap(scheme: Scheme, match: re.Match[str]) -> Recognised | Text:
    cost = scheme.cost(match)
    if cost > scheme.cap:
        return text(
            "The %(scheme)s hash costs too much to verify (%(cost)d, at most %(cap)d).",
            scheme=scheme.name,
            cost=cost,
            cap=scheme.cap,
        )
    warning = None if scheme.salted else text("Hashes of the form %(scheme)s have no salt.", scheme=scheme.name)
    return Recognised(scheme.name, match.string, scheme.fast, warning)
