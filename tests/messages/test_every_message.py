"""Every message of the catalogue, in every language and brand, as its receiver gets it (X-19, X-20)."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import product
from typing import Any

import pytest

from idp.messages import gsm7
from idp.messages.catalogue import CATALOGUE
from idp.messages.composer import Composer, Composition, RenderedMail
from idp.provider import Provider
from idp.settings import HOME

TEMPLATES = HOME / "templates"

LANGUAGES = ("fr", "de", "it", "en")
BRANDS = ("e-services", "connect", "connect-assures", "espace-personnel", "neutral")
MAILS = [name for name, entry in CATALOGUE.items() if "email" in entry.kinds]
SMS = [name for name, entry in CATALOGUE.items() if "sms" in entry.kinds]


def composition(template: str, language: str, brand: str, **values: Any) -> Composition:
    sample = {**CATALOGUE[template].sample, **values}
    return Composition(template=template, language=language, brand=brand, values=sample)


def composer_of(provider: Provider, issuer: str) -> Composer:
    return Composer(provider.wording, provider.registry, TEMPLATES, issuer=issuer)


class Words(HTMLParser):
    """The words of an HTML page's body, as one text."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_body = self.in_body or tag == "body"
        self.handle_data("" if tag == "span" else " ")

    def handle_data(self, text: str) -> None:
        if self.in_body:
            self.words.append(text)


def words(html: str) -> list[str]:
    reader = Words()
    reader.feed(html)
    return "".join(reader.words).split()


@pytest.fixture
def mails(provider: Provider) -> list[tuple[str, RenderedMail]]:
    return [
        (template, provider.composer.mail(composition(template, language, brand)))
        for template, language, brand in product(MAILS, LANGUAGES, BRANDS)
    ]


def test_a_notice_says_once_when_it_was(provider: Provider) -> None:
    """X-15"""
    at = datetime(2026, 3, 4, 7, 9, tzinfo=UTC)
    written = provider.wording.translator("fr").time(at)
    told = {
        name: provider.composer.mail(composition(name, "fr", "e-services", at=at)).text.count(written)
        for name, entry in CATALOGUE.items()
        if entry.ends_with
    }

    assert {name: times for name, times in told.items() if times != 1} == {}


def test_text_and_html_say_the_same(mails: list[tuple[str, RenderedMail]]) -> None:
    """X-19"""
    for template, mail in mails:
        text = [word for word in mail.text.split() if word != "--"]
        assert text == words(mail.html), template


def test_a_line_of_a_mail_does_not_end_in_the_middle_of_e_mail(mails: list[tuple[str, RenderedMail]]) -> None:
    """X-19: kept together by the style of the mail. The hyphen stays the one that people type and search for."""
    held = re.compile(r'<span style="white-space:nowrap">[eE]-\w+</span>')
    for template, mail in mails:
        body = held.sub("", mail.html.partition("<body")[2])
        shown = re.sub(r"<[^>]*>|\S+@\S+|\S+://\S+", "", body)

        assert re.findall(r"\b[eE]-[^\W\d_]+", shown) == [], template
        assert "\u2011" not in mail.subject + mail.text + mail.html

    assert any(held.search(mail.html) for _, mail in mails)
    assert not any(re.search(r"<a [^>]*<span", mail.html) for _, mail in mails)


def test_no_mail_shows_the_name_of_a_value(mails: list[tuple[str, RenderedMail]]) -> None:
    for template, mail in mails:
        assert "%(" not in mail.subject + mail.text, template


def test_subjects_begin_with_the_portal_and_fit_one_line(mails: list[tuple[str, RenderedMail]]) -> None:
    for template, mail in mails:
        assert mail.subject.startswith((mail.portal, "CREDIT MUNICIPAL DE PARIS")), template
        assert "\n" not in mail.subject
        assert len(mail.subject) <= 100, mail.subject


def test_sign_in_codes_are_in_the_subject_and_on_a_line_of_their_own(provider: Provider) -> None:
    """X-19"""
    times = {"fr": "14\u00a0h\u00a037", "de": "14.37", "it": "14.37", "en": "14:37"}
    for template, language in product(("sign_in_code", "address_proof"), LANGUAGES):
        mail = provider.composer.mail(composition(template, language, "e-services"))

        assert "482 913" in mail.subject
        assert "482913" in mail.text.splitlines()
        assert times[language] in mail.text


