"""Passwords known from breaches, as a sorted file of short SHA-1 prefixes that is searched in place.

The file is made once from a list of SHA-1 digests in ascending order, as Have I Been Pwned publishes it (`DIGEST:COUNT`
a line), and never leaves the machine: nothing is asked over the network. It holds `width` bytes of each digest, after a
head of 32 bytes. A look is a binary search in the mapped file: some thirty reads, no memory of its own. A password that
is in no breach is refused at a rate of entries ÷ 2^(8 × width): at a billion entries 0.1 % with five bytes (5 GB),
4 in a million with six (6 GB).
"""

import hashlib
import mmap
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from idp.credentials.normalised import normalise_password

MAGIC = b"idp breached passwords 1"
COUNT_BYTES = 7
HEAD = len(MAGIC) + 1 + COUNT_BYTES
WIDTHS = range(4, 11)
LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::([0-9]{1,18}))?\s*")


class UnusableFilter(ValueError):
    """The file is not what it should be; the message says where and why."""


@dataclass(frozen=True)
class FilterSummary:
    """A filter's size, and how often it rejects a password that is in no breach."""

    entries: int
    width: int

    @property
    def size(self) -> int:
        return HEAD + self.entries * self.width

    @property
    def false_positives(self) -> float:
        return min(1.0, self.entries / 2.0 ** (8 * self.width))


class BreachedPasswords:
    """The filter of one file, mapped for as long as the process lives. Raises `UnusableFilter`."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise UnusableFilter(f"{path} cannot be read: {error}") from error
        head = self._content[:HEAD]
        width, entries = head[len(MAGIC)] if len(head) == HEAD else 0, int.from_bytes(head[len(MAGIC) + 1 :], "big")
        self.built = FilterSummary(entries, width)
        if not head.startswith(MAGIC) or width not in WIDTHS or self.built.size != len(self._content):
            raise UnusableFilter(f"{path} is no filter of `idp passwords build-filter`, or was cut")

    def __len__(self) -> int:
        return self.built.entries

    def __getitem__(self, index: int) -> bytes:
        start = HEAD + index * self.built.width
        return self._content[start : start + self.built.width]

    def holds(self, plain: str) -> bool:
        """Return whether the password, as typed or normalised, is known from breaches, or looks like one that is."""
        return any(self._holds(spelling) for spelling in {plain, normalise_password(plain)})

    def _holds(self, spelling: str) -> bool:
        digest = hashlib.sha1(spelling.encode("utf-8", "replace"), usedforsecurity=False).digest()
        wanted = digest[: self.built.width]
        place = bisect_left(self, wanted)
        return place < len(self) and self[place] == wanted


def build(lines: Iterable[bytes], path: Path, *, width: int, at_least: int = 1) -> FilterSummary:
    """Write the filter of a list, line by line; passwords seen less often than `at_least` are left out.

    Raises `UnusableFilter` for a line that is no digest or out of order. Nothing is left at `path` then.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    entries, last = 0, b""
    try:
        with unfinished.open("wb") as file:
            file.write(bytes(HEAD))
            for prefix in _prefixes(lines, width, at_least):
                if prefix != last:
                    file.write(prefix)
                    entries, last = entries + 1, prefix
            file.seek(0)
            file.write(MAGIC + bytes([width]) + entries.to_bytes(COUNT_BYTES, "big"))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return FilterSummary(entries, width)


def _prefixes(lines: Iterable[bytes], width: int, at_least: int) -> Iterable[bytes]:
    before = b""
    for number, line in enumerate(lines, 1):
        found = LINE.fullmatch(line)
        if found is None:
            raise UnusableFilter(f"line {number}: expected a SHA-1 digest in hexadecimal, and perhaps : and a count")
        digest = bytes.fromhex(found[1].decode())
        if digest < before:
            raise UnusableFilter(f"line {number}: the digests must be in ascending order; use the list ordered by hash")
        before = digest
        if found[2] is None or int(found[2]) >= at_least:
            yield digest[:width]
