"""Takes the pictures and writes the page that shows them."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.support.chromium import Scheme

TAKES: tuple[tuple[int, Scheme], ...] = ((1280, "light"), (320, "dark"))
COLOURS = 48
"""Our pages have few: that many keep a picture under 30 kB without anything to see."""


@dataclass(frozen=True)
class Shot:
    """One page: its name in the walk, its title, its pictures in the order of `TAKES`."""

    name: str
    title: str
    pictures: tuple[str, ...]


class Album:
    """One folder with a folder per journey."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, journey: str, page: Page, walk: Iterator[str], issuer: str) -> list[Shot]:
        """Walk on, and take every page of the provider in every width and scheme."""
        folder = self.folder / journey
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        shots: list[Shot] = []
        for name in walk:
            if page.url.startswith(issuer):
                shots.append(self._shoot(folder, f"{len(shots) + 1:02}-{name}", page))
        return shots

    def _shoot(self, folder: Path, name: str, page: Page) -> Shot:
        pictures = []
        for width, scheme in reversed(TAKES):
            page.set_viewport_size({"width": width, "height": 900 if width > 400 else 640})
            page.emulate_media(color_scheme=scheme)
            path = folder / f"{name}-{width}-{scheme}.png"
            _keep(page.screenshot(full_page=True, animations="disabled"), path)
            pictures.insert(0, f"{folder.name}/{path.name}")
        return Shot(name, page.title(), tuple(pictures))

    def write(self, chapters: dict[str, tuple[str, list[Shot]]]) -> None:
        """README.md: a chapter per journey (its words, its pages), the wide picture beside the narrow one."""
        lines = ["# Every page of every journey", ""]
        lines += ["Made by `make screens`: 1280 px light, 320 px dark; every page also with its errors.", ""]
        lines += [f"- [{title}](#{journey})" for journey, (title, _) in chapters.items()]
        for journey, (title, shots) in chapters.items():
            lines += ["", f'<a id="{journey}"></a>', "", f"## {title}", ""]
            for shot in shots:
                lines += [f"**{shot.name}** {shot.title}", "", _images(shot), ""]
        (self.folder / "README.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _keep(png: bytes, path: Path) -> None:
    picture = Image.open(BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _images(shot: Shot) -> str:
    alt = html.escape(shot.title)
    widths = ("70%", "20%")
    return " ".join(
        f'<img src="{picture}" width="{width}" alt="{alt}">'
        for picture, width in zip(shot.pictures, widths, strict=True)
    )
