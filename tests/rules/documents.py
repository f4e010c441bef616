"""The commands that the documents name: where they stand, and the program's own idea of them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import click

from idp.commands import main
from tests.rules.source import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md"), *ROOT.glob("packaging/**/*.txt")]
)
SETTINGS = sorted([*ROOT.glob("config/**/*.toml"), ROOT / "compose.yaml", *ROOT.glob("packaging/monitoring/*")])
PLACEHOLDER = "…"
BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
COMMENT = re.compile(r"(^|\s)#\s.*$", re.MULTILINE)
ENDS = re.compile(r"\s(?:\||>|<|&&)|;|\)$|`")
PROGRAM = re.compile(r"(?:(?<![\w.-])idp|localhost/vestibule(?::\w+)?) +(?=[a-z-])(.+)")


@dataclass(frozen=True)
class Said:
    """Words of a document that are to be typed. `whole`: as they stand there, in a block of commands."""

    place: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.place}: {' '.join(self.words)}"


def blocks(text: str) -> list[str]:
    """The lines of the blocks of commands, each whole and without its comment."""
    found = [COMMENT.sub("", block.replace("\\\n", " ")) for block in BLOCK.findall(text)]
    return [line for block in found for line in block.splitlines()]


def inline(text: str) -> list[str]:
    """The pieces of code in sentences, each on one line."""
    return [re.sub(r"\s+", " ", piece) for piece in INLINE.findall(BLOCK.sub("", text))]


def pieces(path: Path, text: str) -> list[tuple[str, str, bool]]:
    place = str(path.relative_to(ROOT))
    return [
        *((place, line, True) for line in blocks(text)),
        *((place, piece, False) for piece in inline(text)),
    ]


def split(text: str) -> tuple[str, ...]:
    """The words of one command, up to where its output or the next command begins."""
    command = ENDS.split(text, maxsplit=1)[0]
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return tuple(command.split())


def commands_of(path: Path) -> list[Said]:
    text = path.read_text(encoding="utf-8")
    return [
        Said(place, split(found[1]), whole)
        for place, piece, whole in pieces(path, text)
        if (found := PROGRAM.search(piece)) and (whole or piece.startswith(("idp ", found[0], "IDP_")))
    ]


def resolved(words: tuple[str, ...]) -> tuple[click.Command, click.Context, list[str]]:
    """The innermost command, and the words that are left for it. Raises `click.UsageError` if there is none."""
    command: click.Command = main
    context = click.Context(main, info_name="idp")
    left = list(words)
    while isinstance(command, click.Group) and left and not left[0].startswith("-") and left[0] != PLACEHOLDER:
        name, found, left = command.resolve_command(context, left)
        assert found is not None
        command = found
        context = click.Context(found, info_name=name, parent=context)
    return command, context, left
