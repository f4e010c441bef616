"""A language is added by a catalogue and a setting; its name and its dates are known."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from idp.wording import Wording, own_name

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Sign in"
msgstr "Iniciar sesión"
"""


@pytest.mark.parametrize(
    ("language", "name"),
    [("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"), ("en", "English"), ("es", "Español"), ("", "")],
)
def test_a_language_is_called_as_its_speakers_call_it(language: str, name: str) -> None:
    assert own_name(language) == name


def test_a_new_language_needs_a_catalogue_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(CATALOGUE, encoding="utf-8")

    translator = Wording(tmp_path, ("en", "es"), "Europe/Zurich").translator("es")

    assert translator("Sign in") == "Iniciar sesión"
    assert translator.long_date(date(2026, 7, 1)).replace("\N{NO-BREAK SPACE}", " ") == "1 de julio de 2026"
    assert translator.moment(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)) == "01.07.2026\N{NO-BREAK SPACE}14:00"
