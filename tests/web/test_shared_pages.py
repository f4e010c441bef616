"""The first page of a sign-in: rendered once for each portal and language, and filled in for each visitor."""

import re
import shutil
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from idp.provider import Provider
from idp.settings import HOME
from idp.web import branding, shared_pages
from idp.web.branding import Theme
from idp.web.pages import Pages
from idp.web.preferences import Preferences
from idp.web.shared_pages import SharedPages
from tests.support.relying_party import RelyingParty

PORTALS = ("connect", "connect-assures", "espace-personnel", "basic")
LANGUAGES = ("fr", "de", "it", "en")
OWN = {
    "token": r'name="csrf_token" value="([^"]+)"',
    "page": r'name="page" value="([^"]+)"',
    "reference": r'class="reference">([^<]+)<',
    "challenge": r"challenge&#34;: ?&#34;([^&]+)&",
}


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, Any]:
    shutil.copytree(HOME / "config/brands", tmp_path / "brands")
    own = tmp_path / "brands/e-services/templates/steps"
    own.mkdir(parents=True)
    (own / "credentials.html").write_text(
        '{% extends "steps/credentials.html" %}'
        "{% block lead %}<p>{{ run.theme.browser }} at {{ theme.path }}</p>{% endblock %}"
    )
    return {"files": {"brands": str(tmp_path / "brands")}}


@pytest.fixture
def theme(app: Flask, provider: Provider) -> Theme:
    with app.test_request_context("/login?portal=connect"):
        return branding.theme(provider, request, client=provider.registry.current().client("connect"))


def page_of(app: Flask, address: str, language: str = "fr") -> str:
    """The page as a browser that was never here gets it."""
    answer = app.test_client(use_cookies=False).get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def own_values(page: str) -> dict[str, list[str]]:
    return {name: found for name, pattern in OWN.items() if (found := re.findall(pattern, page))}


def without_own(page: str) -> str:
    for values in own_values(page).values():
        for value in values:
            page = page.replace(value, "…")
    return page


def test_a_shared_page_is_word_for_word_the_one_that_is_rendered_for_a_single_visitor(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [
        *(f"/login?portal={portal}" for portal in PORTALS),
        *(f"/login?request={sealed(app, portal)}" for portal in PORTALS),
    ]
    places = list(product(addresses, LANGUAGES))
    shared = [page_of(app, *place) for _ in range(2) for place in places]

    monkeypatch.setattr(Pages, "may_share", lambda *_: False)
    single = [page_of(app, *place) for place in places]

    assert [without_own(page) for page in shared] == [without_own(page) for page in [*single, *single]]
    assert {len(own_values(page)) for page in single} == {len(OWN)}


def sealed(app: Flask, portal: str) -> str:
    party = RelyingParty(app, portal)
    sent = app.test_client(use_cookies=False).get("/authorize", query_string=party.request()).headers["Location"]
    return sent.partition("request=")[2]


def test_visitors_share_nothing_that_was_drawn_for_one_of_them(app: Flask) -> None:
    requests = [sealed(app, "connect") for _ in range(3)]
    pages = [page_of(app, f"/login?request={each}") for each in requests]

    for name in OWN:
        drawn = [value for page in pages for value in set(own_values(page)[name])]
        assert len(set(drawn)) == len(drawn) == len(pages), name
    for page, own in zip(pages, requests, strict=True):
        assert [each in page for each in requests] == [each == own for each in requests]


def test_an_identifier_that_the_portal_sent_is_shown_to_its_visitor_only(app: Flask) -> None:
    party = RelyingParty(app, "connect")
    visitor = app.test_client(use_cookies=False)

    def arrive(**more: str) -> str:
        return visitor.get(visitor.get("/authorize", query_string=party.request(**more)).headers["Location"]).text

    pages = [arrive(), arrive(login_hint="anne@example.ch"), arrive()]

    assert ["anne@example.ch" in page for page in pages] == [False, True, False]


def test_the_answer_to_a_post_is_no_page_for_others(app: Flask) -> None:
    """An empty form is answered by the first page; its address is that of its sender."""
    sender = app.test_client()
    first = sender.get("/login?portal=e-services")  # a page of its own, for the token
    token = {"X-CSRF-Token": own_values(first.text)["token"][0]}

    answer = sender.post("/login?portal=connect&request=&sent=by-someone-else", headers=token)

    assert "by-someone-else" in answer.text
    assert "data-visit" not in page_of(app, "/login?portal=connect")


def test_everything_of_a_theme_is_of_the_portal_or_withheld(theme: Theme) -> None:
    of_all = {"brand", "translator", "client", "fund", "languages", "for_staff"}
    given: list[Theme] = []

    def render(anybody: Theme, _marks: object) -> str:
        given.append(anybody)
        return ""

    own = {"visit": "/login?mine", "new_browser": True, "remember": Preferences("de", "connect")}
    for visitor in (theme, replace(theme, **own, browser="another", path="/login?other")):
        SharedPages().page(visitor, (), {}, render)

    drawn = {"csrf_token", "reference", "now"}
    for each in fields(Theme):
        if each.name not in of_all | drawn:
            assert getattr(given[0], each.name) == getattr(given[1], each.name), each.name


def test_a_value_that_is_filled_in_is_escaped(theme: Theme) -> None:
    hostile = replace(theme, reference='"><script>alert(1)</script>')

    page = SharedPages().page(hostile, (), {}, lambda anybody, _: f'<p id="{anybody.reference}">')

    assert page == '<p id="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">'


@pytest.mark.parametrize("shown", ["{{ theme.path }}", "{{ theme.browser }}", "{% if theme.path %}{% endif %}"])
def test_a_template_that_reads_what_belongs_to_one_visitor_fails(provider: Provider, theme: Theme, shown: str) -> None:
    assert isinstance(provider.pages, Pages)
    template = provider.pages.environment.from_string(shown)

    with pytest.raises(TypeError, match="belongs to one"):
        SharedPages().page(theme, (), {}, lambda anybody, _: template.render(theme=anybody))


def test_a_page_is_rendered_once_for_each_portal_and_language(theme: Theme) -> None:
    rendered: list[str] = []

    def render(anybody: Theme, _marks: object) -> str:
        rendered.append(anybody.language)
        return ""

    pages = SharedPages()
    for visitor in (theme, replace(theme, csrf_token="another"), replace(theme, languages=("fr",))):
        pages.page(visitor, (), {}, render)

    assert len(rendered) == 2


def test_the_pages_that_are_kept_are_bounded(theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_pages, "KEPT", 3)
    rendered: list[int] = []
    pages = SharedPages()

    def visit(number: int) -> None:
        def render(_anybody: Theme, _marks: object) -> str:
            rendered.append(number)
            return ""

        pages.page(theme, (number,), {}, render)

    for number in (1, 2, 3, 4, 4, 1):
        visit(number)

    assert rendered == [1, 2, 3, 4, 1]


def test_the_templates_of_a_brand_may_read_of_a_visitor_whatever_they_like(app: Flask) -> None:
    visitor = app.test_client()

    pages = [visitor.get("/login?portal=e-services").text for _ in range(2)]

    cookie = visitor.get_cookie("browser")
    assert cookie is not None
    assert [f"<p>{cookie.value} at /login?portal=e-services</p>" in page for page in pages] == [True, True]
