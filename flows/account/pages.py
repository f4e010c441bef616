"""The addresses of a person's own pages."""

from flask import Blueprint

from flows.account import activity, devices, overview, own_data, portals, security
from flows.account.owner import owner_only
from flows.account.rooms import ACTIVITY, DATA, DEVICES, OVERVIEW, PORTALS, SECURITY
from idp.provider import Provider


def blueprint(provider: Provider) -> Blueprint:
    """Return the routes: one address for each page. Changes are journeys, or POSTs to the page's address."""
    pages = Blueprint("account", __name__)
    guard = owner_only(provider)
    pages.add_url_rule(OVERVIEW.path, "overview", guard(overview.show))
    pages.add_url_rule(DEVICES.path, "devices", guard(devices.show))
    pages.add_url_rule(SECURITY.path, "security", guard(security.show))
    pages.add_url_rule(ACTIVITY.path, "activity", guard(activity.show))
    pages.add_url_rule(PORTALS.path, "portals", guard(portals.show))
    pages.add_url_rule(DATA.path, "data", guard(own_data.show))
    pages.add_url_rule(own_data.FILE, "data-file", guard(own_data.download))
    return pages
