"""Every command of the documents is run by a test, or the page says why not; the page is true."""

import pytest

from tests import commands_page
from tests.rules import shell
from tests.rules.source import ROOT


def test_each_command_of_the_documents_is_run_by_a_test_or_has_a_reason() -> None:
    assert len(commands_page.documented()) > 100
    assert commands_page.missing() == []


def test_nothing_is_listed_that_no_document_names() -> None:
    assert set(commands_page.listed()) - set(commands_page.documented()) == set()


def test_no_command_is_listed_twice() -> None:
    lists = [*commands_page.BY_TEST, *commands_page.BY_HAND, *commands_page.NOT_RUN]

    assert len(lists) == len(set(lists))


@pytest.mark.parametrize(("name", "place"), commands_page.BY_TEST.items())
def test_the_test_of_a_command_names_it(name: str, place: str) -> None:
    text = (ROOT / place).read_text("utf-8")

    assert [word for word in name.split() if word not in {"python", "-m", "make"} and word not in text] == []


def test_the_page_is_fresh() -> None:
    """`make docs` writes it anew."""
    assert commands_page.FILE.read_text("utf-8") == commands_page.document()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("idp backup - | age -r x > y.age  # a pipe", [("idp", "backup", "-"), ("age", "-r", "x")]),
        ("A=1 B='2 3' make run && make help", [("make", "run"), ("make", "help")]),
        ('run="podman run -i"\n$run x', [("podman", "run", "-i"), ("podman", "run", "-i", "x")]),
        ("printf '%s' \"$(head -c 3 x)\" # a; b", [("head", "-c", "3", "x"), ("printf", "%s", "…")]),
        ("curl -d 'a; b & c' \\\n  $ADDRESS", [("curl", "-d", "a; b & c", "$ADDRESS")]),
    ],
)
def test_a_shell_line_is_taken_apart(text: str, expected: list[tuple[str, ...]]) -> None:
    assert shell.commands(text) == expected
