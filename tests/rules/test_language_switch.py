"""The language switch is a button of the page's form, so that what was typed stays (X-10)."""

import re
from pathlib import Path

import pytest

from tests.rules.source import ROOT

TEMPLATES = ROOT / "templates"
TYPED = re.compile(r"form\.(field|code|password|choice|checkbox|select)\(|<textarea|<select")
PAGES = sorted(path for folder in ("pages", "organisation") for path in (TEMPLATES / folder).glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_with_fields_names_its_form_for_the_language_switch(page: Path) -> None:
    """Steps have it from their frame."""
    text = page.read_text(encoding="utf-8")

    assert "page_form" in text or not TYPED.search(text)


def test_the_frame_of_steps_names_the_form() -> None:
    assert '{% set page_form = "step" %}' in (TEMPLATES / "step.html").read_text(encoding="utf-8")
