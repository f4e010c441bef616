"""The summary of errors names the field of each line, in the words of its label."""

from collections.abc import Iterator

import pytest

from idp.provider import Provider
from idp.web.preview import document, pages
from idp.web.preview.pages import Sample
from idp.wording import text
from tests.support.browser import Element, tree_of
from tests.web.test_preview import theme_at

LANGUAGES = ("fr", "de", "it", "en")
EMPTY = text("This field is required.")
COLON = {"fr": " :", "de": ":", "it": ":", "en": ":"}


def mistaken(provider: Provider, language: str) -> Iterator[Element]:
    """Every page of the preview with errors."""
    theme = theme_at(provider, "connect", language)
    assert theme.client is not None
    for sample in pages.samples(theme, theme.client, document.templates()):
        if sample.values.get("errors"):
            yield tree_of(provider.pages.text(theme, sample.template, **sample.values))


def lines(page: Element) -> Iterator[tuple[str, Element | None]]:
    """The words of each line of the summary that leads to a field, and that field."""
    summary = next(each for each in page.walk() if each.get("class") == "summary")
    for link in (each for each in summary.walk() if each.tag == "a"):
        wanted = link.get("href").removeprefix("#")
        yield link.text, next((each for each in page.walk() if each.get("id") == wanted), None)


def name_of(page: Element, field: Element) -> str:
    """The label of a field, or what the group of its choices is called; without the star of a guide."""
    for group in (each for each in page.walk() if each.tag == "fieldset"):
        if field in list(group.walk()):
            return next(each.text for each in group.walk() if each.tag == "legend")
    label = next(each for each in page.walk() if each.tag == "label" and each.get("for") == field.get("id"))
    return "".join(each for each in label.children if isinstance(each, str)).replace("\u00a0*", "").strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_line_of_a_summary_names_its_field(provider: Provider, language: str) -> None:
    """X-12. A box to tick has a sentence for a label: its error says what to tick."""
    seen, nameless = 0, []
    for page in mistaken(provider, language):
        for said, field in lines(page):
            assert field is not None, said
            seen += 1
            name = name_of(page, field)
            if field.get("type") != "checkbox" and name.lower() not in said.lower():
                nameless.append(f"{name}: {said}")

    assert seen > 50
    assert nameless == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_field_is_called_by_its_label(provider: Provider, language: str) -> None:
    theme = theme_at(provider, "connect", language)
    values = _sample(provider, "steps/rename-method.html", language).values

    page = tree_of(provider.pages.text(theme, "steps/rename-method.html", **{**values, "errors": {"name": EMPTY}}))

    [(said, field)] = lines(page)
    assert field is not None
    assert said == f"{name_of(page, field)}{COLON[language]} {theme.translator(EMPTY)}"


def test_a_line_that_names_its_field_already_says_it_once(provider: Provider) -> None:
    theme = theme_at(provider, "connect", "en")
    values = _sample(provider, "steps/new-user-name.html", "en").values

    page = tree_of(provider.pages.text(theme, "steps/new-user-name.html", **values))

    assert [said for said, _field in lines(page)] == ["Enter the first name.", "Enter the last name."]


def _sample(provider: Provider, template: str, language: str) -> Sample:
    theme = theme_at(provider, "connect", language)
    assert theme.client is not None
    found = [
        each
        for each in pages.samples(theme, theme.client, document.templates())
        if each.template == template and each.values.get("errors")
    ]
    return found[0]
