"""A brand's preview: no page is forgotten, and each is the page that people see."""

import pytest

from idp.provider import Provider
from idp.web.preview import document, pages


@pytest.fixture
def samples(provider: Provider) -> list[pages.Sample]:
    registry = provider.registry.current()
    client = registry.client("connect")
    assert client is not None
    theme = document.theme_of(provider, registry.brand_of(client), client, "fr")
    return list(pages.samples(theme, client, document.templates()))


def test_every_page_is_in_the_preview(samples: list[pages.Sample]) -> None:
    everything = {name for name in document.templates() if name.partition("/")[0] in pages.CHAPTERS}

    assert everything - {sample.template for sample in samples} == pages.NOT_SHOWN


def test_no_two_pages_of_a_chapter_have_one_title(samples: list[pages.Sample]) -> None:
    titles = [(sample.chapter, sample.title) for sample in samples]

    assert len(set(titles)) == len(titles)
