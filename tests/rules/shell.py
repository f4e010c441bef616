"""The commands of a piece of shell, taken apart as far as the documents need it."""

import re
import shlex
from collections.abc import Iterator

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
SEPARATORS = ("&&", "||", "|", ";", "\n", "(", ")", "{ ", "} ", "&")
REDIRECTION = re.compile(r"[012]?(>>|>|<)")


def commands(text: str) -> list[tuple[str, ...]]:
    """Return the words of each simple command, those within `$(…)` too, without assignments and redirections.

    A variable that holds the beginning of a command (`run="podman run …"`) counts as one, and stands for it later.
    """
    found: list[tuple[str, ...]] = []
    variables: dict[str, tuple[str, ...]] = {}
    for piece in _pieces(text.replace("\\\n", " ")):
        words = _words(piece)
        while words and ASSIGNMENT.match(words[0]):
            name, _, value = words.pop(0).partition("=")
            if " " in value and not words:
                variables[name] = tuple(value.split())
                found.append(variables[name])
        if words and words[0].startswith("$"):
            words[:1] = variables.get(words[0].strip("${}"), (words[0],))
        if words:
            found.append(tuple(words))
    return found


def _words(piece: str) -> list[str]:
    try:
        words = shlex.split(piece)
    except ValueError:
        words = piece.split()
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or REDIRECTION.match(word):
            skip = not skip and bool(REDIRECTION.fullmatch(word))
            continue
        kept.append(word)
    return kept


def _pieces(text: str) -> Iterator[str]:
    """Split at what separates commands, where it is not quoted; leave comments out; add what `$(…)` holds."""
    at, piece, quote = 0, "", ""
    while at < len(text):
        character = text[at]
        if text.startswith("$(", at) and quote != "'":
            inner = _inside(text, at + 2)
            yield from _pieces(inner)
            piece += "…"
            at += len(inner) + 3
            continue
        if quote or character in "'\"":
            quote = "" if character == quote else quote or character
        elif character == "#" and (not piece or piece[-1].isspace()):
            at += len(text[at:].partition("\n")[0])
            continue
        elif separator := next((each for each in SEPARATORS if text.startswith(each, at)), ""):
            yield piece
            piece = ""
            at += len(separator)
            continue
        piece += character
        at += 1
    yield piece


def _inside(text: str, begin: int) -> str:
    """Return what stands between a `$(` that ends before `begin` and its `)`."""
    depth, end = 1, begin
    while depth and end < len(text):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[begin : end - 1]
