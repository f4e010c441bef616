"""The lines of a register, or rows of a request, that bring no letter, as a job keeps them."""

from collections.abc import Sequence

import msgspec


class FaultyLine(msgspec.Struct, frozen=True, array_like=True):
    """A line of the register that is refused, or (`is_kept`) of somebody who gets no letter. `reason` has no value of
    it; that of a kept one is the id of a message."""

    number: int
    is_kept: bool
    reason: str


def packed(faults: Sequence[FaultyLine]) -> bytes:
    """Return a piece with these faults."""
    return msgspec.msgpack.encode(faults)


def faults_in(piece: bytes) -> Sequence[FaultyLine]:
    """Return the faulty lines of a stored piece."""
    return msgspec.msgpack.decode(piece, type=list[FaultyLine])
