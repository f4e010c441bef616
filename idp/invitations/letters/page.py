"""Draw a set letter as the next page of a document."""

from functools import partial

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from idp.invitations.letters import layout as setting
from idp.invitations.letters import qr
from idp.invitations.letters.document import TaggedDocument
from idp.invitations.letters.layout import Block, Layout
from idp.invitations.letters.letter import Letter

HEIGHT = 297.0


def add(document: TaggedDocument, letter: Letter) -> None:
    """Set the letter on a page of its own. Raises `LetterTooLong` before anything is drawn."""
    layout = setting.compose(letter)
    with document.page(letter.language):
        _ornaments(document, layout, letter)
        for number, block in enumerate(layout.blocks, start=1):
            _block(document, block)
            if number == layout.figure_after:
                _figure(document, layout, letter)


def _block(document: TaggedDocument, block: Block) -> None:
    with document.block(block.role) if block.role else document.artifact():
        document.drawn(block, partial(_write, document.canvas, block))


def _write(canvas: Canvas, block: Block) -> None:
    canvas.setFillColor(HexColor(block.style.colour))
    canvas.setFont(block.style.font, block.style.size)
    baseline = HEIGHT - block.top - block.style.size * 0.86 / mm
    for number, line in enumerate(block.lines, start=1):
        heard = line if number == len(block.lines) else f"{line} "  # read aloud, words of two lines stay apart
        canvas.drawString(block.left * mm, baseline * mm, heard)
        baseline -= block.style.leading


def _figure(document: TaggedDocument, layout: Layout, letter: Letter) -> None:
    left = setting.RIGHT - setting.BOX_PADDING - setting.QR_SIZE
    lower = HEIGHT - layout.frame_top - (setting.BOX_HEIGHT + setting.QR_SIZE) / 2
    with document.block("Figure", letter.box.qr_alternative):
        qr.place(document.canvas, letter.box.target, left * mm, lower * mm, setting.QR_SIZE * mm)


def _ornaments(document: TaggedDocument, layout: Layout, letter: Letter) -> None:
    """The bar above the portal's name, the frame of the box, the rule above the desk, the fold marks."""
    has_bar = bool(letter.portal)
    same = (layout.frame_top, layout.rule, layout.envelope, letter.colour, has_bar)
    with document.artifact():
        document.drawn(same, partial(_decorate, document.canvas, layout, letter.colour, has_bar=has_bar))


def _decorate(canvas: Canvas, layout: Layout, colour: str, *, has_bar: bool) -> None:
    if has_bar:
        canvas.setFillColor(HexColor(colour))
        canvas.rect(setting.LEFT * mm, (HEIGHT - 17.0) * mm, 12.0 * mm, 1.2 * mm, stroke=0, fill=1)
    canvas.setStrokeColor(HexColor(colour))
    canvas.setLineWidth(1.2)
    lower = HEIGHT - layout.frame_top - setting.BOX_HEIGHT
    canvas.roundRect(setting.LEFT * mm, lower * mm, setting.WIDTH * mm, setting.BOX_HEIGHT * mm, 2.0 * mm)
    canvas.setLineWidth(0.6)
    canvas.line(setting.LEFT * mm, (HEIGHT - layout.rule) * mm, setting.RIGHT * mm, (HEIGHT - layout.rule) * mm)
    canvas.setStrokeColor(HexColor(setting.QUIET))
    canvas.setLineWidth(0.3)
    for fold in layout.envelope.folds:
        canvas.line(5.0 * mm, (HEIGHT - fold) * mm, 9.0 * mm, (HEIGHT - fold) * mm)
