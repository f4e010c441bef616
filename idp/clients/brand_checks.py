"""The rules a brand must keep: readable colours, an SMS name in GSM-7, harmless pictures, templates that compile."""

from collections.abc import Iterator
from pathlib import Path

import jinja2

from idp.clients import brand_images, contrast
from idp.clients.brand import Brand, Colours
from idp.clients.brand_images import MARK_BYTES, PICTURE_BYTES
from idp.clients.conversion import FileFault

TEMPLATES = "templates/**/*.html"
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


def faults(brand: Brand, folder: Path, languages: tuple[str, ...]) -> list[FileFault]:
    """Everything that is wrong with the brand read from `folder`; `languages` are those the provider offers."""
    return [*_colours(brand.colours), *_names(brand, languages), *_files(brand, folder), *_templates(folder)]


def _colours(colours: Colours) -> Iterator[FileFault]:
    dark_brand, dark_ink = colours.on_dark
    pairs = (
        ("colours.ink", colours.ink, colours.brand, "brand"),
        ("colours.brand", colours.brand, contrast.LIGHT_GROUND, "white"),
        ("colours.dark_ink", dark_ink, dark_brand, "dark_brand"),
        ("colours.dark_brand", dark_brand, contrast.DARK_GROUND, f"the dark ground {contrast.DARK_GROUND}"),
    )
    for path, colour, ground, name in pairs:
        found = contrast.ratio(colour, ground)
        if found < contrast.MINIMUM:
            yield FileFault(path, f"{colour} on {name} has a contrast of {found:.2f}:1; {contrast.MINIMUM}:1 is needed")


def _names(brand: Brand, languages: tuple[str, ...]) -> Iterator[FileFault]:
    if not brand.name:
        yield FileFault("name", "a name in at least one language is expected")
    for language in brand.wording.keys() - set(languages):
        yield FileFault(f"wording.{language}", f"the language is not among {', '.join(languages)}")
    opening = brand.sms_name or brand.name
    for language, name in opening.items():
        if strange := sorted(set(name) - GSM_7):
            reason = f"{''.join(strange)!r} would make every SMS cost double: GSM-7 characters only"
            yield FileFault(f"sms_name.{language}", reason)


def _files(brand: Brand, folder: Path) -> Iterator[FileFault]:
    limits = {"mark": MARK_BYTES, "wordmark": MARK_BYTES, "picture": PICTURE_BYTES}
    for field, limit in limits.items():
        if name := getattr(brand, field):
            yield from (FileFault(field, reason) for reason in brand_images.faults(folder, name, limit))
    if brand.layout == "split" and not brand.picture:
        yield FileFault("picture", 'the layout "split" needs a picture')
    if brand.picture and brand.layout != "split":
        yield FileFault("picture", 'only the layout "split" shows a picture')


def _templates(folder: Path) -> Iterator[FileFault]:
    for path in sorted(folder.glob(TEMPLATES)):
        try:
            jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        except (jinja2.TemplateSyntaxError, UnicodeDecodeError) as error:
            yield FileFault(str(path.relative_to(folder)), str(error))
