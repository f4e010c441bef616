"""Where the parts of a letter stand on an A4 page. All measures are millimetres from the top left corner.

The address stands in the window of the brand's country: Swiss Post's right-hand window (C5, C6/5) or the French DL
window. Nothing printed lies on a fold: lines and the box move down a little where one would.
"""

from dataclasses import dataclass

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm

from idp.invitations.letters import fonts, qr
from idp.invitations.letters.document import TaggedDocument
from idp.invitations.letters.letter import Box, Letter, Window

HEIGHT = 297.0
LEFT, RIGHT = 25.0, 187.0
WIDTH = RIGHT - LEFT
LEADING = 5.6
TEXT_SIZE = 11.0
QR_SIZE = 30.0
BOX_HEIGHT = 40.0
DESK_TOP = 258.0
INK, QUIET = "#1B1B1F", "#55565C"


@dataclass(frozen=True)
class Envelope:
    """Where its window lets the address be seen, and where the sheet is folded for it."""

    address_left: float
    address_top: float
    folds: tuple[float, ...]


ENVELOPES: dict[Window, Envelope] = {
    "CH": Envelope(address_left=118.0, address_top=52.0, folds=(105.0, 148.5, 210.0)),
    "FR": Envelope(address_left=110.0, address_top=50.0, folds=(99.0, 198.0)),
}


def add(document: TaggedDocument, letter: Letter) -> None:
    """Set the letter as the next page of the document."""
    with document.page(letter.language):
        _Page(document, letter).draw()


