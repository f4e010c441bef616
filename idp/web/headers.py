"""Security headers: strict everywhere, with the exceptions that a page needs (CSP Level 3, OWASP ASVS 3.4).

Inline scripts and styles are forbidden, except for the one script of a page that asks for a nonce.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response

from idp.settings import Settings

FOR_EVERYTHING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}
FOR_PAGES = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)",
}
TWO_YEARS = 63_072_000


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The foreign origins that a page may reach; each entry is an origin (`https://portal.example`, `app:`)."""

    form_action: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    nonce: str = ""

    def policy(self) -> str:
        """Return the Content-Security-Policy of this page."""
        known = _policy(self.form_action, self.images, self.frames)
        return f"{known} 'nonce-{self.nonce}'" if self.nonce else known


@lru_cache(maxsize=1024)
def _policy(form_action: tuple[str, ...], images: tuple[str, ...], frames: tuple[str, ...]) -> str:
    """Return the policy without a nonce, which belongs to its last directive: few pages differ in their origins."""
    directives = {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", *images],
        "connect-src": ["'self'"],
        "frame-src": list(frames) or ["'none'"],
        "form-action": ["'self'", *form_action],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "script-src": ["'self'"],
    }
    return "; ".join(" ".join([name, *values]) for name, values in directives.items())


def put_on_page(response: Response, sources: Sources) -> Response:
    """Give a page its policy."""
    response.headers.update(FOR_PAGES)
    response.headers["Content-Security-Policy"] = sources.policy()
    return response


def forget_pages(response: Response) -> Response:
    """Have the browser forget the pages it kept of this host, so that nobody goes back to them (ASVS 14.3.1)."""
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


class StrictHeaders:
    """WSGI layer that puts the strict headers on every answer that has not set its own."""

    def __init__(self, application: WSGIApplication, settings: Settings) -> None:
        secure = {"Strict-Transport-Security": f"max-age={TWO_YEARS}; includeSubDomains"}
        wanted = {**FOR_EVERYTHING, **(secure if settings.server.secure else {})}
        self._application = application
        self._wanted = [(name.lower(), (name, value)) for name, value in wanted.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            missing = [header for name, header in self._wanted if name not in present]
            return start_response(status, headers + missing, *rest)

        return self._application(environ, start)
