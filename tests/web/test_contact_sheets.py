"""A contact sheet shows every page to its end: nothing of a tall one goes unseen."""

from pathlib import Path

from PIL import Image

from tests.screens.album import COLUMN, ROW, Album, Chapter, Shot

END = (200, 0, 80)
AMBER = (122, 67, 0)


def test_a_tall_page_is_on_the_sheet_to_its_end(tmp_path: Path) -> None:
    tall = Image.new("RGB", (320, 3 * ROW + 100), "white")
    tall.paste(END, (0, tall.height - 40, tall.width, tall.height))

    sheet = sheet_of(tmp_path, tall)

    assert sheet.getcolors() is not None
    assert coloured(sheet) == 320 * 40


def test_a_wide_page_is_made_as_narrow_as_a_column(tmp_path: Path) -> None:
    wide = Image.new("RGB", (1280, 800), END)

    sheet = sheet_of(tmp_path, wide)

    assert coloured(sheet) == COLUMN * round(800 * COLUMN / 1280)


def test_a_page_that_fits_takes_one_column(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, Image.new("RGB", (320, ROW), END))

    assert sheet.width < 2 * 320


def test_a_rare_colour_stays_what_it_is(tmp_path: Path) -> None:
    """The amber of one pill beside much red would be taken for red."""
    page = Image.new("RGB", (320, 800), "white")
    for shade in range(160):
        page.paste((168 + shade // 2, shade, shade), (0, 4 * shade, 320, 4 * shade + 4))
    page.paste(AMBER, (10, 700, 40, 710))

    sheet = sheet_of(tmp_path, page)

    assert any(near(colour, AMBER) for _count, colour in sheet.getcolors(1 << 20) or [])


def near(colour: object, wanted: tuple[int, int, int]) -> bool:
    return isinstance(colour, tuple) and all(abs(a - b) < 12 for a, b in zip(colour, wanted, strict=True))


def sheet_of(folder: Path, picture: Image.Image) -> Image.Image:
    path = folder / "page.png"
    picture.save(path)
    chapter = Chapter("sign-in", "Signing in", "fr", [Shot("01-page", "A page", (path,), is_too_wide=False)])
    return Image.open(Album(folder).sheet(chapter)).convert("RGB")


def coloured(sheet: Image.Image) -> int:
    return sum(count for count, colour in sheet.getcolors(1 << 20) or [] if colour == END)
