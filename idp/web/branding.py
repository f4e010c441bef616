"""How the pages of a request look and speak: brand, language, contact, page reference.

- Brand: the client of the run or request, else the fund or brand of the path, else the last portal of this browser,
  else the neutral brand.
- Language: the one just chosen on the page, else the chosen one of this browser, else `ui_locales`, else
  `Accept-Language`, else the first of the portal's languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Request

from idp.wording import Translator

if TYPE_CHECKING:
    from idp.clients.brand import Brand, Fund
    from idp.clients.client import Client
    from idp.provider import Provider

LANGUAGE_FIELD = "page_language"  # name of the language switch's buttons; their value is the language


@dataclass(frozen=True)
class Look:
    """What a page needs to know about its surroundings. Templates reach it as `look`, the translator also as `_`."""

    brand: Brand
    translator: Translator
    reference: str  # short id of this page, to be read out to the desk
    csrf_token: str
    browser: str  # the id of this browser; a new one is written to its cookie by `Pages.page`
    client: Client | None = None
    fund: Fund | None = None
    languages: tuple[str, ...] = ()  # what the switch offers

    @property
    def language(self) -> str:
        return self.translator.language


def look(
    provider: Provider,
    request: Request,
    *,
    client: Client | None = None,
    fund: Fund | None = None,
    brand: Brand | None = None,
    ui_locales: Sequence[str] = (),
    reference: str = "",
) -> Look:
    """The look of the answer to this request (see the module's rules). `reference` replaces the request's id."""
    raise NotImplementedError


def asks_for_language(request: Request) -> bool:
    """Whether this POST only switches the language: show the page again with what was typed, submit nothing."""
    return request.method == "POST" and LANGUAGE_FIELD in request.form
