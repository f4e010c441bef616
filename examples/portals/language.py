"""The four languages of the portals: French in code and templates, the others in `texts/<language>.toml`."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import Blueprint, redirect, request, session
from werkzeug.wrappers import Response

FOLDER = Path(__file__).parent / "texts"
OWN_NAMES = {"fr": "Français", "de": "Deutsch", "it": "Italiano", "en": "English"}
DEFAULT = "fr"


def current() -> str:
    """Return the language that this browser chose; until then the one that it asks for, otherwise French."""
    wishes = [session.get("language", ""), *(wish.partition("-")[0] for wish in request.accept_languages.values())]
    return next((wish for wish in wishes if wish in OWN_NAMES), DEFAULT)


def translator() -> Callable[[str], str]:
    """Return the translation of French texts into the current language."""
    texts = texts_of(current())
    return lambda french: texts.get(french, french)


@cache
def texts_of(language: str) -> dict[str, str]:
    if language == DEFAULT:
        return {}
    return dict(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")))


def blueprint() -> Blueprint:
    """`/language`: the language switch of every page."""
    pages = Blueprint("language", __name__)

    @pages.post("/language")
    def choose() -> Response:
        session["language"] = request.form.get("language", DEFAULT)
        return redirect("/")

    return pages
