"""Addresses of style sheet and script that carry a digest of the content, so that browsers may keep them for ever."""

from hashlib import sha256
from pathlib import Path


class StaticFiles:
    """`StaticFiles(folder)("vestibule.css")` returns `/static/vestibule.css?1f3a…`."""

    def __init__(self, folder: Path, *, changing: bool) -> None:
        """`changing`: files are being edited, so their digest is computed for each page."""
        self._folder = folder
        self._changing = changing
        self._addresses: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if self._changing or name not in self._addresses:
            digest = sha256((self._folder / name).read_bytes()).hexdigest()[:12]
            self._addresses[name] = f"/static/{name}?{digest}"
        return self._addresses[name]
