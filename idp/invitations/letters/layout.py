"""The positions of a letter's parts on an A4 page, in millimetres from the top left corner; nothing is drawn here.

- The address stands in the window of the brand's country: Swiss Post's right-hand window (C5, C6/5) or the French DL
  window.
- Nothing printed lies on a fold: what would is moved down a little.
- A letter is one page. Its text is set as large as the page allows; a letter that does not fit is refused.

Letters of one fund differ in a few lines, which move nothing else. So a page is set once for all of them, with marks in
place of these lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from reportlab.lib.units import mm

from idp.invitations.letters import fonts
from idp.invitations.letters.letter import ADDRESS_LINES, BLACK, Box, Letter, Window

LEFT, RIGHT = 25.0, 187.0
WIDTH = RIGHT - LEFT
ADDRESS_WIDTH = 80.0
TEXT_SIZES = (11.5, 11.0, 10.5, 10.0)
LEADING = 1.42
QR_SIZE, BOX_HEIGHT, BOX_PADDING = 30.0, 38.0, 5.0
FIRST_LINE, LAST_LINE = 101.0, 284.0
CLEARANCE = 0.3
INK, QUIET = BLACK, "#55565C"
RECIPIENT, GREETING, CODE, REFERENCE = ("\0recipient", "\0greeting", "\0code", "\0reference")
"""Lines that stand for those of one letter alone."""
PAGES_KEPT = 64


class LetterTooLong(Exception):
    """The letter cannot be set on one page even at the smallest size, or its address does not fit the window."""


@dataclass(frozen=True)
class Envelope:
    """The position of the envelope's window, and of the sheet's folds."""

    address_left: float
    address_top: float
    folds: tuple[float, ...]


ENVELOPES: dict[Window, Envelope] = {
    "CH": Envelope(address_left=118.0, address_top=52.0, folds=(105.0, 148.5, 210.0)),
    "FR": Envelope(address_left=110.0, address_top=50.0, folds=(99.0, 198.0)),
}


@dataclass(frozen=True)
class TextStyle:
    """A typeface at a size in points."""

    size: float
    font: str = fonts.TEXT
    colour: str = INK

    @property
    def leading(self) -> float:
        return self.size * LEADING / mm

    @property
    def ink(self) -> float:
        """The height of a line's ink below its top."""
        return self.size * 1.12 / mm


ADDRESS = TextStyle(10.5)


@dataclass(frozen=True)
class Block:
    """Lines that belong together, with the role they have for a screen reader; an empty role: only to look at."""

    role: str
    lines: tuple[str, ...]
    left: float
    top: float
    style: TextStyle

    @property
    def inked(self) -> list[tuple[float, float]]:
        """From where to where each line has ink."""
        tops = [self.top + number * self.style.leading for number in range(len(self.lines))]
        return [(top, top + self.style.ink) for top in tops]


@dataclass
class Layout:
    """A set page: blocks in reading order; the QR code follows the block `figure_after`."""

    envelope: Envelope
    text_size: float
    blocks: list[Block] = field(default_factory=list)
    frame_top: float = 0.0
    rule: float = 0.0
    figure_after: int = 0
    end: float = FIRST_LINE


def compose(letter: Letter) -> Layout:
    """Return the letter at the largest size that fits. Raises `LetterTooLong`."""
    address = [part for line in letter.recipient for part in _broken(line, ADDRESS, ADDRESS_WIDTH)]
    if len(address) > ADDRESS_LINES:
        raise LetterTooLong(letter.recipient)
    own = {RECIPIENT: address, GREETING: [letter.greeting], CODE: [letter.box.code], REFERENCE: [letter.reference]}
    common = _common(letter)
    for size in TEXT_SIZES:
        page = _set(common, size)
        if page.end <= page.rule - 2.0:
            return replace(page, blocks=[_own(block, own) for block in page.blocks])
    raise LetterTooLong(letter.recipient)


def _common(letter: Letter) -> Letter:
    """Return the letter with marks in place of what is this reader's alone. A greeting of several lines stays."""
    takes_a_line = letter.greeting and len(_broken(letter.greeting, TextStyle(TEXT_SIZES[0]), WIDTH)) == 1
    return replace(
        letter,
        recipient=(RECIPIENT,) if any(letter.recipient) else (),
        greeting=GREETING if takes_a_line else letter.greeting,
        box=replace(letter.box, code=CODE if letter.box.code else ""),
        reference=REFERENCE if letter.reference else "",
        reference_number="",
    )


def _own(block: Block, own: Mapping[str, Sequence[str]]) -> Block:
    lines = own.get(block.lines[0])
    return block if lines is None else replace(block, lines=tuple(lines))


