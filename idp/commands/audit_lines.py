"""Files of audit lines as commands read them."""

from collections.abc import Iterable, Iterator
from pathlib import Path


def lines_of(files: Iterable[Path]) -> Iterator[str]:
    """Yield the lines of these files, in their order, without line breaks."""
    for path in files:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n")
