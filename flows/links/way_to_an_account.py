"""`prompt=create`: the way to an account that this portal offers (rulings 4).

Only a page with links, so it is no journey; the request travels on in the address.
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from flows.engine.page_request import CLIENT_PARAMETER
from idp import interaction
from idp.clients.client import Client
from idp.database import Transaction
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.problems import Problem
from idp.wording import text

ADDRESS = "/registration"
NO_PORTAL = Problem(
    text("Which portal would you like to go to?"),
    text("This page belongs to a portal, but the address does not say which one."),
)


def blueprint(provider: Provider) -> Blueprint:
    """Return the page that `prompt=create` leads to."""
    pages = Blueprint("way_to_an_account", __name__)

    @pages.get(ADDRESS)
    def explain() -> Response:
        sealed = request.args.get(interaction.PARAMETER, "")
        with provider.database.reading() as tx:
            client, locales = _asked_by(provider, tx, sealed)
        theme = branding.theme(provider, request, client=client, ui_locales=locales)
        if client is None:
            return problem_page(provider, theme, NO_PORTAL, 404)
        return _page(provider, theme, client, sealed)

    return pages


def _asked_by(provider: Provider, tx: Transaction, sealed: str) -> tuple[Client | None, tuple[str, ...]]:
    """Return the portal of the request, otherwise the one that the address names."""
    registry = provider.registry.current()
    pending = interaction.open_pending(tx, sealed) if sealed else None
    if pending is not None:
        return registry.client(pending.client_id), pending.ui_locales
    return registry.portal(request.args.get(CLIENT_PARAMETER, "")), ()


def _page(provider: Provider, theme: Theme, client: Client, sealed: str) -> Response:
    asked = {interaction.PARAMETER: sealed} if sealed else {CLIENT_PARAMETER: client.client_id}
    source = client.policy.legacy
    return provider.pages.page(
        theme,
        f"pages/way-to-an-account-{client.policy.prompt_create}.html",
        query=urlencode(asked),
        funds=client.funds,
        last_day=source.last_day if source is not None else None,
    )
