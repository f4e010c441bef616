"""Which brand a page wears and which language it speaks (rulings 3, X-10)."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask, Request

from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from tests.support.clients import bend

Ask = Callable[..., Theme]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def ask(app: Flask, provider: Provider) -> Ask:
    def ask(*, cookies: str = "", accept: str = "", form: dict[str, str] | None = None, **known: Any) -> Theme:
        headers = {"Cookie": cookies, "Accept-Language": accept}
        with app.test_request_context("/", headers=headers, data=form, method="POST" if form else "GET") as context:
            return branding.theme(provider, context.request, **known)

    return ask


def test_the_client_of_the_request_decides(ask: Ask, provider: Provider) -> None:
    connect = provider.registry.current().client("connect")

    theme = ask(cookies="portal=e-services", client=connect)

    assert theme.brand.id == "connect"
    assert theme.remember.portal == "connect"


def test_the_fund_of_the_address_decides_and_brings_its_desk(ask: Ask, provider: Provider) -> None:
    registry = provider.registry.current()
    client = next(client for client in registry.clients if client.funds)
    fund = client.funds[0]

    theme = ask(fund=fund)

    assert theme.client == client
    assert theme.contact == (fund.desk if fund.desk.phone else theme.brand.contact)


def test_a_portal_of_one_fund_shows_its_desk_and_address_on_every_page(ask: Ask, provider: Provider) -> None:
    """Rulings 2"""
    client = provider.registry.current().client("connect")
    assert client is not None

    theme = ask(client=client, accept="de")

    assert theme.contact == client.funds[0].desk
    assert theme.postal_address == ("Ausgleichskasse Beispiel", "Postfach 1", "3001\u00a0Bern")


def test_a_portal_of_several_funds_shows_its_own_desk_until_the_fund_is_known(ask: Ask, provider: Provider) -> None:
    """Rulings 2"""
    client = provider.registry.current().client("connect")
    assert client is not None
    other = msgspec.structs.replace(client.funds[0], code="AK77", address={})
    several = bend(provider, "connect", funds=(*client.funds, other))

    assert ask(client=several).contact == ask(client=several).brand.contact
    assert ask(client=several).postal_address == ()
    assert ask(client=several, fund=client.funds[0]).contact == client.funds[0].desk


def test_the_last_portal_of_this_browser_decides_where_nothing_else_does(ask: Ask) -> None:
    assert ask(cookies="portal=espace-personnel").brand.id == "espace-personnel"


@pytest.mark.parametrize("cookie", ["", "portal=unknown", "portal=" + "x" * 5000, "portal=%00"])
def test_without_any_portal_the_page_is_neutral(ask: Ask, cookie: str) -> None:
    theme = ask(cookies=cookie)

    assert theme.brand.id == "neutral"
    assert theme.client is None


def test_the_language_just_chosen_wins_over_all(ask: Ask) -> None:
    theme = ask(form={"page_language": "it"}, cookies="language=de", accept="en", ui_locales=["fr"])

    assert theme.language == "it"
    assert theme.remember.language == "it"


def test_the_chosen_language_of_the_browser_wins_over_the_request(ask: Ask) -> None:
    assert ask(cookies="language=de", ui_locales=["it"], accept="en").language == "de"


def test_ui_locales_win_over_the_browsers_list(ask: Ask) -> None:
    assert ask(ui_locales=["rm", "it-CH"], accept="en").language == "it"


def test_the_language_that_a_portal_asked_for_stays_for_the_pages_behind(ask: Ask, provider: Provider) -> None:
    connect = provider.registry.current().client("connect")

    asked = ask(client=connect, ui_locales=["de-CH"], accept="en")

    assert (asked.remember.language, asked.remember.portal_language) == ("", "de")
    assert ask(cookies="portal-language=de", accept="en").language == "de"
    assert ask(cookies="portal-language=de", ui_locales=["it"], accept="en").language == "it"
    assert ask(cookies="portal-language=de; language=fr", accept="en").language == "fr"


@pytest.mark.parametrize(
    ("accept", "language"),
    [("de-CH,de;q=0.9,en;q=0.5", "de"), ("es,en;q=0.3", "en"), ("*", "fr"), ("", "fr"), (";;q=,x\x7f", "fr")],
)
def test_the_browsers_list_is_followed_else_the_first_language(ask: Ask, accept: str, language: str) -> None:
    assert ask(accept=accept).language == language


def test_a_portal_may_offer_fewer_languages(ask: Ask, provider: Provider) -> None:
    client = bend(provider, "e-services", policy={"languages": ("fr", "de")})

    theme = ask(client=client, accept="it", cookies="language=en")

    assert (theme.language, theme.languages) == ("fr", ("fr", "de"))


def test_a_brand_speaks_its_own_words(ask: Ask, provider: Provider) -> None:
    connect = provider.registry.current().brand("connect")
    assert connect is not None
    own = msgspec.structs.replace(connect, wording={"fr": {"Password": "Code d’accès"}})

    assert ask(brand=own, accept="fr").translator("Password") == "Code d’accès"


def test_an_unreadable_body_does_not_keep_a_page_from_being_shown(app: Flask, provider: Provider) -> None:
    with app.test_request_context(
        "/", method="POST", data=b"x" * 300_000, content_type="application/x-www-form-urlencoded"
    ) as c:
        assert branding.theme(provider, c.request).language == "fr"


def test_only_the_switch_asks_for_a_language(app: Flask) -> None:
    def request(**form: str) -> Request:
        with app.test_request_context("/", method="POST", data=form) as context:
            return context.request

    assert branding.asks_for_language(request(page_language="de"))
    assert not branding.asks_for_language(request(language="de"))


def test_a_portal_has_one_name_which_is_its_brands_in_the_readers_language(ask: Ask, provider: Provider) -> None:
    client = provider.registry.current().client("connect-assures")

    assert ask(client=client, accept="de").portal == "connect@Versicherte"


def test_a_client_without_brand_has_the_name_it_registered(ask: Ask, provider: Provider) -> None:
    client = bend(provider, "connect", brand="", client_name="Télévision")

    theme = ask(client=client, accept="de")

    assert (theme.portal, theme.name) == ("Télévision", "Anmeldung")


@pytest.mark.parametrize(
    ("method", "address", "visit"),
    [
        ("GET", "/login?portal=e-services", ""),
        ("POST", "/login?portal=e-services", "/login?portal=e-services"),
        ("POST", "/desk?q=a%20b", "/desk?q=a%20b"),
        ("POST", "/desk/staff/1/role", "/desk/staff"),
        ("POST", "/desk/companies/1/users/2/deactivated", "/desk/companies/1"),
        ("POST", "/organisations/1/users/2/resend", "/organisations/1/users/2"),
        ("POST", "/nowhere", ""),
    ],
)
def test_the_answer_to_a_form_names_the_address_to_visit_again(
    app: Flask, provider: Provider, method: str, address: str, visit: str
) -> None:
    """X-03"""
    with app.test_request_context(address, method=method) as context:
        assert branding.theme(provider, context.request).visit == visit
