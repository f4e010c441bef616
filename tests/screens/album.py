"""Takes the pictures, and puts them together: one contact sheet per journey and language."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page

from tests.support.chromium import FORCED, Look, overflows

FIRST = (Look(1280), Look(1280, "dark"), Look(390), Look(320, "dark"), Look(390, "light", FORCED))
OTHERS = (Look(1280), Look(320, "dark"))
"""The first language is seen at every width and in every scheme, the others where lines are longest and shortest."""
NAMED = {
    look.name: look
    for width in (1280, 768, 390, 320)
    for look in (Look(width), Look(width, "dark"), Look(width, "light", FORCED))
}
LANGUAGES = ("fr", "de", "it", "en")
COLOURS = 48
"""Our pages have few: that many keep a picture under 30 kB without anything to see."""
COLUMN = 420
ROW = 900
GAP = 16
SEAM = 4
"""Between the columns of one tall page: narrower than between pages."""
GROUND = "#e4e7ea"


@dataclass(frozen=True)
class Shot:
    """One page: its name in the walk, its title, its pictures in the order of the looks."""

    name: str
    title: str
    pictures: tuple[Path, ...]
    is_too_wide: bool


@dataclass(frozen=True)
class Chapter:
    """A journey in one language."""

    journey: str
    title: str
    language: str
    shots: list[Shot]


def looks_in(language: str) -> tuple[Look, ...]:
    return FIRST if language == LANGUAGES[0] else OTHERS


class Album:
    """One folder with a folder per journey and language. `looks`: instead of those of each language."""

    def __init__(self, folder: Path, looks: tuple[Look, ...] = ()) -> None:
        self.folder = folder
        self.looks = looks

    def take(self, journey: str, language: str, page: Page, walk: Iterator[str]) -> list[Shot]:
        """Walk on, and take every page in every look."""
        folder = self.folder / journey / language
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        shots: list[Shot] = []
        for name in walk:
            shots.append(_shoot(folder, f"{len(shots) + 1:02}-{name}", page, self.looks or looks_in(language)))
        return shots

    def sheet(self, chapter: Chapter) -> Path:
        """Put the pages of a chapter on one picture, a row each."""
        rows = [_row(shot) for shot in chapter.shots]
        whole = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), GROUND)
        top = 0
        for row in rows:
            whole.paste(row, (0, top))
            top += row.height
        path = self.folder / f"{chapter.journey}-{chapter.language}.png"
        _in_few_colours(whole, 2 * COLOURS).save(path, optimize=True)
        return path

    def write(self, chapters: list[Chapter]) -> None:
        """Write index.html: every chapter with its pages, the widest picture first."""
        links = [f'<li><a href="#{_anchor(each)}">{html.escape(each.title)}, {each.language}</a>' for each in chapters]
        body = [line for chapter in chapters for line in self._pages_of(chapter)]
        page = ["<!doctype html>", '<html lang="en">', '<meta charset="utf-8">', "<title>Every page</title>", STYLE]
        page += ["<h1>Every page of every journey</h1>", "<ul>", *links, "</ul>", *body]
        (self.folder / "index.html").write_text("\n".join(page) + "\n", encoding="utf-8")

    def _pages_of(self, chapter: Chapter) -> Iterator[str]:
        yield f'<h2 id="{_anchor(chapter)}">{html.escape(chapter.title)}, {chapter.language}</h2>'
        for shot in chapter.shots:
            wide = " (wider than its window)" if shot.is_too_wide else ""
            yield f"<h3>{shot.name}{wide}: {html.escape(shot.title)}</h3><p>"
            for picture in shot.pictures:
                address = picture.relative_to(self.folder).as_posix()
                yield f'<a href="{address}"><img loading="lazy" src="{address}" alt="{picture.stem}"></a>'
            yield "</p>"


STYLE = """<style>
body { margin: 2rem; font: 1rem/1.5 system-ui, sans-serif; background: #e4e7ea; color: #1a1f24 }
p { display: flex; gap: 1rem; align-items: start; overflow-x: auto }
img { max-width: 30rem; border: 1px solid #6d7681 }
</style>"""


def _anchor(chapter: Chapter) -> str:
    return f"{chapter.journey}-{chapter.language}"


def _shoot(folder: Path, name: str, page: Page, looks: tuple[Look, ...]) -> Shot:
    pictures, is_too_wide = [], False
    for look in reversed(looks):
        look.wear(page)
        is_too_wide = is_too_wide or overflows(page)
        path = folder / f"{name}-{look.name}.png"
        _keep(page.screenshot(full_page=True, animations="disabled"), path)
        pictures.insert(0, path)
    return Shot(name, page.title(), tuple(pictures), is_too_wide)


def _keep(png: bytes, path: Path) -> None:
    picture = Image.open(BytesIO(png)).convert("RGB")
    _in_few_colours(picture, COLOURS).save(path)


def _in_few_colours(picture: Image.Image, colours: int) -> Image.Image:
    """Return the picture in its most frequent colours, so that a ground keeps its shade, and in those farthest from
    each other, so that the few amber pixels of a pill do not turn red."""
    half = colours // 2
    counted = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    frequent = [channel for _count, colour in counted[:half] for channel in colour]
    distant = picture.quantize(half, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*frequent, *distant[: 3 * half]])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _row(shot: Shot) -> Image.Image:
    """Return the pictures of a page side by side under its name."""
    pictures = [Image.open(path).convert("RGB") for path in shot.pictures]
    fitting = [_fitted(picture) for picture in pictures]
    width = sum(picture.width + GAP for picture in fitting)
    row = Image.new("RGB", (width, max(picture.height for picture in fitting) + 3 * GAP), GROUND)
    ImageDraw.Draw(row).text((4, 4), f"{shot.name}: {shot.title}", "#1a1f24", _font())
    left = 0
    for picture in fitting:
        row.paste(picture, (left, 2 * GAP))
        left += picture.width + GAP
    return row


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font in which the browser shows most pages here; Pillow's own has no accents."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", 15)
    except OSError:
        return ImageFont.load_default(16)


def _fitted(picture: Image.Image) -> Image.Image:
    """Return the whole picture, as wide as a column at most; a tall one goes on in further columns beside the first."""
    if picture.width > COLUMN:
        picture = picture.resize((COLUMN, round(picture.height * COLUMN / picture.width)), Image.Resampling.LANCZOS)
    parts = -(-picture.height // ROW)
    whole = Image.new("RGB", (parts * (picture.width + SEAM) - SEAM, min(picture.height, ROW)), GROUND)
    for part in range(parts):
        top = part * ROW
        piece = picture.crop((0, top, picture.width, min(picture.height, top + ROW)))
        whole.paste(piece, (part * (picture.width + SEAM), 0))
    return whole
