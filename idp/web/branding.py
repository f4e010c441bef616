"""The theme of a request's pages: brand, language, contact, page reference.

- Brand: the client of the run or request, else the fund or brand of the path, else the last portal of this browser,
  else the neutral brand.
- Language: the one just chosen on the page, otherwise the chosen one of this browser, otherwise `ui_locales` of the
  request or the address, otherwise what a portal asked for last, else `Accept-Language`, otherwise the first of the
  portal's languages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from urllib.parse import quote

from flask import Request, current_app
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header

from idp import random_values
from idp.clients.brand import Brand, Contact, Fund, desk_of, in_language
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.provider import Provider
from idp.sessions import cookie
from idp.web import csrf, preferences, request_ids
from idp.web.origin import path_of
from idp.web.preferences import Preferences
from idp.wording import Translator, text

NOTHING_NEW = Preferences()
HELPDESK = text("Helpdesk")
UI_LOCALES = "ui_locales"  # OIDC Core §3.1.2.1; portals may add it to the address of any page
LANGUAGE_FIELD = "page_language"  # name of the language switch's buttons; their value is the language


@dataclass(frozen=True)
class Theme:
    """The brand, language and client of a page. Templates read it as `theme`, its translator also as `_`."""

    brand: Brand
    translator: Translator
    reference: str  # short id of this page, to be read out to the desk
    csrf_token: str
    now: datetime  # for what is left of a code or of a waiting time
    browser: str  # the value of this browser's cookie
    new_browser: bool = False  # `Pages.page` then writes the cookie
    client: Client | None = None
    fund: Fund | None = None
    languages: tuple[str, ...] = ()  # what the switch offers
    path: str = "/"  # where this page was asked for, for the way back after switching the language
    visit: str = ""  # of the answer to a POST: the address that shows its place again, by a GET
    remember: Preferences = NOTHING_NEW  # what `Pages.page` writes to the browser
    for_staff: bool = False  # a page of the desk: its foot names whom staff ask

    @property
    def language(self) -> str:
        return self.translator.language

    @property
    def name(self) -> str:
        """The brand's name in this language; the desk belongs to no brand."""
        return self.translator(HELPDESK) if self.for_staff else self.brand.name_in(self.language)

    @property
    def portal(self) -> str:
        """The name of the portal that the page is about: its brand's, or what a client without a brand calls itself."""
        return self.client.client_name if self.client is not None and not self.client.brand else self.name

    @property
    def contact(self) -> Contact:
        """The desk of the portal's fund, where it is known or the only one, otherwise the brand's."""
        return desk_of(self.fund, self.brand)

    @property
    def postal_address(self) -> tuple[str, ...]:
        """The lines of the desk's postal address; without one, the fund's."""
        ours = self.contact.address_in(self.language)
        return ours or (self.fund.postal_address(self.language) if self.fund is not None else ())

    @property
    def terms(self) -> str:
        """The address of the terms of use: the fund's, the brand's, or what the client registered; empty for none."""
        ours = self.fund.terms if self.fund is not None and self.fund.terms else self.brand.links.terms
        return self.local(ours) or (self.client.tos_uri if self.client is not None else "")

    @property
    def privacy(self) -> str:
        """The address of the privacy notice: the brand's, or what the client registered; empty where there is none."""
        return self.local(self.brand.links.privacy) or (self.client.policy_uri if self.client is not None else "")

    def local(self, texts: dict[str, str]) -> str:
        """Return one of a brand's texts per language, in this language."""
        return in_language(texts, self.language)


