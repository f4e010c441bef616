"""Every page speaks the reader's language alone: no bare words in templates, no English on the pages of journeys."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from idp.provider import Provider
from tests.flows import migrating, recovering, registrations
from tests.flows.conftest import Account
from tests.flows.organisation.conftest import Firm, claire, firm, luca, signed_in  # noqa: F401  (fixtures)
from tests.flows.registrations import Letters
from tests.support.browser import Browser, Page
from tests.support.inbox import Mailbox
from tools import translations
from tools.translations import ROOT

FOR_DEVELOPERS = {"inbox.html", "reference.html"}
TEMPLATES = [p for p in sorted((ROOT / "templates").rglob("*.html")) if p.name not in FOR_DEVELOPERS]
OTHERS = translations.LANGUAGES
ALL = ("en", *OTHERS)
OWN_NAMES = {
    "DE",
    "EN",
    "FR",
    "IT",
    "Deutsch",
    "English",
    "Français",
    "Italiano",
    "invalid_request",
    "wide",
    "narrow",
    "account",
}
"""What templates say in no language: language names, an error code, a class."""
NOT_WORDS = re.compile(
    r"""<(script|style)\b.*?</\1>|</?[!a-z][^<>]*>|</?[a-z][^<>]*$|^[^<>]*>|[\w-]+="[^"]*"?""", re.DOTALL
)
PLACEHOLDER = re.compile(r"%\\\((?:\w+)\\\)[ds]|%\((?:\w+)\)[ds]")


class Reader(Browser):
    """Keeps every page that was shown, and sends each form once with nothing in it, to see its errors too."""

    seen: list[Page]

    def _follow(self, method: str, url: str, sent: dict[str, str]) -> Page:
        page = super()._follow(method, url, sent)
        if not self.left_for:
            self.seen.append(page)
        return page


def reader(app: Flask, language: str) -> Reader:
    made = Reader(app, language=language)
    made.seen = []
    return made


def migration(app: Flask, provider: Provider, mailbox: Mailbox, language: str) -> list[Page]:
    migrating.former_account(provider)
    visitor = reader(app, language)
    migrating.begin(visitor)
    visitor.press("get-code")
    migrating.give_address(visitor)
    visitor.fill(code="000000").press("verify")
    visitor.fill(code=mailbox.last(migrating.NEW_ADDRESS).code).press("verify")
    visitor.press("continue")
    visitor.fill(phone="021 613 35 67").press("get-code")
    visitor.press("skip")
    visitor.press("update")
    migrating.conclude(visitor)
    return visitor.seen


def activation(app: Flask, provider: Provider, mailbox: Mailbox, language: str) -> list[Page]:
    visitor = reader(app, language)
    registrations.up_to_sms_code(visitor, mailbox, Letters(provider).insured().code)
    visitor.fill(code="000000").press("verify")
    return visitor.seen


def invitation(app: Flask, provider: Provider, mailbox: Mailbox, language: str) -> list[Page]:
    visitor = reader(app, language)
    registrations.give_letter(visitor, "AAAA BBBB CCCC", "AK01")
    registrations.give_letter(visitor, Letters(provider).administrator().code, "AK01")
    registrations.give_address(visitor)
    registrations.give_mail_code(visitor, mailbox)
    visitor.press("continue")
    registrations.dialogue(visitor, given_name="Rosa", family_name="Keller")
    registrations.give_phone(visitor)
    registrations.give_sms_code(visitor, mailbox)
    return visitor.seen


def recovery(app: Flask, provider: Provider, mailbox: Mailbox, language: str) -> list[Page]:
    recovering.customer(provider, "espace-personnel")
    visitor = reader(app, language)
    recovering.ask(visitor, "espace-personnel", "")
    recovering.ask(visitor, "espace-personnel", recovering.CUSTOMER_NUMBER)
    link = recovering.open_link(visitor, mailbox)
    visitor.press("replace")
    recovering.finish(visitor, mailbox)
    visitor.get(link)
    return visitor.seen


JOURNEYS = (migration, activation, invitation, recovery)


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_the_pages_of_a_journey_speak_one_language(
    app: Flask, provider: Provider, mailbox: Mailbox, journey, language: str
) -> None:
    """X-10, C-14"""
    pages = journey(app, provider, mailbox, language)

    assert len(pages) >= 5
    assert [faults for page in pages if (faults := faults_of(page, language))] == []


@pytest.mark.parametrize("language", ALL)
def test_the_pages_of_administrators_speak_one_language(
    app: Flask,
    provider: Provider,
    claire: Account,  # noqa: F811
    firm: Firm,  # noqa: F811
    language: str,
) -> None:
    """X-10"""
    browser = signed_in(app, provider, claire.id)
    browser.headers["Accept-Language"] = language
    addresses = [
        firm.users,
        f"{firm.users}?q=nobody",
        f"{firm.users}/journal",
        f"{firm.users}/{firm.luca}",
        f"{firm.users}/{firm.nina}/cancel",
        firm.new_user(),
        firm.edit(firm.luca),
        firm.phone(firm.luca),
    ]

    pages = [browser.get(address) for address in addresses]

    assert [page.status for page in pages] == [200] * len(pages)
    assert [faults for page in pages if (faults := faults_of(page, language))] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    """X-10: every word goes through the catalogue."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(path.read_text(encoding="utf-8"))

    source = "".join(node.data for node in tree.find_all(nodes.TemplateData))
    words = set(re.findall(r"[^\W\d]{2,}", unescape(NOT_WORDS.sub(" ", source))))

    assert words - OWN_NAMES == set()


def faults_of(page: Page, language: str) -> list[str]:
    """What is not as it should be on this page: its language, its title, English on it."""
    faults = [] if page.language == language else [f"lang={page.language}"]
    if not page.title.strip(" –") or not page.heading:
        faults.append("no title")
    shown = f"{page.title} {page.text} {page.first('footer').text} {page.first('header').text}"
    english = [] if language == "en" else [words for words, pattern in ENGLISH[language] if pattern.search(shown)]
    return [f"{page.path}: {fault}" for fault in [*faults, *english]]


def _english_of(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """The English messages that this language says otherwise, as patterns for a page; single words could be names."""
    found = []
    for message in translations.read(language):
        for english in message.id if isinstance(message.id, tuple) else (message.id,):
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            parts = [re.escape(" ".join(part.split())) for part in PLACEHOLDER.split(english)]
            if " " in english and english not in said and len("".join(parts)) >= 8:
                found.append((english, re.compile(r"(?<!\w)" + ".{1,60}?".join(parts))))
    return found


ENGLISH = {language: _english_of(language) for language in OTHERS}