def test_mails_load_nothing_and_track_nobody(mails: list[tuple[str, RenderedMail]]) -> None:
    """X-19"""
    for template, mail in mails:
        assert not {"<img", "src=", "url(", "<script", "<link"} & set(mail.html.lower().split()), template
        for forbidden in ("<img", "src=", "url(", "<script", "<link"):
            assert forbidden not in mail.html.lower(), template


def test_links_are_shown_whole(mails: list[tuple[str, RenderedMail]]) -> None:
    """X-19: no shortened link; the address stands in the text as it is."""
    for template, mail in mails:
        for name in ("link", "not_me"):
            link = CATALOGUE[template].sample.get(name)
            assert not link or (link in mail.text.split() and mail.html.count(link) >= 2), template


def test_every_mail_names_the_desk_and_says_that_nobody_reads_answers(provider: Provider) -> None:
    mail = provider.composer.mail(composition("password_changed", "en", "connect"))

    assert "+41 31 390 23 25" in mail.text
    assert "do not reply" in mail.text


@pytest.mark.parametrize(("language", "operator"), [("fr", "Un service de la Caisse"), ("de", "Ein Dienst der Ausgl")])
def test_every_mail_says_who_operates_the_portal(provider: Provider, language: str, operator: str) -> None:
    mail = provider.composer.mail(composition("password_changed", language, "connect"))

    assert operator in mail.text
    assert operator in mail.html


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("fr", "une heure", "2 heures"),
        ("de", "eine Stunde", "2 Stunden"),
        ("it", "un’ora", "2 ore"),
        ("en", "1 hour", "2 hours"),
    ],
)
def test_one_hour_is_said_in_the_singular(provider: Provider, language: str, one: str, many: str) -> None:
    """X-10"""
    for hours, words in ((1, one), (2, many)):
        mail = provider.composer.mail(composition("recovery_link", language, "connect", hours=hours))

        assert re.search(rf"\b{words}\b", mail.text.replace("\N{NO-BREAK SPACE}", " "))


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("fr", "1 minute,", "2 minutes,"),
        ("de", "1 Minute ", "2 Minuten "),
        ("it", "1 minuto,", "2 minuti,"),
        ("en", "1 minute,", "2 minutes,"),
    ],
)
def test_one_minute_is_said_in_the_singular(provider: Provider, language: str, one: str, many: str) -> None:
    """X-10"""
    for minutes, said in ((1, one), (2, many)):
        mail = provider.composer.mail(composition("sign_in_code", language, "connect", minutes=minutes))

        assert said in mail.text.replace("\N{NO-BREAK SPACE}", " ")


def test_every_sms_is_one_segment(provider: Provider) -> None:
    """X-20"""
    for template, language, brand in product(SMS, LANGUAGES, BRANDS):
        text = provider.composer.sms(composition(template, language, brand))

        assert gsm7.is_encodable(text), (template, language, brand, text)
        assert gsm7.segments(text) == 1, (template, language, brand, text, len(text))


def test_every_sms_is_one_segment_with_the_longest_values(provider: Provider) -> None:
    """X-20: a company of 26 letters, an administrator of 24, the widest time, a long address of the login pages."""
    composer = composer_of(provider, "https://connexion.espace-personnel.example.fr")
    widest = datetime(2026, 12, 28, 22, 59, tzinfo=UTC)
    names = {"company": "W" * 26, "administrator": "M" * 24, "at": widest, "opens_at": widest, "minutes": 60}
    for template, language, brand in product(SMS, LANGUAGES, BRANDS):
        values = {name: value for name, value in names.items() if name in CATALOGUE[template].sample}
        if "administrator" in values and brand != "connect":
            continue  # only a portal of companies lets people manage users
        text = composer.sms(composition(template, language, brand, **values))

        assert gsm7.is_encodable(text), (template, language, brand, text)
        assert gsm7.segments(text) == 1, (template, language, brand, text, len(text))


def test_an_sms_begins_with_the_portal_and_ends_with_the_origin(provider: Provider) -> None:
    """X-20"""
    composer = composer_of(provider, "https://login.example.ch/oidc")
    for template, language in product(SMS, LANGUAGES):
        text = composer.sms(composition(template, language, "e-services"))

        assert text.startswith("e-services CVCI: ")
        code = CATALOGUE[template].sample.get("code")
        assert text.endswith(f"\n@login.example.ch #{code}") == CATALOGUE[template].origin_bound


LOCAL = ("https://localhost", "https://login", "https://login.internal", "https://192.0.2.7", "https://[2001:db8::1]")


