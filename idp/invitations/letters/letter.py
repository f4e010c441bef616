"""A letter, ready to be set: every word decided, nothing placed yet."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Window = Literal["CH", "FR"]
Design = Literal["portal", "letterhead"]
"""`portal`: with the portal's name and colour, and the sender. `letterhead`: black, without them, for paper that bears
the fund's letterhead."""
DESIGNS: tuple[Design, ...] = ("portal", "letterhead")
BLACK = "#1B1B1F"

ADDRESS_LINES = 6
"""The number of address lines that an envelope's window shows."""


@dataclass(frozen=True)
class CodeOnPaper:
    """The printed part of a registration code: the code in groups, and its expiry."""

    reference: str
    code: str
    expires_at: datetime


@dataclass(frozen=True)
class Box:
    """The framed part: where to go, with what, until when. `address` has no scheme; `target` is what the QR opens."""

    address_label: str
    address: str
    target: str
    qr_alternative: str
    code_label: str
    code: str
    validity: str


@dataclass(frozen=True)
class Letter:
    """One page. Paragraphs are plain text with non-breaking blanks where lines must not break."""

    language: str
    window: Window
    colour: str
    portal: str
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    place_and_date: str
    subject: str
    greeting: str
    opening: tuple[str, ...]
    box: Box
    closing: tuple[str, ...]
    signature: tuple[str, ...]
    desk_title: str
    desk: tuple[str, ...]
    reference: str
    reference_number: str


def designed(letter: Letter, design: Design) -> Letter:
    """Return the letter in this design."""
    return letter if design == "portal" else replace(letter, portal="", sender=(), colour=BLACK)
