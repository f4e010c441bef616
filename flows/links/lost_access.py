"""« I lost something »: the way back from each loss, on one page that a caller can read out to the desk.

It tells everybody the same: what applies to a person is found out by signing in, not here.
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from flows.account import rooms
from flows.engine.page_request import CLIENT_PARAMETER
from flows.links.way_to_an_account import NO_PORTAL
from idp.provider import Provider
from idp.web import branding
from idp.web.error_pages import problem_page

LOST_ACCESS = "/lost-access"


def blueprint(provider: Provider) -> Blueprint:
    """Return the page of losses, at the portal that the address names."""
    pages = Blueprint("lost_access", __name__)

    @pages.get(LOST_ACCESS)
    def lost() -> Response:
        client = provider.registry.current().portal(request.args.get(CLIENT_PARAMETER, ""))
        theme = branding.theme(provider, request, client=client)
        if client is None:
            return problem_page(provider, theme, NO_PORTAL, 404)
        query = urlencode({CLIENT_PARAMETER: client.client_id})
        security = rooms.address(client, rooms.SECURITY.path)
        return provider.pages.page(theme, "pages/lost-access.html", query=query, security=security)

    return pages
