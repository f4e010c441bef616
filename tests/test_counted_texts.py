"""Texts with a number in them: the form is chosen by the rule of the language's own catalogue."""

from pathlib import Path

import pytest

from idp.settings import HOME
from idp.wording import Translator, Wording, counted, text

LANGUAGES = ("fr", "de", "it", "en")
ENDS = counted(
    "Access while you are away ends after %(count)d day at the latest.",
    "Access while you are away ends after %(count)d days at the latest.",
    0,
)


def translator(language: str, folder: Path = HOME / "templates" / "translations", **overrides: str) -> Translator:
    return Wording(folder, LANGUAGES, "Europe/Zurich").translator(language, {language: overrides})


@pytest.mark.parametrize(
    ("language", "count", "word"),
    [("fr", 0, "jour."), ("fr", 1, "jour."), ("fr", 2, "jours."), ("de", 0, "Tagen."), ("en", 0, "days at")],
)
def test_a_count_takes_the_form_of_its_language(language: str, count: int, word: str) -> None:
    said = translator(language).counted(ENDS.msgid, ENDS.plural, count)

    assert f"{count} {word}" in said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("count", "said"), [(0, "0 jour"), (1, "1 jour"), (2, "2 jours")])
def test_a_portals_own_words_take_the_same_form(count: int, said: str) -> None:
    """In French, nothing is singular."""
    own = {ENDS.msgid: "%(count)d jour", ENDS.plural: "%(count)d jours"}

    assert translator("fr", **own).counted(ENDS.msgid, ENDS.plural, count) == said


def test_the_rule_is_the_catalogues(tmp_path: Path) -> None:
    """A language with three forms is a file, not a change of code."""
    folder = tmp_path / "it" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);\\n"'
    forms = "".join(f'msgstr[{form}] "{word}"\n' for form, word in enumerate(("uno", "pochi", "molti")))
    (folder / "messages.po").write_text(f'msgid ""\nmsgstr ""\n{head}\n\nmsgid "one"\nmsgid_plural "many"\n{forms}')

    said = [translator("it", tmp_path).counted("one", "many", count) for count in (1, 3, 9)]

    assert said == ["uno", "pochi", "molti"]


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "1\u202f534"), ("de", "1’534"), ("it", "1’534"), ("en", "1,534")]
)
def test_thousands_are_grouped_as_the_language_does(language: str, said: str) -> None:
    words = translator(language)

    assert words.number(1534) == said
    assert words.number(153) == "153"
    assert said in words(text("Highest: %(count)s", count=1534))
    assert said in words.counted("%(count)d person loses access.", "%(count)d people lose access.", 1534)
