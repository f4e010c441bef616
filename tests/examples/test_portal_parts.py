"""The sample portals' own rules, without a provider."""

import re
from datetime import date
from pathlib import Path

import pytest

from examples.portals import application, documents, payments, signing_in
from examples.portals import language as language_of_portals
from examples.portals.application import create_portal
from examples.portals.configuration import portals
from examples.portals.signing_in import own_path
from examples.portals.store import Store, Visit
from idp.clients import files
from idp.clients.files import Circumstances
from idp.resources import CONFIG

VISIT = Visit({"sub": "anne", "sid": "s1", "acr": "mfa"}, {"sub": "anne", "name": "Anne"}, {"access_token": "a"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "portal.sqlite3")


def test_documents_older_than_five_years_are_gone() -> None:
    """C-23"""
    on_the_day = documents.kept(date(2026, 9, 1))
    the_day_after = documents.kept(date(2026, 9, 2))

    assert on_the_day[-1].issued == date(2021, 9, 1)
    assert the_day_after[-1].issued == date(2022, 1, 31)


def test_documents_are_listed_by_year_newest_first() -> None:
    years = documents.by_year(documents.kept(date(2024, 2, 29)))

    assert list(years) == [2024, 2023, 2022, 2021, 2020, 2019]


@pytest.mark.parametrize("portal", sorted(portals()))
def test_a_portal_shows_the_mark_of_its_brand(portal: str) -> None:
    (of_brand,) = (CONFIG / "brands" / portal).glob("*mark.svg")
    of_portal = Path(application.__file__).parent / "static" / f"{portal}.svg"

    assert drawing(of_portal) == drawing(of_brand) != []


def test_a_document_is_a_pdf() -> None:
    assert documents.pdf(documents.kept(date(2026, 1, 1))[0], "Zoë Müller").startswith(b"%PDF-")


def test_a_visit_ends_for_every_process_that_shares_the_store(store: Store, tmp_path: Path) -> None:
    secret = store.begin(VISIT)

    Store(tmp_path / "portal.sqlite3").end_of(sid="s1", sub="")

    assert store.find(secret) is None


def test_without_a_session_id_all_visits_of_the_person_end(store: Store) -> None:
    """Back-Channel Logout §2.7"""
    first, second = store.begin(VISIT), store.begin(VISIT)

    store.end_of(sid="", sub="anne")

    assert (store.find(first), store.find(second)) == (None, None)


def test_the_secret_of_a_visit_is_not_stored(store: Store, tmp_path: Path) -> None:
    secret = store.begin(VISIT)

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in stored


def test_a_service_asks_for_a_second_factor_in_the_words_of_rfc9470() -> None:
    """RFC 9470 §3"""
    refused = payments.bank_details({"acr": "two-step"})

    assert refused.status == 401
    assert payments.step_up_parameters(refused.challenge) == {"acr_values": "mfa"}
    assert payments.bank_details({"acr": "mfa"}).status == 200


@pytest.mark.parametrize("challenge", ["", "Bearer", 'Bearer error="invalid_token"', "\0", 'Basic realm="x"'])
def test_another_refusal_is_no_reason_to_step_up(challenge: str) -> None:
    assert payments.step_up_parameters(challenge) == {}


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://localhost:8103/documents?year=2024", "/documents?year=2024"),
        ("http://localhost:8103", "/"),
        ("http://localhost:8103//evil.example/", "/evil.example/"),
        (r"http://localhost:8103/\evil.example/", "/"),
        ("http://localhost:8103/\x7f", "/"),
        ("http://localhost:8104/documents", "/"),
        ("https://evil.example/documents", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_sign_in_started_elsewhere_returns_to_this_portal_only(target: str, path: str) -> None:
    """OIDC Core §4"""
    assert own_path(portals()["connect-assures"], target) == path


def test_the_portals_are_what_the_client_files_describe() -> None:
    circumstances = Circumstances("development", ("fr", "de", "it", "en"), {})
    clients = files.read(CONFIG / "clients", CONFIG / "brands", circumstances).clients.values()
    registered = {client.client_id: client for client in clients}

    for portal in portals().values():
        client = registered[portal.client_id]
        assert client.accepts_redirect(f"{portal.url}/callback")
        assert client.initiate_login_uri == f"{portal.url}/login"
        assert client.backchannel_logout_uri == f"{portal.url}/backchannel-logout"
        assert f"{portal.url}/" in client.post_logout_redirect_uris
        assert client.accepts_secret(portal.client_secret)
        assert set(portal.scope.split()) <= client.scopes


def test_the_links_of_a_brand_open_in_the_demonstration(store: Store) -> None:
    """The terms that people accept can be read where they are asked."""
    circumstances = Circumstances("development", ("fr", "de", "it", "en"), {})
    brands = files.read(CONFIG / "clients", CONFIG / "brands", circumstances).brands.values()
    for portal in portals().values():
        browser = create_portal(portal, "http://localhost:8000", store).test_client()
        links = next(brand for brand in brands if brand.id == portal.client_id).links
        shown = [*links.terms.values(), *links.privacy.values()]
        shown += [address for link in links.sign_in for address in link.address.values()]

        assert shown
        for address in shown:
            assert address.startswith(portal.url)
            assert browser.get(address.removeprefix(portal.url)).status_code == 200, address


@pytest.mark.parametrize("language", ["de", "it", "en"])
def test_every_text_of_a_portal_exists_in_every_language(language: str) -> None:
    folder = Path(language_of_portals.__file__).parent
    sources = "\n".join(path.read_text("utf-8") for path in (folder / "templates").iterdir())
    used = set(re.findall(r"""\bt\(["']([^"']+)["']\)""", sources))
    used |= {*signing_in.REASONS.values(), signing_in.UNKNOWN_REASON, *(kind[1] for kind in documents.KINDS)}
    for portal in portals().values():
        tiles = [text for tile in portal.tiles for text in (tile.subject, tile.state, tile.detail)]
        used |= {portal.tagline, portal.welcome, portal.account, *portal.topics.values(), *tiles}

    assert used - set(language_of_portals.texts_of(language)) == set()


def test_a_portal_greets_in_the_language_of_the_browser(store: Store) -> None:
    browser = create_portal(portals()["connect"], "http://localhost", store).test_client()

    assert '<html lang="it">' in browser.get("/", headers={"Accept-Language": "it-CH, fr;q=0.5"}).text
    assert '<html lang="fr">' in browser.get("/", headers={"Accept-Language": "rm"}).text


def test_a_portal_speaks_the_language_that_was_chosen(store: Store) -> None:
    browser = create_portal(portals()["connect"], "http://localhost:8000", store).test_client()
    assert "Se connecter" in browser.get("/").text

    browser.post("/language", data={"language": "de"})
    page = browser.get("/")
    assert '<html lang="de">' in page.text
    assert "Der Online-Bereich Ihrer Firma" in page.text

    browser.post("/language", data={"language": "xx"})
    assert "Se connecter" in browser.get("/").text


def test_a_person_who_signed_out_reads_it_once(store: Store) -> None:
    browser = create_portal(portals()["connect"], "http://localhost:8000", store).test_client()

    browser.post("/logout")

    assert "Déconnexion effectuée." in browser.get("/").text
    assert "déconnecté" not in browser.get("/").text


@pytest.mark.parametrize("client_id", list(portals()))
def test_every_portal_has_a_mark_of_its_own(store: Store, client_id: str) -> None:
    browser = create_portal(portals()[client_id], "http://localhost:8000", store).test_client()

    assert f'href="/static/{client_id}.svg"' in browser.get("/").text
    with browser.get(f"/static/{client_id}.svg") as mark:
        assert mark.mimetype == "image/svg+xml"


def drawing(picture: Path) -> list[str]:
    return re.findall(r'\bd="([^"]+)"', picture.read_text(encoding="utf-8"))