@lru_cache(maxsize=PAGES_KEPT)
def _set(letter: Letter, size: float) -> Layout:
    """Set a letter at this size, whether it fits or not. Callers change nothing of the page."""
    layout = Layout(ENVELOPES[letter.window], size)
    text = TextStyle(size)
    _head(layout, letter)
    _flow(layout, letter.subject, TextStyle(size + 2.5, fonts.STRONG), role="H1", after=2.4)
    _flow(layout, letter.greeting, text)
    for paragraph in letter.opening:
        _flow(layout, paragraph, text)
    _box(layout, letter.box)
    _flow(layout, letter.box.validity, TextStyle(size, fonts.STRONG))
    for paragraph in letter.closing:
        _flow(layout, paragraph, text)
    for number, line in enumerate(letter.signature):
        _flow(layout, line, TextStyle(size, fonts.STRONG if number else fonts.TEXT), after=0.0)
    _desk(layout, letter)
    return layout


def _head(layout: Layout, letter: Letter) -> None:
    left, top = layout.envelope.address_left, layout.envelope.address_top
    _put(layout, "P", [letter.portal], LEFT, 19.0, TextStyle(16.0, fonts.STRONG, letter.colour))
    _put(layout, "P", letter.sender, LEFT, 27.5, TextStyle(9.0, colour=QUIET))
    _put(layout, "", [", ".join(letter.sender)], left, top - 5.0, TextStyle(6.5, colour=QUIET))
    _put(layout, "P", letter.recipient, left, top, ADDRESS)
    _put(layout, "P", [letter.place_and_date], left, 91.0, TextStyle(layout.text_size))


def _box(layout: Layout, box: Box) -> None:
    top = _clear(layout, layout.end + 1.0, [(0.0, BOX_HEIGHT)])
    inside, label, room = LEFT + BOX_PADDING + 1.0, TextStyle(9.5, colour=QUIET), WIDTH - QR_SIZE - 4 * BOX_PADDING
    layout.frame_top = top
    _put(layout, "P", [box.address_label], inside, top + 4.4, label)
    lines, style = _typed_address(box.address, room)
    _put(layout, "P", lines, inside, top + 9.0, style)
    _put(layout, "P", [box.code_label], inside, top + 20.4, label)
    _put(layout, "P", [box.code], inside, top + 25.2, TextStyle(20.0, fonts.CODE))
    layout.figure_after = len(layout.blocks)
    layout.end = top + BOX_HEIGHT + 3.6


def _typed_address(address: str, room: float) -> tuple[list[str], TextStyle]:
    """Return one line, as large as it fits; a very long address breaks before its path."""
    for size in (15.0, 14.0, 13.0, 12.0, 11.0):
        if fonts.width(address, fonts.STRONG, size) <= room * mm:
            return [address], TextStyle(size, fonts.STRONG)
    host, slash, path = address.partition("/")
    smallest = min(11.0, 11.0 * room * mm / fonts.width(host, fonts.STRONG, 11.0))
    return [host, slash + path], TextStyle(smallest, fonts.STRONG)


def _desk(layout: Layout, letter: Letter) -> None:
    title, lines, reference = TextStyle(10.5, fonts.STRONG), TextStyle(10.0), TextStyle(8.5, colour=QUIET)
    top = LAST_LINE - reference.leading - 1.5 - len(letter.desk) * lines.leading - title.leading
    layout.rule = top - 2.0
    _put(layout, "P", [letter.desk_title], LEFT, top, title)
    _put(layout, "P", letter.desk, LEFT, top + title.leading, lines)
    _put(layout, "P", [letter.reference], LEFT, LAST_LINE - reference.leading, reference)


def _flow(layout: Layout, text: str, style: TextStyle, *, role: str = "P", after: float = 2.6) -> None:
    """Put a paragraph where the last one ended, or a little lower where a line would lie on a fold."""
    lines = _broken(text, style, WIDTH)
    inked = Block(role, tuple(lines), LEFT, 0.0, style).inked
    top = _clear(layout, layout.end, inked)
    _put(layout, role, lines, LEFT, top, style)
    layout.end = top + len(lines) * style.leading + after


def _clear(layout: Layout, top: float, inked: Sequence[tuple[float, float]]) -> float:
    """Return the first place from `top` down where no inked stretch lies on a fold."""
    while any(crosses(fold, top + start, top + end) for fold in layout.envelope.folds for start, end in inked):
        top += 0.2
    return top


def crosses(fold: float, start: float, end: float) -> bool:
    return start < fold + CLEARANCE and end > fold - CLEARANCE


def _put(layout: Layout, role: str, lines: Sequence[str], left: float, top: float, style: TextStyle) -> None:
    if any(lines):
        layout.blocks.append(Block(role, tuple(lines), left, top, style))


def _broken(text: str, style: TextStyle, room: float) -> Sequence[str]:
    return fonts.lines(text, style.font, style.size, room * mm)
