"""What holds on every page because every page is made from the same frame and macros."""

import re
from pathlib import Path

import pytest

from idp.app import TEMPLATES

STEPS = sorted((TEMPLATES / "steps").glob("*.html"))
PAGES = sorted((TEMPLATES / "pages").glob("*.html"))
METHODS = sorted((TEMPLATES / "methods").glob("*.html"))
FRAMELESS = {"form-post.html", "inbox.html"}  # shown for the blink of a redirect; for developers
CHOICES = {"second-step.html"}  # shows the page of the method in use
PUZZLES = re.compile(r"captcha|puzzle|recaptcha|turnstile", re.IGNORECASE)

TOKENS = {
    "honorific": "honorific-prefix",
    "given_name": "given-name",
    "family_name": "family-name",
    "birth_date": "bday",
    "phone": "tel",
    "language": "language",
}
ABOUT_ANOTHER_PERSON = {"new-user-name", "new-user-phone", "user-phone"}  # an administrator's browser must not fill in
WITHOUT_AUTOFILL = ABOUT_ANOTHER_PERSON | {"change-language"}  # radio buttons: HTML gives them no autofill


def macro_calls(path: Path) -> list[str]:
    """Every call of a field macro, up to the end of its expression."""
    return re.findall(r"form\.(?:field|choice|select)\(.*?}}", path.read_text(), re.DOTALL)


@pytest.mark.parametrize("path", STEPS, ids=lambda p: p.stem)
def test_personal_fields_of_the_person_carry_their_autofill_tokens(path: Path) -> None:
    """X-09: fields about oneself can be filled in by the browser."""
    for call in macro_calls(path):
        name = re.search(r"\(\s*\"(\w+)\"", call)
        if name and name.group(1) in TOKENS and "readonly=true" not in call:
            fills_in = f'autocomplete="{TOKENS[name.group(1)]}"' in call
            assert fills_in == (path.stem not in WITHOUT_AUTOFILL), call


def test_every_personal_field_is_on_some_page() -> None:
    """X-09: or the test above would look at nothing."""
    calls = [call for path in STEPS if path.stem not in ABOUT_ANOTHER_PERSON for call in macro_calls(path)]

    assert [name for name in TOKENS if not any(f'("{name}"' in call for call in calls)] == []


def test_every_token_of_the_list_is_used_somewhere() -> None:
    """X-09"""
    everything = "".join(path.read_text() for path in (TEMPLATES).rglob("*.html"))

    assert [token for token in TOKENS.values() if token not in everything] == []


FRAMED = [path for path in (*STEPS, *PAGES, *METHODS) if path.name not in FRAMELESS | CHOICES]


@pytest.mark.parametrize("path", FRAMED, ids=lambda p: p.name)
def test_help_stands_at_the_same_place_on_every_page(path: Path) -> None:
    """X-11: the frame ends every page with the desk; no page has its own frame, or takes the frame's end away."""
    frame = path
    while (extended := re.search(r'{% extends "([\w/-]+\.html)" %}', frame.read_text())) is not None:
        assert "<footer" not in frame.read_text()
        frame = TEMPLATES / extended.group(1)

    assert frame == TEMPLATES / "base.html"


def test_the_frame_ends_with_the_desk_of_the_portal() -> None:
    """X-11, A-15"""
    frame = (TEMPLATES / "base.html").read_text()

    assert "contact" in frame[frame.index("<footer") :]


def test_no_field_cuts_what_is_pasted() -> None:
    """X-06: `123 456` is one character longer than the code."""
    assert [path.name for path in TEMPLATES.rglob("*.html") if "maxlength" in path.read_text()] == []


def test_nobody_has_to_solve_a_puzzle() -> None:
    """X-23: guessing is slowed by limits, never by tests of eyesight or memory (WCAG 3.3.8)."""
    sources = [*TEMPLATES.rglob("*.html"), *(TEMPLATES / "static").glob("*")]

    assert [path.name for path in sources if path.is_file() and PUZZLES.search(path.read_text())] == []
