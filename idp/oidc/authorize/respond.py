"""The one writer of authorization responses: every success and every error, with `state` and `iss`, in every mode.

`RESPONSE_MODES` is the table; discovery publishes its names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

import structlog
from flask import Response, request
from werkzeug.datastructures import Headers

from idp.clients import address
from idp.clients.address import Address
from idp.clients.client import Client
from idp.grants.raw_parameters import RawParameters
from idp.oidc.authorize.signed_response import sign_response
from idp.oidc.errors import OAuthError
from idp.provider import Provider
from idp.web import branding

log = structlog.get_logger()

SEE_OTHER = 303  # never 307: it would repeat a posted password to the client (RFC 9700 §4.12)
DEFAULT_MODE = "query"


@dataclass(frozen=True, kw_only=True)
class ResponseDestination:
    """Where the answer goes, known and registered before anything is sent there."""

    client: Client
    redirect_uri: str
    mode: str
    state: str

    @property
    def address(self) -> Address:
        """The redirect address, read. Only one that can be read is ever registered or accepted."""
        found = address.read(self.redirect_uri)
        if found is None:
            raise LookupError("an address that nobody could register")
        return found


def destination_of(raw: RawParameters, client: Client) -> ResponseDestination:
    """Return where answers to this request go. A mode that is unknown or sent twice is answered by query."""
    mode = raw.get("response_mode")
    sent_once = "response_mode" not in raw.repeated
    return ResponseDestination(
        client=client,
        redirect_uri=raw.get("redirect_uri"),
        mode=mode if sent_once and mode in RESPONSE_MODES else DEFAULT_MODE,
        state="" if "state" in raw.repeated else raw.get("state"),
    )


def success(provider: Provider, destination: ResponseDestination, code: str) -> Response:
    """RFC 6749 §4.1.2."""
    return _answer(provider, destination, {"code": code})


def failure(provider: Provider, destination: ResponseDestination, error: OAuthError) -> Response:
    """RFC 6749 §4.1.2.1."""
    client_id = destination.client.client_id
    log.info("authorization_refused", client=client_id, error=error.code, reason=error.detail or error.description)
    return _answer(provider, destination, error.parameters)


def _answer(provider: Provider, destination: ResponseDestination, parameters: Mapping[str, str]) -> Response:
    state = {"state": destination.state} if destination.state else {}
    issuer = {"iss": provider.settings.server.issuer} if _names_issuer(destination, parameters) else {}
    return RESPONSE_MODES[destination.mode](provider, destination, {**parameters, **state, **issuer})


def _names_issuer(destination: ResponseDestination, parameters: Mapping[str, str]) -> bool:
    """Return whether the answer has an `iss` (RFC 9207 §2).

    A client may be spared it in plain errors, never in a code or a signed answer (JARM §2.1).
    """
    plain_error = "error" in parameters and "jwt" not in destination.mode
    return destination.client.iss_in_error_answers or not plain_error


def by_query(_provider: Provider, destination: ResponseDestination, parameters: Mapping[str, str]) -> Response:
    """OAuth 2.0 Multiple Response Types §2.1. A query that is part of the registered address stays."""
    return see_other(destination.address.with_parameters(parameters))


def by_form_post(provider: Provider, destination: ResponseDestination, parameters: Mapping[str, str]) -> Response:
    """OAuth 2.0 Form Post Response Mode: a page that posts itself, with a button where scripts do not run."""
    theme = branding.theme(provider, request, client=destination.client)
    return provider.pages.page(
        theme,
        "pages/form-post.html",
        form_action=[destination.redirect_uri],
        address=destination.redirect_uri,
        parameters=parameters,
    )


def by_signed_query(provider: Provider, destination: ResponseDestination, parameters: Mapping[str, str]) -> Response:
    """JARM §2.3.1."""
    return by_query(provider, destination, sign_response(provider, destination.client, parameters))


def by_signed_form_post(
    provider: Provider, destination: ResponseDestination, parameters: Mapping[str, str]
) -> Response:
    """JARM §2.3.3."""
    return by_form_post(provider, destination, sign_response(provider, destination.client, parameters))


ResponseMode = Callable[[Provider, ResponseDestination, Mapping[str, str]], Response]

RESPONSE_MODES: dict[str, ResponseMode] = {
    "query": by_query,
    "form_post": by_form_post,
    "jwt": by_signed_query,  # JARM §2.3.4: what is usual for a code
    "query.jwt": by_signed_query,
    "form_post.jwt": by_signed_form_post,
}


class ExactRedirect(Response):
    """Sends the browser on, to the address as it was registered: byte for byte (RFC 9700 §2.1)."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Without werkzeug's corrections of `Location`, which change case, braces and ports."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


def see_other(location: str) -> Response:
    """Send the browser on with a GET."""
    return ExactRedirect(status=SEE_OTHER, headers={"Location": location, "Cache-Control": "no-store"})
