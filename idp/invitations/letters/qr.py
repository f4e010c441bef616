"""The square that a telephone reads instead of the typed address: drawn once per document, placed on every page."""

import segno
from reportlab.pdfgen.canvas import Canvas


def place(canvas: Canvas, target: str, left: float, bottom: float, size: float) -> None:
    """Draw the QR code of `target`, `size` points wide without its quiet zone (which stays the caller's white)."""
    name = f"qr:{target}"
    if not canvas.hasForm(name):
        _define(canvas, name, target, size)
    canvas.saveState()
    canvas.translate(left, bottom)
    canvas.doForm(name)
    canvas.restoreState()


def _define(canvas: Canvas, name: str, target: str, size: float) -> None:
    rows = [bytes(row) for row in segno.make(target, error="m", micro=False).matrix]
    module = size / len(rows)
    canvas.beginForm(name, 0, 0, size, size)
    canvas.setFillGray(0)
    for number, row in enumerate(rows):
        for start, length in _dark_runs(row):
            canvas.rect(start * module, size - (number + 1) * module, length * module, module, stroke=0, fill=1)
    canvas.endForm()


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    """(start, length) of the dark stretches of a row."""
    runs: list[tuple[int, int]] = []
    for column, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == column:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((column, 1))
    return runs
