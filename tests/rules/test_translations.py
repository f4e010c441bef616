"""Every message has its French, German and Italian form, and reads as such a text should."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.rules.source import ROOT, modules
from tools import translations

LANGUAGES = translations.LANGUAGES
NBSP, NARROW = "\u00a0", "\u202f"
OTHER_WORDS = {
    "fr": r"support|hotline|helpdesk|société|mobile|effacée?s?|courriel|bouton|carré"
    r"|(?<!accès \()(?<!totp ou )[Pp]asskeys?",
    "de": "Hotline|Helpdesk|Auskunft|Auskunftsstelle|Kundendienst|Unternehmen|Account|jemand anders|Quadrat"
    "|drücken Sie",
    "it": "conto(?! utente)|supporto|impresa|imprese|account|condizioni d’uso|pulsante|riquadro|[Pp]rema",
    "en": "assistance|hotline|[Oo]ur desk|the desk|e-mails?|[Ss]omebody|[Aa]nybody|SMS|mailbox|press|square|foot"
    "|(?:were|was|are) told(?! that)|at once|already[.]",
}
"""What things are not called, so that each has one name; and words that point at a thing instead of naming it."""
ADDRESSED_AS_TU = (
    "Annulla|Apri|Cambia|Cancella|Chiudi|Crea|Elimina|Invia|Lascia|Mantieni|Richiedi|Rinomina|Salva|Scarica|Torna"
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[ds]")
MOST_WORDS = 20
END_OF_SENTENCE = re.compile(r"(?<=[.?!:])[\s\u00a0]+")
A_GUIDE_HAS_IT = (
    "Grâce à notre portail en ligne, ",  # the letter of C
    "À chaque connexion, un code d’authentification vous sera envoyé, ",  # the end of A
    "De plus, un code sécurisé vous sera envoyé, ",  # the beginning of A
)
"""Sentences with more than `MOST_WORDS` that the customer’s guides print, word for word."""


def entries(language: str) -> Iterator[tuple[str, str]]:
    """Message id and translation, each form of a plural on its own."""
    for message in translations.read(language):
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            yield from zip(ids, strings, strict=True)


def said_in(language: str) -> list[str]:
    """Return the texts of a language; English is the source and has no catalogue."""
    if language != "en":
        return [string for _id, string in entries(language)]
    return [words for msgid, found in translations.extract().items() for words in (msgid, found.plural) if words]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_exactly_the_messages_of_the_code(language: str) -> None:
    """X-10. Mend with `make translations`."""
    catalogue = {translations._name(m.id) for m in translations.read(language) if m.id}

    assert catalogue == set(translations.extract())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated(language: str) -> None:
    """X-10, C-14"""
    assert translations.missing(translations.read(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_values_of_its_message(language: str) -> None:
    wrong = [
        msgid
        for msgid, string in entries(language)
        if set(PLACEHOLDER.findall(string)) - set(PLACEHOLDER.findall(msgid)) - {"count"}
    ]

    assert wrong == []


def test_french_blanks_before_high_punctuation_do_not_break() -> None:
    """No line begins with « : » or « ? »."""
    broken = [string for _id, string in entries("fr") if re.search(r"(?<=\w) [:;?!»]|« (?=\w)", string)]

    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_and_its_unit_stay_on_one_line(language: str) -> None:
    """Mend with `make translations`. Text messages are without: their alphabet has no such blank."""
    by_sms = {msgid for msgid, found in translations.extract().items() if found.in_text_message}
    pages = [string for msgid, string in entries(language) if msgid not in by_sms]

    assert [string for string in pages if translations.unbroken(language, string) != string] == []


def test_a_french_verb_and_its_pronoun_stay_on_one_line() -> None:
    """« Retournez-y »: the catalogue is mended with `make translations`, a brand's words by hand (U+2011)."""
    by_id = translations.extract()
    plurals = {found.plural: found for found in by_id.values() if found.plural}
    brands = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "config").rglob("brand.toml")]
    own = [pair for brand in brands for pair in brand.get("wording", {}).get("fr", {}).items()]
    said = [(by_id.get(msgid) or plurals.get(msgid), string) for msgid, string in [*entries("fr"), *own]]

    assert [string for found, string in said if found and translations.held("fr", string, found) != string] == []


def test_mails_and_letters_keep_the_hyphen_that_people_search_for() -> None:
    by_id = translations.extract()
    kept = [string for msgid, string in entries("fr") if msgid in by_id and not by_id[msgid].is_on_pages_alone]

    assert kept
    assert [string for string in kept if translations.NO_BREAK_HYPHEN in string] == []


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("Retournez-y. Refusez-le, puis demandez-en un autre.", "Retournez_y. Refusez_le, puis demandez_en un autre."),
        ("Le réseau capte-t-il ? Voulez-vous celui-ci ?", "Le réseau capte_t_il ? Voulez_vous celui_ci ?"),
        ("Saisissez lui-même l’adresse ci-dessous.", "Saisissez lui_même l’adresse ci_dessous."),
        ("L’adresse e-mail, peut-être entre-temps", "L’adresse e-mail, peut-être entre-temps"),
    ],
)
def test_a_hyphen_before_a_pronoun_ends_no_line(written: str, held: str) -> None:
    assert translations.tied(written) == held.replace("_", translations.NO_BREAK_HYPHEN)


@pytest.mark.parametrize(("language", "written"), [("fr", "7_%"), ("de", "7_%"), ("it", "7_%"), ("en", "7%")])
def test_a_share_is_written_as_its_language_does(language: str, written: str) -> None:
    said = re.compile(r"(?<=[ds])[^\w(]?%%")
    found = {match.replace("%%", "%") for string in said_in(language) for match in said.findall(string)}

    assert found == {written.replace("_", NBSP).removeprefix("7")}