@pytest.mark.parametrize("issuer", ["http://localhost:8000", "http://login.example.ch", *LOCAL])
def test_an_sms_names_no_origin_that_browsers_would_not_take_it_for(provider: Provider, issuer: str) -> None:
    """X-20: a line such as « @localhost #482913 » would only puzzle whoever reads it."""
    text = composer_of(provider, issuer).sms(composition("sign_in_code", "fr", "e-services"))

    assert "482913" in text
    assert not set("@#\n") & set(text)


def test_a_code_spoken_to_an_administrator_has_no_origin_line(provider: Provider) -> None:
    """B-49"""
    text = provider.composer.sms(composition("admin_phone_proof", "fr", "connect"))

    assert "KWTX BEHR" in text
    assert "@" not in text


@pytest.mark.parametrize(
    ("language", "warning"),
    [
        ("fr", "à personne."),
        ("de", "niemandem bekannt."),
        ("it", "a nessuno."),
        ("en", "with anyone."),
    ],
)
def test_every_sms_with_a_code_for_its_reader_alone_says_so(provider: Provider, language: str, warning: str) -> None:
    """X-20: but the recovery of espace-personnel in French, whose words are its guide's and leave no room"""
    for template, brand in product(("sign_in_code", "phone_proof", "recovery_code"), BRANDS):
        if (template, brand, language) == ("recovery_code", "espace-personnel", "fr"):
            continue
        assert warning in provider.composer.sms(composition(template, language, brand)), (template, brand)


def test_long_names_do_not_make_an_sms_longer(provider: Provider) -> None:
    long_names = {"company": "Établissements Menuiserie et Charpente Rochat et Fils SA", "administrator": "C" * 60}
    for language in LANGUAGES:
        text = provider.composer.sms(composition("admin_phone_proof", language, "connect", **long_names))

        assert gsm7.segments(text) == 1, (language, len(text), text)


def test_names_of_people_from_elsewhere_do_not_make_three_parts_of_an_sms(provider: Provider) -> None:
    """P61: 26 letters of a company and 24 of an administrator, as long as the text lets them be."""
    names = {"company": "Spółka „Żółw Błękitny” Łódź", "administrator": "Đorđe Đurđević-Hađikadić"}
    for language in LANGUAGES:
        text = provider.composer.sms(composition("admin_phone_proof", language, "connect", **names))

        assert gsm7.is_encodable(text), (language, text)
        assert gsm7.segments(text) == 1, (language, len(text), text)


def test_a_name_in_another_script_is_sent_as_it_is(provider: Provider) -> None:
    text = provider.composer.sms(composition("admin_phone_proof", "fr", "connect", company="Ελλάς ΑΕ — Жук"))

    assert "Жук" in text


def test_values_cannot_bring_markup_into_a_mail(provider: Provider) -> None:
    mail = provider.composer.mail(composition("new_device", "en", "connect", device="<b>x</b> & %(portal)s {{ 1 }}"))

    assert "<b>x</b> & %(portal)s {{ 1 }}" in mail.text
    assert "<b>x</b>" not in mail.html


def test_every_template_is_in_the_catalogue() -> None:
    folder = HOME / "templates/messages"

    assert {path.stem for path in folder.glob("*.mail")} == set(MAILS)
    assert {path.stem for path in folder.glob("*.sms")} == set(SMS)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("l’accès", "l'accès"),
        ("« 14\u00a0:\u00a037 »", '" 14 : 37 "'),
        ("prêt, forêt, façade, cœur", "pret, foret, facade, coeur"),
        ("Größe", "Größe"),
        ("Ciało „Łódź”", 'Cialo "Lodz"'),
        ("Đorđević, Þór, Ħ, ŧ, ı, ĳ", "Dordevic, Thor, H, t, i, ij"),
        ("Straẞe ‚a‘ ‹b› 2′ ″ − ‐ ﬁn № ½", "StraSSe 'a' 'b' 2' \" - - fin No 1/2"),
        ("Ş ș ț ģ ķ ļ ņ ŗ ů ő ű ə", "S s t g k l n r u o u e"),
        ("Anna\u200bBo\u00adlt", "AnnaBolt"),
        ("Жук", "Жук"),
    ],
)
def test_texts_are_folded_to_what_an_sms_can_carry(text: str, folded: str) -> None:
    assert gsm7.fold(text) == folded


@pytest.mark.parametrize(("length", "count"), [(160, 1), (161, 2), (306, 2), (307, 3)])
def test_segments_are_counted_as_operators_do(length: int, count: int) -> None:
    assert gsm7.segments("a" * length) == count
    assert gsm7.segments("€" * 80) == 1
    assert gsm7.segments("ж" * 71) == 2
