"""A brand's preview: no page is forgotten; and what holds on all pages, whatever journey leads to them."""

import pytest

from idp.provider import Provider
from idp.web.branding import Theme
from idp.web.preview import document, pages
from tests.support.browser import Element, tree_of

ASIDE = {"things", "empty", "keep", "tools", "pager", "notice", "cards"}
"""Where buttons belong to a line of a list, to a toolbar or to a notice, and do not lead on from the page."""


@pytest.fixture
def theme(provider: Provider) -> Theme:
    registry = provider.registry.current()
    client = registry.client("connect")
    assert client is not None
    return document.theme_of(provider, registry.brand_of(client), client, "fr")


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


def _buttons(element: Element, kind: str) -> list[str]:
    if element.tag in {"details", "dialog"} or ASIDE & set(element.get("class").split()):
        return []
    own = [element.text] if kind in element.get("class").split() else []
    inner = [child for child in element.children if isinstance(child, Element)]
    return own + [button for child in inner for button in _buttons(child, kind)]