def test_no_template_writes_a_per_cent_sign_itself() -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))

    assert [path.name for path in templates if re.search(r"\}\}\s?%", path.read_text(encoding="utf-8"))] == []


HEADINGS = re.compile(r"(?:block title %\}|<h[1-3][^>]*>)(.*?)(?:\{% endblock|</h[1-3]>)", re.DOTALL)
HEADING_OF_A_GUIDE = "Félicitations, votre compte a bien été migré."
"""A-13, word for word."""


def test_a_heading_ends_without_a_full_stop() -> None:
    found = [
        words
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for heading in HEADINGS.findall(path.read_text(encoding="utf-8"))
        for words in re.findall(r'_\("([^"]+)"', heading)
    ]
    assert found
    said = [*found, *(string for each in LANGUAGES for msgid, string in entries(each) if msgid in found)]

    assert [words for words in said if words.endswith(".") and words != HEADING_OF_A_GUIDE] == []


def test_a_template_joins_two_texts_by_a_message_of_their_own() -> None:
    """French has a blank before : and ; which a template cannot know."""
    joined = re.compile(r"[}%]\}[;:] (?!</span>)")
    offences = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("account", "desk", "guards", "methods", "organisation", "pages", "parts", "steps")
        for path in sorted((ROOT / "templates" / folder).rglob("*.html"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if joined.search(line)
    ]

    assert offences == []


@pytest.mark.parametrize(
    ("language", "written", "joined"),
    [
        ("fr", "dans %(count)d heures (réf. %(reference)s)", "dans %(count)d_heures (réf._%(reference)s)"),
        ("de", "um %(time)s Uhr, in 12 Stunden", "um %(time)s_Uhr, in 12_Stunden"),
        ("it", "tra {seconds} s, %(count)d nuovi", "tra {seconds}_s, %(count)d nuovi"),
        ("it", "alle %(time)s, dalle %(time)s", "alle_%(time)s, dalle_%(time)s"),
    ],
)
def test_numbers_are_joined_to_their_units(language: str, written: str, joined: str) -> None:
    assert translations.unbroken(language, written) == joined.replace("_", NBSP)


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_sentence_is_short(language: str) -> None:
    """A colon ends a sentence here: what follows is read as one."""
    long = [
        sentence
        for words in said_in(language)
        for sentence in END_OF_SENTENCE.split(words)
        if len(re.findall(r"[^\s\u00a0]*\w[^\s\u00a0]*", sentence)) > MOST_WORDS
        and not sentence.startswith(A_GUIDE_HAS_IT)
    ]

    assert long == []


def test_italian_buttons_are_infinitives() -> None:
    """They say what the person does; «Scarica» would say tu to somebody whom the text calls lei."""
    assert [words for words in said_in("it") if re.match(rf"(?:{ADDRESSED_AS_TU})\b", words)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_apostrophes_are_typographic(language: str) -> None:
    assert [string for _id, string in entries(language) if re.search(r"\w'\w", string)] == []


def test_swiss_german_knows_no_sharp_s() -> None:
    assert [string for _id, string in entries("de") if "ß" in string] == []


@pytest.mark.parametrize(("language", "other_words"), OTHER_WORDS.items())
def test_a_thing_has_one_name_in_a_language(language: str, other_words: str) -> None:
    """The desk, a company, the account and the terms are each called the same on every page and in every mail."""
    assert [words for words in said_in(language) if re.search(rf"\b({other_words})(?!\w)", words)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_a_sentence_twice(language: str) -> None:
    doubled = re.compile(r"(?:^|(?<=[.!?] ))([^.!?]{12,}[.!?])\s+\1")

    assert [string for _id, string in entries(language) if doubled.search(string)] == []


def test_german_times_are_hours() -> None:
    assert [string for _id, string in entries("de") if re.search(r"%\(time\)s(?![ \u00a0]Uhr)", string)] == []


def test_italian_addresses_people_in_small_letters() -> None:
    inside = re.compile(r"(?<=[\w,»’)] )(Suo|Sua|Suoi|Sue|Lei|La|Le)\b")

    assert [string for _id, string in entries("it") if inside.search(string)] == []


def test_a_thing_keeps_its_name_in_the_words_of_a_portal() -> None:
    """A guide's own label stays verbatim."""
    of_guides = ("Veuillez ne pas répondre à ce courriel.",)
    other = [
        f"{path.parent.name}: {language}: {words}"
        for path in sorted((ROOT / "config" / "brands").glob("*/brand.toml"))
        for language, said in tomllib.loads(path.read_text(encoding="utf-8")).get("wording", {}).items()
        for words in said.values()
        if re.search(rf"\b({OTHER_WORDS[language]})(?!\w)", words, re.IGNORECASE) and words not in of_guides
    ]

    assert other == []


def test_a_brand_overrides_only_messages_that_exist() -> None:
    known = set(translations.extract()) | {found.plural for found in translations.extract().values()}

    unknown = [
        f"{path.parent.name}: {language}: {msgid}"
        for path in sorted((ROOT / "config" / "brands").glob("*/brand.toml"))
        for language, words in tomllib.loads(path.read_text(encoding="utf-8")).get("wording", {}).items()
        for msgid in words
        if msgid not in known
    ]

    assert unknown == []


def test_messages_are_written_where_they_are_used() -> None:
    """A message id in a variable cannot be found by translators' tools."""
    offences = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.name != "idp.wording"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"text", "counted"}
        and node.args
        and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]

    assert offences == []
