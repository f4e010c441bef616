"""One request to a journey's address, read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Request

from idp import random_values
from idp.clients.client import Client
from idp.database import Origin
from idp.interaction import PARAMETER
from idp.provider import Provider
from idp.sessions import cookie
from idp.web import branding
from idp.web.branding import LANGUAGE_FIELD, Theme
from idp.web.origin import origin_of, path_of

STEP_FIELD = "step"  # the step whose page was posted
ACTION_FIELD = "action"  # the button that was pressed; absent for the page's primary one
PAGE_FIELD = "page"  # random, per rendered page: tells a repeated first POST from a new one
CLIENT_PARAMETER = "portal"
FUND_PARAMETER = "fund"
RETURN_PARAMETER = "return"


@dataclass(frozen=True)
class PageRequest:
    """`path` includes the `query`. In `form`, values of one name (ticked boxes) are joined by blanks. `request` is the
    sealed authorization request, `portal` the portal named in the address and `fund` its fund's code, `return_to` the
    sealed path to come back to.

    `theme` makes the theme for a portal and one of its funds, by code. `session_token` reads the cookie of an SSO
    group.
    """

    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    browser: str
    origin: Origin
    request: str
    portal: str
    fund: str
    return_to: str
    theme: Callable[[Client | None, Sequence[str], str], Theme]
    session_token: Callable[[str], str]

    @property
    def step(self) -> str:
        return self.form.get(STEP_FIELD, "")

    @property
    def action(self) -> str:
        return self.form.get(ACTION_FIELD, "")

    @property
    def asks_for_language(self) -> bool:
        return LANGUAGE_FIELD in self.form

    @property
    def fingerprint(self) -> str:
        """The browser's fingerprint as a run stores it; empty for a browser without cookie: no run is bound to one."""
        return random_values.fingerprint(self.browser) if self.browser else ""


def read(provider: Provider, request: Request) -> PageRequest:
    """Read a Flask request into a `PageRequest`."""
    secure = provider.settings.server.secure

    def theme(client: Client | None, ui_locales: Sequence[str], fund: str) -> Theme:
        known = provider.registry.current().fund_of(client, fund)
        return branding.theme(provider, request, client=client, fund=known, ui_locales=ui_locales)

    return PageRequest(
        path=path_of(request),
        query=request.args.to_dict(),
        form={name: " ".join(values) for name, values in request.form.lists()} if request.method == "POST" else {},
        browser=cookie.browser(request, secure=secure),
        origin=origin_of(request),
        request=request.args.get(PARAMETER, ""),
        portal=request.args.get(CLIENT_PARAMETER, ""),
        fund=request.args.get(FUND_PARAMETER, ""),
        return_to=request.args.get(RETURN_PARAMETER, ""),
        theme=theme,
        session_token=lambda group: cookie.read(request, group, secure=secure),
    )
