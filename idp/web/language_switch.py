"""`POST /language`: the language switch of pages that have no form of their own.

Pages with a form send the switch's button with it, so that the step and what was typed stay (X-10).
"""

from flask import Blueprint, redirect, request
from werkzeug import Response

from idp.provider import Provider
from idp.web import branding, preferences
from idp.web.preferences import Preferences


def blueprint(provider: Provider) -> Blueprint:
    switch = Blueprint("language", __name__)

    @switch.post("/language")
    def choose() -> Response:
        theme = branding.theme(provider, request)
        response = redirect(own_path(request.form.get("back", "")), 303)
        secure = provider.settings.server.secure
        preferences.write(response, Preferences(language=theme.remember.language), secure=secure)
        return response

    return switch


def own_path(address: str) -> str:
    """Return the address if it is a path of this server, otherwise the front page: never an open redirect."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if inside and address.isprintable() else "/"
