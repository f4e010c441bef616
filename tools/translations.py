"""Keep the gettext catalogues complete: `make translations` adds new messages, drops dead ones, lists what is missing.

Messages are found where they are written: `_("…")`, `text("…")`, `counted("…", "…", n)` in Python and templates.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "templates" / "translations"
LANGUAGES = tuple(sorted(path.name for path in CATALOGUES.iterdir() if path.is_dir()))
SINGLE = {"_", "text"}
COUNTED = "counted"
TEMPLATES = {".html", ".txt", ".mail", ".sms", ".jinja"}
NUMBER = r"(?:%\(\w+\)d|\{\w+\}|\b\d+)"
UNITS = {
    "fr": "heures?|jours?|minutes?|secondes?|min|s|h|caractères|lettres|chiffres|essais|codes?|appareils?",
    "de": "Stunden?|Tage?n?|Minuten?|Sekunden|Min\\.|s|Zeichen|Buchstaben|Ziffern|Versuche|Codes?|Geräte?n?",
    "it": "or[ae]|giorn[oi]|minut[oi]|secondi|min|s|caratteri|lettere|cifre|tentativi|codic[ei]|dispositiv[oi]",
}
NO_BREAK = "\u00a0"
NO_BREAK_HYPHEN = "\u2011"
TIED = re.compile(
    r"(?<=[a-zéèê])-(?=(?:vous|nous|moi|lui|leur|je|ce|y|en|les?|la|ils?|elles?|on|t-(?:ils?|elles?|on)|ci|là|mêmes?)\b)"
    r"|(?<=-t)-(?=(?:ils?|elles?|on)\b)|(?<=\b[Cc]i)-(?=des|ap|in|co)"
)
"""The hyphen between a French verb and its pronoun, and within « celui-ci », « lui-même », « ci-dessous »."""
PLAIN = ("templates/messages/", "idp/invitations/letters/")
"""Where texts keep the hyphen that people search for; `idp.messages.composer` holds the words of mails together."""
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # a date in the file would change it at every run


@dataclass
class Found:
    """One message: its plural (empty for plain ones) and the files it stands in."""

    plural: str = ""
    places: set[str] = field(default_factory=set)

    @property
    def in_text_message(self) -> bool:
        return any(place.endswith(".sms") for place in self.places)

    @property
    def is_on_pages_alone(self) -> bool:
        return not any(place.startswith(PLAIN) for place in self.places)


def extract() -> dict[str, Found]:
    """Return every message of code and templates by its id."""
    messages: dict[str, Found] = {}
    for path in _sources():
        place = str(path.relative_to(ROOT))
        walk = _in_python if path.suffix == ".py" else _in_template
        for msgid, plural in walk(path.read_text(encoding="utf-8")):
            found = messages.setdefault(msgid, Found())
            found.plural = found.plural or plural
            found.places.add(place)
    return messages


def _sources() -> Iterator[Path]:
    for package in ("idp", "flows"):
        yield from sorted((ROOT / package).rglob("*.py"))
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in TEMPLATES:
            yield path


def _in_python(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _call(_called(node.func), [a.value for a in node.args if isinstance(a, ast.Constant)])


def _called(function: ast.expr) -> str:
    """Return the name of the called function; of attributes only `wording.text` and `….counted` are ours."""
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute):
        owner = getattr(function.value, "id", "")
        return function.attr if owner == "wording" or function.attr == COUNTED else ""
    return ""


def _in_template(source: str) -> Iterator[tuple[str, str]]:
    tree = Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(source)
    for call in tree.find_all(nodes.Call):
        name = getattr(call.node, "name", getattr(call.node, "attr", ""))
        yield from _call(name, [a.value for a in call.args if isinstance(a, nodes.Const)])


def _call(name: str, constants: list[object]) -> Iterator[tuple[str, str]]:
    texts = [value for value in constants if isinstance(value, str)]
    if name in SINGLE and texts:
        yield texts[0], ""
    elif name == COUNTED and len(texts) >= 2:
        yield texts[0], texts[1]


def path_of(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def rebuilt(language: str, messages: dict[str, Found]) -> Catalog:
    """Return the catalogue with exactly these messages, keeping the translations it had."""
    old = read(language)
    new = Catalog(locale=language, project="Vestibule", charset="utf-8", fuzzy=False)
    for msgid in sorted(messages):
        found = messages[msgid]
        kept = old.get(msgid)
        key = (msgid, found.plural) if found.plural else msgid
        string = kept.string if kept is not None and isinstance(kept.string, tuple) == bool(found.plural) else None
        if isinstance(string, str):
            string = held(language, string, found)
        elif isinstance(string, tuple):
            string = tuple(held(language, form, found) for form in string)
        new.add(key, string or (("", "") if found.plural else ""), [(p, 0) for p in sorted(found.places)])
    return new


def held(language: str, said: str, found: Found) -> str:
    """Return the text with everything in one piece that a line must not tear, as far as its readers allow it."""
    if found.in_text_message:
        return said
    return unbroken(language, tied(said) if language == "fr" and found.is_on_pages_alone else said)


def tied(said: str) -> str:
    """Return the French text with verbs and their pronouns in one piece."""
    return TIED.sub(NO_BREAK_HYPHEN, said)


def unbroken(language: str, said: str) -> str:
    """Return the text with no-break blanks between a number and its unit, a time and «Uhr», “ref.” and its value."""
    joined = re.sub(rf"({NUMBER}) (?=(?:{UNITS.get(language, '(?!)')})(?!\w))", rf"\1{NO_BREAK}", said)
    if language == "it":
        joined = re.sub(r"(\b[Dd]?alle) (?=%\(time\))", rf"\1{NO_BREAK}", joined)
    return re.sub(r"(\b(?:réf|Ref|rif)\.) (?=%)|(%\(time\)s) (?=Uhr)", rf"\1\2{NO_BREAK}", joined)


def missing(catalog: Catalog) -> list[str]:
    """Return the ids that have no translation yet."""
    return [_name(m.id) for m in catalog if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)]


def _name(msgid: object) -> str:
    return str(msgid[0]) if isinstance(msgid, tuple) else str(msgid)


def write(language: str, catalog: Catalog) -> None:
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.creation_date = catalog.revision_date = NO_DATE
    with path.open("wb") as file:
        write_po(file, catalog, width=0, include_lineno=False, omit_header=False, sort_output=True)


def main() -> int:
    messages = extract()
    lacking = 0
    for language in LANGUAGES:
        catalog = rebuilt(language, messages)
        write(language, catalog)
        for msgid in missing(catalog):
            lacking += 1
            print(f"{language}: {msgid}")
    print(f"{len(messages)} messages, {lacking} translations missing")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
