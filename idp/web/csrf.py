"""Anti-CSRF: a token in every form, bound to the browser's own cookie, checked before any page's POST is looked at.

The token is a keyed digest of the browser id (`__Host-browser`), so nothing is stored. Besides, a POST that the
browser itself declares cross-site (`Sec-Fetch-Site`, `Origin`) is refused whatever token it brings.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from flask import Flask, Request

from idp.opaque import Vault

if TYPE_CHECKING:
    from idp.provider import Provider

FIELD = "csrf_token"


class CsrfFailed(Exception):
    """The form does not come from a page that we gave to this browser."""


def token(vault: Vault, browser: str) -> str:
    """The token for forms shown to this browser."""
    return vault.digest("csrf", browser)


def verify(provider: Provider, request: Request) -> None:
    """Raise `CsrfFailed` unless this POST comes from one of our pages in the same browser."""
    raise NotImplementedError


def protect(app: Flask, provider: Provider, *, exempt: Container[str]) -> None:
    """Verify every unsafe request before its view runs, except those of the blueprints named `exempt`."""
    raise NotImplementedError
