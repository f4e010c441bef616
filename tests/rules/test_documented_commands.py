"""Whoever copies a command from a document finds that it exists, with the options that the document gives it."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from tests.rules.documents import (
    ENDS,
    INLINE,
    PAGES,
    PLACEHOLDER,
    PROGRAM,
    SETTINGS,
    Said,
    commands_of,
    pieces,
    resolved,
    split,
)
from tests.rules.source import ROOT, modules

TARGET = re.compile(r"(?<![\w-])make +(?!-)(?:[A-Z]+=\S+ +)*([a-z-]+)")
MODULE = re.compile(r"python -m +((?:bench|examples|tests|tools|flows)[\w.]*)(.*)")
SCRIPT = re.compile(r"(?:^|[\s(])((?:tools|packaging)/[\w/.-]+)")
KEPT_BY_CLICK = {"-h", "--help"}


def advice() -> list[Said]:
    """The commands that the program itself tells people to type."""
    return [
        Said(module.name, split(found[1]), whole=False)
        for module in modules()
        for piece in INLINE.findall(module.text)
        if (found := PROGRAM.fullmatch(re.sub(r"\s+", " ", piece)))
    ]


def options(command: click.Command) -> set[str]:
    """Every option of a command; of a group, those of its commands."""
    own = {each for param in command.params for each in (*param.opts, *param.secondary_opts)} | KEPT_BY_CLICK
    if isinstance(command, click.Group):
        own |= {each for below in command.commands.values() for each in options(below)}
    return own


def fault(said: Said) -> str:
    """What is wrong with a command; empty if it can be typed so."""
    try:
        command, context, left = resolved(said.words)
        if unknown := {word.partition("=")[0] for word in left if word.startswith("--")} - options(command):
            return f"no such option: {', '.join(sorted(unknown))}"
        return _fault_of_whole(command, context, left) if said.whole and PLACEHOLDER not in left else ""
    except click.UsageError as error:
        return error.format_message()


def _fault_of_whole(command: click.Command, context: click.Context, left: list[str]) -> str:
    if KEPT_BY_CLICK & set(left):
        return ""
    if isinstance(command, click.Group):
        return "it is a group of commands"
    values, _, _ = command.make_parser(context).parse_args(list(left))
    for param in command.params:
        value = values.get(param.name or "")
        if param.required and not value:
            return f"{param.human_readable_name} is missing"
        if isinstance(param.type, click.Choice):
            for each in value if isinstance(value, list | tuple) else [value]:
                if each is not None and isinstance(each, str):
                    param.type.convert(each, param, context)
    return ""


def test_each_command_in_a_document_exists_with_its_options() -> None:
    said = [each for path in (*PAGES, *SETTINGS) for each in commands_of(path)]

    assert len(said) > 100
    assert [f"{each}: {found}" for each in said if (found := fault(each))] == []


def test_each_command_that_the_program_advises_exists() -> None:
    said = advice()

    assert len(said) > 50
    assert [f"{each}: {found}" for each in said if (found := fault(each))] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("keys rotate --soon", "no such option: --soon"),
        ("people forget", "No such command 'forget'."),
        ("restore - --replace", "reason is missing"),
        ("keys", "group"),
        ("db copy --from", "requires an argument"),
    ],
)
def test_a_command_that_cannot_be_typed_is_found(text: str, wrong: str) -> None:
    assert wrong in fault(Said("a page", split(text), whole=True))


def test_each_target_of_make_in_a_document_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    said = {
        (place, target)
        for path in PAGES
        for place, piece, whole in pieces(path, path.read_text(encoding="utf-8"))
        if whole or piece.startswith("make ")
        for target in TARGET.findall(piece)
    }

    assert len({target for _, target in said}) > 15
    assert {each for each in said if each[1] not in targets} == set()


def test_each_module_that_a_document_runs_exists_with_its_options() -> None:
    said = [
        (place, found[1], set(re.findall(r"--[a-z-]+", ENDS.split(found[2])[0])))
        for path in PAGES
        for place, piece, _ in pieces(path, path.read_text(encoding="utf-8"))
        if (found := MODULE.search(piece))
    ]

    assert len(said) > 15
    assert [each for each in said if each[2] - options_of_module(each[1])] == []


def options_of_module(name: str) -> set[str]:
    """Every option that the files of a module name. Raises `AssertionError` if nothing can be run by that name."""
    spec = find_spec(name)
    if spec is not None and spec.submodule_search_locations:
        spec = find_spec(f"{name}.__main__")
    assert spec is not None, name
    assert spec.origin is not None, name
    return set(re.findall(r'"(--[a-z-]+)"', Path(spec.origin).read_text(encoding="utf-8")))


def test_each_script_that_a_document_runs_can_be_run() -> None:
    said = {
        (place, script)
        for path in PAGES
        for place, piece, whole in pieces(path, path.read_text(encoding="utf-8"))
        if whole
        for script in SCRIPT.findall(piece)
    }

    assert said
    assert {each for each in said if not (ROOT / each[1]).exists() and "*" not in each[1]} == set()
    first = {(place, script) for place, script in said if (ROOT / script).is_file() and "." not in Path(script).name}
    assert {each for each in first if not os.access(ROOT / each[1], os.X_OK)} == set()
