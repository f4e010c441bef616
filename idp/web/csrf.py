"""Anti-CSRF: a token in every form, bound to the browser's own cookie, checked before any page's POST is looked at.

The token is a keyed digest of the browser id (`__Host-browser`), so nothing is stored. Besides, a POST that the
browser itself declares to come from another site (`Sec-Fetch-Site`, `Origin`) is refused whatever token it brings.
"""

from collections.abc import Container

from flask import Flask, Request

from idp.provider import Provider
from idp.sealing import Sealer
from idp.sessions import cookie
from idp.web.application import current_request

FIELD = "csrf_token"
PURPOSE = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfFailed(Exception):
    """The form does not come from a page that we gave to this browser; the message says in a word what showed it."""


def token(sealer: Sealer, browser: str) -> str:
    """Return the token for forms shown to this browser."""
    return sealer.digest(PURPOSE, browser)


def verify(provider: Provider, request: Request) -> None:
    """Raise `CsrfFailed` unless this POST comes from one of our pages in the same browser."""
    browser = cookie.browser(request, secure=provider.settings.server.secure)
    presented = request.form.get(FIELD, "") or request.headers.get("X-CSRF-Token", "")
    if comes_from_elsewhere(provider, request):
        raise CsrfFailed("another site")
    if not browser:
        raise CsrfFailed("cookie")
    if not provider.sealer.matches(presented, PURPOSE, browser):
        raise CsrfFailed("token")


def comes_from_elsewhere(provider: Provider, request: Request) -> bool:
    """Return whether the browser itself says that another site made this request.

    `Origin: null` says nothing: browsers send it with our own forms because of `Referrer-Policy: no-referrer`.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin not in {"null", provider.settings.server.origin}


def protect(app: Flask, provider: Provider, *, exempt: Container[str]) -> None:
    """Verify every unsafe request before its view runs, except those of the blueprints named `exempt`."""

    def verify_this_request() -> None:
        request = current_request()
        known = request.endpoint is not None
        if known and request.method not in SAFE_METHODS and request.blueprint not in exempt:
            verify(provider, request)

    app.before_request(verify_this_request)
