"""A small disk for the tables of the experiment's database, so that it can be filled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgresql import SUPERUSER

SIZE = 256  # MiB
CHUNK = b"\0" * 65536
FILLER = "filler"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Give a disk of its own until the block ends; None where this user may not mount one."""
    place = folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=0700", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        shutil.chown(place, SUPERUSER)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Leave no room until the block ends."""
    filler = place / FILLER
    try:
        with filler.open("wb", buffering=0) as written:
            _fill(written.fileno())
        yield
    finally:
        filler.unlink(missing_ok=True)


def _fill(number: int) -> None:
    for size in (len(CHUNK), 512, 1):
        try:
            while os.write(number, CHUNK[:size]):
                pass
        except OSError:
            continue