class _Page:
    """One page being set; `_y` is the top of what comes next."""

    def __init__(self, document: TaggedDocument, letter: Letter) -> None:
        self._document = document
        self._canvas = document.canvas
        self._letter = letter
        self._envelope = ENVELOPES[letter.window]
        self._y = 101.0

    def draw(self) -> None:
        letter = self._letter
        self._head()
        self._address()
        self._flow("H1", letter.subject, font=fonts.STRONG, size=14.0, leading=6.6, after=3.4)
        self._flow("P", letter.greeting)
        for paragraph in letter.opening:
            self._flow("P", paragraph)
        self._box(letter.box)
        self._flow("P", letter.box.validity, font=fonts.STRONG)
        self._flow("P", letter.needed)
        for paragraph in letter.closing:
            self._flow("P", paragraph)
        for number, line in enumerate(letter.signature):
            self._flow("P", line, after=0.0, font=fonts.STRONG if number else fonts.TEXT)
        self._desk()
        self._fold_marks()

    def _head(self) -> None:
        letter = self._letter
        with self._document.artifact():
            self._canvas.setFillColor(HexColor(letter.colour))
            self._canvas.rect(LEFT * mm, (HEIGHT - 17.0) * mm, 12.0 * mm, 1.2 * mm, stroke=0, fill=1)
        self._block("P", [letter.portal], LEFT, 19.0, font=fonts.STRONG, size=16.0, leading=7.4, colour=letter.colour)
        self._block("P", list(letter.sender), LEFT, 27.5, size=9.0, leading=4.4, colour=QUIET)

    def _address(self) -> None:
        letter, envelope = self._letter, self._envelope
        with self._document.artifact():
            self._lines(
                [", ".join(letter.sender)], envelope.address_left, envelope.address_top - 5.0, size=6.5, colour=QUIET
            )
        self._block("P", list(letter.recipient), envelope.address_left, envelope.address_top, leading=5.2)
        self._block("P", [letter.place_and_date], envelope.address_left, 91.0)

    def _box(self, box: Box) -> None:
        top = self._clear(self._y, [(0.0, BOX_HEIGHT)])
        self._frame(top)
        inside, quiet = LEFT + 6.0, {"size": 9.5, "leading": 4.6, "colour": QUIET}
        self._block("P", [box.address_label], inside, top + 5.0, **quiet)
        size = self._fitting(box.address, fonts.STRONG, 15.0, WIDTH - QR_SIZE - 18.0)
        self._block("P", [box.address], inside, top + 9.8, font=fonts.STRONG, size=size, leading=7.0)
        self._block("P", [box.code_label], inside, top + 20.8, **quiet)
        self._block("P", [box.code], inside, top + 26.0, font=fonts.CODE, size=20.0, leading=9.0)
        with self._document.block("Figure", box.qr_alternative):
            left, lower = RIGHT - 5.0 - QR_SIZE, HEIGHT - top - (BOX_HEIGHT + QR_SIZE) / 2
            qr.place(self._canvas, box.target, left * mm, lower * mm, QR_SIZE * mm)
        self._y = top + BOX_HEIGHT + 4.6

    def _frame(self, top: float) -> None:
        with self._document.artifact():
            self._canvas.setStrokeColor(HexColor(self._letter.colour))
            self._canvas.setLineWidth(1.2)
            self._canvas.roundRect(LEFT * mm, (HEIGHT - top - BOX_HEIGHT) * mm, WIDTH * mm, BOX_HEIGHT * mm, 2.0 * mm)

    def _desk(self) -> None:
        letter = self._letter
        with self._document.artifact():
            self._canvas.setStrokeColor(HexColor(letter.colour))
            self._canvas.setLineWidth(0.6)
            rule = (HEIGHT - DESK_TOP + 3.0) * mm
            self._canvas.line(LEFT * mm, rule, RIGHT * mm, rule)
        self._block("P", [letter.desk_title], LEFT, DESK_TOP, font=fonts.STRONG, size=10.5, leading=5.2)
        self._block("P", list(letter.desk), LEFT, DESK_TOP + 5.4, size=10.0, leading=4.9)
        self._block("P", [letter.reference], LEFT, 282.0, size=8.5, leading=4.2, colour=QUIET)

    def _fold_marks(self) -> None:
        with self._document.artifact():
            self._canvas.setStrokeColor(HexColor(QUIET))
            self._canvas.setLineWidth(0.3)
            for fold in self._envelope.folds:
                self._canvas.line(5.0 * mm, (HEIGHT - fold) * mm, 9.0 * mm, (HEIGHT - fold) * mm)

    def _flow(
        self,
        role: str,
        text: str,
        *,
        font: str = fonts.TEXT,
        size: float = TEXT_SIZE,
        leading: float = LEADING,
        after: float = 2.8,
    ) -> None:
        broken = fonts.lines(text, font, size, WIDTH * mm)
        ink = size * 1.1 / mm
        top = self._clear(self._y, [(number * leading, number * leading + ink) for number in range(len(broken))])
        self._block(role, broken, LEFT, top, font=font, size=size, leading=leading)
        self._y = top + len(broken) * leading + after

    def _clear(self, top: float, inked: list[tuple[float, float]]) -> float:
        """The first place from `top` down where no inked stretch lies on a fold."""
        while any(top + a < fold + 0.3 and top + b > fold - 0.3 for fold in self._envelope.folds for a, b in inked):
            top += 0.2
        return top

    def _block(self, role: str, lines: list[str], left: float, top: float, **look: object) -> None:
        if lines:
            with self._document.block(role):
                self._lines(lines, left, top, **look)  # type: ignore[arg-type]

    def _lines(
        self,
        lines: list[str],
        left: float,
        top: float,
        *,
        font: str = fonts.TEXT,
        size: float = TEXT_SIZE,
        leading: float = LEADING,
        colour: str = INK,
    ) -> None:
        self._canvas.setFillColor(HexColor(colour))
        self._canvas.setFont(font, size)
        first_baseline = HEIGHT - top - size * 0.86 / mm
        for number, line in enumerate(lines, start=1):
            heard = line if number == len(lines) else f"{line} "  # read aloud, the words of two lines stay apart
            self._canvas.drawString(left * mm, (first_baseline - (number - 1) * leading) * mm, heard)

    @staticmethod
    def _fitting(text: str, font: str, size: float, available: float) -> float:
        """`size`, or as much smaller as the text needs to stay on one line."""
        return min(size, size * available * mm / fonts.width(text, font, size))
