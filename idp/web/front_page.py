"""`/`: the list of portals, for people who came here by themselves and for pages without a better link."""

from flask import Blueprint, Response, request

from idp.clients.registry import Registry
from idp.provider import Provider
from idp.web import branding, problems


def blueprint(provider: Provider) -> Blueprint:
    front = Blueprint("front_page", __name__)

    @front.get("/")
    def portals() -> Response:
        registry = provider.registry.current()
        theme = branding.theme(provider, request, brand=registry.neutral_brand)
        return provider.pages.page(
            theme, "pages/portals.html", portals=portal_links(provider, registry, theme.language)
        )

    return front


def portal_links(provider: Provider, registry: Registry, language: str) -> list[tuple[str, str]]:
    """Name and address of every portal that can begin a sign-in by itself, by the name that people know."""
    portals = [client for client in registry.clients if client.home and client.brand]
    names = {portal.client_id: registry.brand_of(portal).name_in(language) for portal in portals}
    named = [(names[portal.client_id], problems.fresh_sign_in(provider, portal)) for portal in portals]
    return sorted(named, key=lambda portal: portal[0].casefold())
