"""Pages: templates, a brand's own files, static files."""

import html
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from idp.clients.client import Client
from idp.provider import Provider
from idp.settings import HOME
from idp.web import brand_files, branding, problems
from idp.web.static_files import StaticFiles

PROBLEM: dict[str, Any] = {"problem": problems.UNKNOWN, "links": (), "again": None}


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, Any]:
    shutil.copytree(HOME / "config/brands", tmp_path / "brands")
    own = tmp_path / "brands/e-services/templates/pages"
    own.mkdir(parents=True)
    (own / "problem.html").write_text('{% extends "base.html" %}{% block title %}Own page{% endblock %}')
    frame = tmp_path / "brands/e-services/templates/frame"
    frame.mkdir()
    (frame / "top.html").write_text("<p>Own top</p>")
    (frame / "contact.html").write_text('{% extends "frame/contact.html" %}')
    (frame / "errors.html").write_text("<p>Own errors</p>")
    return {"files": {"brands": str(tmp_path / "brands")}}


def rendered(app: Flask, provider: Provider, client_id: str, **values: Any) -> str:
    with app.test_request_context("/"):
        theme = branding.theme(provider, request, client=provider.registry.current().client(client_id))
        return provider.pages.page(theme, "pages/problem.html", **values).get_data(as_text=True)


def test_a_brand_may_replace_a_template(app: Flask, provider: Provider) -> None:
    assert "Own page" in rendered(app, provider, "e-services", **PROBLEM)
    assert "Own page" not in rendered(app, provider, "connect", **PROBLEM)


def test_a_brand_may_replace_a_part_of_the_frame(app: Flask, provider: Provider) -> None:
    rendered(app, provider, "connect", **PROBLEM)  # keeps the frame of the others

    assert "Own top" in rendered(app, provider, "e-services", **PROBLEM)
    assert "Own top" not in rendered(app, provider, "connect", **PROBLEM)


def test_a_brand_may_replace_what_a_template_includes(app: Flask, provider: Provider) -> None:
    values = {**PROBLEM, "errors": {"": problems.UNKNOWN.title}}

    assert "Own errors" in rendered(app, provider, "e-services", **values)
    assert "Own errors" not in rendered(app, provider, "connect", **values)


def test_a_template_that_extends_its_own_name_extends_the_one_it_replaces(app: Flask, provider: Provider) -> None:
    assert '<section class="desk"' in rendered(app, provider, "e-services", **PROBLEM)


def test_a_forgotten_value_is_a_bug_and_not_an_empty_page(app: Flask, provider: Provider) -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered(app, provider, "connect")


def test_what_people_type_is_escaped(app: Flask, provider: Provider) -> None:
    page = rendered(app, provider, "connect", **{**PROBLEM, "again": [("name", '"><script>alert(1)</script>')]})

    assert "<script>alert" not in page


def test_the_brands_colours_come_as_a_stylesheet_that_is_kept_for_ever(app: Flask, client: FlaskClient) -> None:
    address = client.get("/specimen/page").text.split('<link rel="stylesheet" href="')[2].partition('"')[0]

    answer = client.get(address)

    assert "--brand:#0B4F8A" in answer.text
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_old_address_of_colours_is_not_kept(client: FlaskClient) -> None:
    assert client.get("/brand/e-services/000000000000.css").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/brand/unknown/x.css", "/brand/e-services/image/brand.toml", "/brand/e-services/image/../x.svg"]
)
def test_a_brand_gives_only_its_own_files(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_static_files_change_their_address_with_their_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("one")
    before = StaticFiles(tmp_path, changing=True)("a.css")
    (tmp_path / "a.css").write_text("two")

    assert StaticFiles(tmp_path, changing=True)("a.css") != before
    assert before.startswith("/static/a.css?")


def test_an_image_of_a_brand_is_sent_as_what_it_is(client: FlaskClient) -> None:
    with client.get("/brand/e-services/image/wordmark.svg") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("portal", ["e-services", "connect", "connect-assures", "espace-personnel"])
def test_the_first_page_is_small_with_all_that_it_loads(client: FlaskClient, portal: str) -> None:
    """A slow phone shows it soon: 60 kB, uncompressed, in all."""
    page = client.get(f"/login?portal={portal}", headers={"Accept-Language": "fr"})
    assert page.status_code == 200
    loaded = set(re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="(/[^"]+)"', page.text))
    assert len(loaded) >= 4

    sizes = [len(page.data)]
    for each in loaded:
        with client.get(each) as answer:
            sizes.append(len(answer.data))
    assert sum(sizes) <= 60_000


def test_what_is_kept_of_a_frame_is_shown_to_its_own_portal_and_language_only(app: Flask, provider: Provider) -> None:
    clients = [client for client in provider.registry.current().clients if client.vetted]
    places = [(client, language) for client in clients for language in provider.wording.languages]

    def pages() -> list[str]:
        return [page_of(client, language) for client, language in places]

    def page_of(client: Client, language: str) -> str:
        with app.test_request_context("/", headers={"Accept-Language": language}):
            theme = branding.theme(provider, request, client=client, reference="AAAA-AAAA")
            theme = replace(theme, csrf_token="t")
            return provider.pages.page(theme, "pages/problem.html", **PROBLEM).get_data(as_text=True)

    first, kept = pages(), pages()

    assert kept == first
    for page, (client, language) in zip(kept, places, strict=True):
        brand = provider.registry.current().brand_of(client)
        assert f'<html lang="{language}">' in page
        assert brand_files.stylesheet_address(brand) in page
        assert brand.name_in(language) in html.unescape(page)
