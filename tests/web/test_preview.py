"""A brand's preview: no page is forgotten; and what holds on all pages, whatever journey leads to them."""

import re
from collections.abc import Mapping

import pytest

from idp.provider import Provider
from idp.web.branding import Theme
from idp.web.preview import document, pages, writings
from tests.support.browser import Element, tree_of
from tools import translations

ASIDE = {"things", "empty", "keep", "tools", "pager", "notice", "cards"}
"""Where buttons belong to a line of a list, to a toolbar or to a notice, and do not lead on from the page."""


ELSEWHERE = re.compile(
    "user|migrat|email-confirmed|attach|legacy|registration|open-account|account-address|address.link|concluding|"
    "authenticator-app|company|organisation|opened|access.added|invit|rights|staff|self-managed"
)
"""Pages and messages of journeys that espace-personnel has not; and of an app, which has accounts of its own."""
OF_MIGRATION = re.compile("old account", re.IGNORECASE)


def theme_at(provider: Provider, client_id: str, language: str) -> Theme:
    registry = provider.registry.current()
    client = registry.client(client_id)
    assert client is not None
    return document.theme_of(provider, registry.brand_of(client), client, language)


@pytest.fixture
def theme(provider: Provider) -> Theme:
    return theme_at(provider, "connect", "fr")


@pytest.fixture
def samples(theme: Theme) -> list[pages.Sample]:
    assert theme.client is not None
    return list(pages.samples(theme, theme.client, document.templates()))


def test_every_page_is_in_the_preview(samples: list[pages.Sample]) -> None:
    everything = {name for name in document.templates() if name.partition("/")[0] in pages.CHAPTERS}

    assert everything - {sample.template for sample in samples} == pages.NOT_SHOWN


def test_no_two_pages_of_a_chapter_have_one_title(samples: list[pages.Sample]) -> None:
    titles = [(sample.chapter, sample.title) for sample in samples]

    assert len(set(titles)) == len(titles)


def test_no_page_shows_how_a_program_writes_a_value(
    provider: Provider, theme: Theme, samples: list[pages.Sample]
) -> None:
    """A sample of the wrong kind would look like a fault of the page."""
    written = re.compile(r"namespace\(|Text\(|datetime\.|\[&#39;")
    texts = ((each, provider.pages.text(theme, each.template, **each.values)) for each in samples)

    assert {each.title: found[0] for each, text in texts if (found := written.search(text))} == {}


def test_every_form_is_shown_with_its_errors_too_each_at_its_field(
    provider: Provider, theme: Theme, samples: list[pages.Sample]
) -> None:
    asks, answers, astray = set(), set(), {}
    for sample in samples:
        errors = sample.values["errors"]
        assert isinstance(errors, Mapping)
        page = tree_of(provider.pages.text(theme, sample.template, **sample.values))
        fields = [each for each in page.walk() if each.tag in {"input", "select"}]
        if any("required" in each.attributes for each in fields):
            asks.add(sample.template)
        if errors:
            answers.add(sample.template)
        if missing := {field for field in errors if field} - {each.get("id") for each in fields}:
            astray[sample.title] = missing

    assert astray == {}
    assert asks - answers == set()


def test_at_most_one_secondary_button_stands_beside_the_primary_one(
    provider: Provider, theme: Theme, samples: list[pages.Sample]
) -> None:
    too_many = {}
    for sample in samples:
        page = tree_of(provider.pages.text(theme, sample.template, **sample.values))
        main = next(each for each in page.walk() if each.tag == "main")
        primary, quiet = _buttons(main, "primary"), _buttons(main, "quiet")
        if len(primary) > 1 or len(quiet) > (1 if primary else 2):
            too_many[sample.title] = [*primary, *quiet]

    assert too_many == {}


@pytest.mark.parametrize(
    ("language", "words", "of_mailbox"),
    [
        ("fr", r"mot de passe|\bcompte\b", "mot de passe de votre messagerie"),
        ("de", "Passwort|Benutzerkonto", "Passwort Ihres E-Mail-Postfachs"),
        ("it", "password|conto utente", "password della casella"),
        ("en", "password", "email password"),
    ],
)
def test_password_and_account_have_their_portals_names_on_every_page_and_in_every_message(
    provider: Provider, language: str, words: str, of_mailbox: str
) -> None:
    """At espace-personnel: an access code, a personal area. A mailbox has a password."""
    theme = theme_at(provider, "espace-personnel", language)
    assert theme.client is not None
    said = {
        each.template: _words(provider, theme, each)
        for each in pages.samples(theme, theme.client, document.templates())
    }
    said |= {each.title: each.subject + each.text for each in writings.mails(provider, theme.client, language)}
    said |= {each.title: each.text for each in writings.text_messages(provider, theme.client, language)}

    theirs = {name: text.replace(of_mailbox, "") for name, text in said.items()}
    assert [
        name for name, text in theirs.items() if re.search(words, text) and not ELSEWHERE.search(name.lower())
    ] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", r"mot de passe|\bcompte\b"),
        ("de", "Passwort|Benutzerkonto"),
        ("it", "password|conto utente"),
        ("en", "password"),
    ],
)
def test_so_they_have_in_the_sentences_that_code_gives_to_the_pages_of_an_account(
    provider: Provider, language: str, words: str
) -> None:
    """What happened, and what was done: no sample shows all of it."""
    said = theme_at(provider, "espace-personnel", language).translator
    given = [
        msgid
        for msgid, found in translations.extract().items()
        if any(place.startswith("flows/account/") for place in found.places) and not OF_MIGRATION.search(msgid)
    ]

    assert len(given) > 100
    assert [said(msgid) for msgid in given if re.search(words, said(msgid), re.IGNORECASE)] == []


def test_a_mail_about_topics_names_those_of_the_portal_in_its_language(provider: Provider) -> None:
    client = provider.registry.current().client("connect")
    assert client is not None
    (mail,) = (each for each in writings.mails(provider, client, "de") if each.title == "Rights changed")

    assert "Beiträge, Löhne und Abrechnungen" in mail.text


def _words(provider: Provider, theme: Theme, sample: pages.Sample) -> str:
    page = tree_of(provider.pages.text(theme, sample.template, **sample.values))
    return next(each for each in page.walk() if each.tag == "main").text


def _buttons(element: Element, kind: str) -> list[str]:
    if element.tag in {"details", "dialog"} or ASIDE & set(element.get("class").split()):
        return []
    own = [element.text] if kind in element.get("class").split() else []
    inner = [child for child in element.children if isinstance(child, Element)]
    return own + [button for child in inner for button in _buttons(child, kind)]
