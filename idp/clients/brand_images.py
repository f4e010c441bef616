"""The pictures of a brand: of a known kind, small, and without anything that runs or loads something from elsewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
"""Ending of the file name → media type."""
MARK_BYTES = 20_000
PICTURE_BYTES = 200_000

SVG = "{http://www.w3.org/2000/svg}"
ACTIVE = {"script", "foreignobject", "iframe", "handler", "set", "animate", "animatemotion", "animatetransform"}
DECLARATIONS = re.compile(rb"<!(DOCTYPE|ENTITY)|<\?xml-stylesheet", re.IGNORECASE)
FOREIGN_STYLE = re.compile(r"@import|url\(\s*['\"]?(?!#)", re.IGNORECASE)


def faults(folder: Path, name: str, limit: int) -> Iterator[str]:
    """Yield everything that is wrong with the file `name` of a brand's folder, which may have `limit` bytes."""
    path = folder / name
    if path.name != name or path.suffix not in KINDS:
        yield f"the name of a file in the brand's folder is expected, ending in {', '.join(KINDS)}"
    elif not path.is_file():
        yield f"there is no file {name} in the brand's folder"
    elif (size := path.stat().st_size) > limit:
        yield f"{name} has {size} bytes; at most {limit} are allowed"
    else:
        yield from _CONTENT[path.suffix](path.read_bytes(), name)


def _svg_faults(content: bytes, name: str) -> Iterator[str]:
    if DECLARATIONS.search(content):  # before parsing: entities can grow without bound
        yield f"{name} declares a document type, entities or a style sheet; take that out"
        return
    try:
        root = ET.fromstring(content)  # noqa: S314 (no entities, a bounded size)
    except (ET.ParseError, ValueError) as error:
        yield f"{name} is no SVG: {error}"
        return
    if root.tag != f"{SVG}svg":
        yield f"{name} is no SVG: its outermost element is {root.tag}"
    yield from dict.fromkeys(reason for element in root.iter() for reason in _active(element, name))


def _active(element: ET.Element, name: str) -> Iterator[str]:
    """Yield the parts of an element that run, change or load something."""
    tag = str(element.tag).rpartition("}")[2].lower()
    if tag in ACTIVE:
        yield f"{name} contains <{tag}>; a still picture is expected"
    if tag == "style" and FOREIGN_STYLE.search("".join(element.itertext())):
        yield f"{name} loads something from elsewhere in its style"
    for attribute, value in element.attrib.items():
        plain = attribute.rpartition("}")[2].lower()
        if plain.startswith("on"):
            yield f"{name} contains {plain}; a still picture is expected"
        elif plain == "href" and not value.strip().startswith(("#", "data:image/png", "data:image/webp")):
            yield f"{name} refers to {value[:60]!r}; only parts of itself are allowed"
        elif FOREIGN_STYLE.search(value):
            yield f"{name} loads something from elsewhere in {plain}"


def _png_faults(content: bytes, name: str) -> Iterator[str]:
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        yield f"{name} is no PNG"


def _webp_faults(content: bytes, name: str) -> Iterator[str]:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        yield f"{name} is no WebP"


_CONTENT = {".svg": _svg_faults, ".png": _png_faults, ".webp": _webp_faults}