def theme(
    provider: Provider,
    request: Request,
    *,
    client: Client | None = None,
    fund: Fund | None = None,
    brand: Brand | None = None,
    ui_locales: Sequence[str] = (),
    reference: str = "",
) -> Theme:
    """Return the theme of the response to this request, by the module's rules. `reference` replaces its id."""
    registry = provider.registry.current()
    remembered = preferences.read(request, secure=provider.settings.server.secure)
    portal = client or _portal_of(registry, fund, brand) or _last_portal(registry, remembered, brand)
    worn = brand if brand is not None and client is None else registry.brand_of(portal)
    languages = _offered(provider, portal)
    chosen = _just_chosen(request, languages)
    asked = ui_locales or request.args.get(UI_LOCALES, "").split()
    browsers = _accepted(request.headers.get("Accept-Language", ""))
    wishes = [chosen, remembered.language, *asked, remembered.portal_language, *browsers]
    language = _first(languages, wishes) or languages[0]
    known = cookie.browser(request, secure=provider.settings.server.secure)
    browser = known or random_values.token()
    return Theme(
        brand=worn,
        translator=provider.wording.translator(language, worn.wording, country=worn.country),
        reference=reference or request_ids.request_id(request),
        csrf_token=csrf.token(provider.sealer, browser),
        now=provider.clock.now(),
        browser=browser,
        new_browser=not known,
        client=portal,
        fund=fund or registry.fund_of(portal),
        languages=languages,
        path=path_of(request),
        visit=_visit_of(request),
        remember=_to_remember(remembered, chosen, client, _first(languages, asked if client is not None else ())),
    )


def asks_for_language(request: Request) -> bool:
    """Return whether this POST only switches the language: show the page again with what was typed, submit nothing."""
    return request.method == "POST" and LANGUAGE_FIELD in request.form


def _visit_of(request: Request) -> str:
    """Return the address of a POST, or the nearest above it that can be looked at; empty for a GET."""
    adapter = current_app.create_url_adapter(request) if request.method == "POST" and request.url_rule else None
    if adapter is None:
        return ""
    if "GET" in adapter.allowed_methods():
        return path_of(request)
    above = accumulate(request.path.split("/")[:-1], "{}/{}".format)
    return next((quote(path) for path in reversed([*above]) if path and "GET" in adapter.allowed_methods(path)), "")


def _portal_of(registry: Registry, fund: Fund | None, brand: Brand | None) -> Client | None:
    if fund is not None:
        return registry.client_of_fund(fund.code)
    if brand is not None:
        return next((client for client in registry.clients if client.brand == brand.id), None)
    return None


def _last_portal(registry: Registry, remembered: Preferences, brand: Brand | None) -> Client | None:
    return registry.portal(remembered.portal) if brand is None and remembered.portal else None


def _offered(provider: Provider, portal: Client | None) -> tuple[str, ...]:
    wanted = portal.policy.languages if portal is not None else ()
    return (
        tuple(language for language in wanted if language in provider.wording.languages) or provider.wording.languages
    )


def _just_chosen(request: Request, languages: Sequence[str]) -> str:
    """Return the language whose button was pressed. An unreadable body chooses nothing, so error pages can ask too."""
    if request.method != "POST":
        return ""
    try:
        asked = request.form.get(LANGUAGE_FIELD, "")
    except HTTPException:
        return ""
    return asked if asked in languages else ""


def _first(languages: Sequence[str], wishes: Sequence[str]) -> str:
    """Return the first offered language among BCP 47 wishes (`fr-CH` matches `fr`); empty for none."""
    primaries = (locale.replace("_", "-").partition("-")[0].lower() for locale in wishes)
    return next((primary for primary in primaries if primary in languages), "")


@lru_cache(maxsize=256)
def _accepted(header: str) -> tuple[str, ...]:
    """Return the languages of an `Accept-Language` header, the most wished first: few headers are different."""
    return tuple(parse_accept_header(header, LanguageAccept).values())


def _to_remember(remembered: Preferences, chosen: str, client: Client | None, asked: str) -> Preferences:
    portal = client.client_id if client is not None and client.vetted else ""
    return Preferences(
        language=chosen if chosen != remembered.language else "",
        portal=portal if portal != remembered.portal else "",
        portal_language=asked if asked != remembered.portal_language else "",
    )
