"""Every macro in every state on a few pages, for eyes and for axe. Exists in tests only.

Run `python -m tests.web.gallery <folder>` for pictures of all of them.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, request
from jinja2 import ChoiceLoader, FileSystemLoader
from webauthn import generate_registration_options, options_to_json

from idp.clients.brand import Brand
from idp.provider import Provider
from idp.web import branding
from idp.wording import text

TEMPLATES = Path(__file__).parent / "templates"
PAGES = (
    "sign-in",
    "code",
    "code-wrong",
    "profile",
    "errors",
    "choices",
    "notices",
    "table",
    "empty",
    "done",
    "passkey",
)
BRANDS = ("e-services", "connect", "connect-assures", "espace-personnel", "neutral")


def hang_up(app: Flask) -> None:
    """Add `/gallery/<page>` to an application; `?brand=` dresses it, `?layout=` lays it out."""
    provider: Provider = app.extensions["provider"]
    environment = provider.pages.environment  # type: ignore[attr-defined]
    environment.loader = ChoiceLoader([environment.loader, FileSystemLoader(TEMPLATES)])
    gallery = Blueprint("gallery", __name__)

    @gallery.route("/gallery/<name>", methods=["GET", "POST"])
    def show(name: str) -> Response:
        registry = provider.registry.current()
        brand = _laid_out(registry.brand(request.args.get("brand", "e-services")), request.args.get("layout", "card"))
        theme = branding.theme(provider, request, brand=brand)
        return provider.pages.page(theme, f"gallery/{name}.html", **values(provider, name))

    app.register_blueprint(gallery)


def _laid_out(brand: Brand | None, layout: str) -> Brand | None:
    if brand is None:
        return None
    return msgspec.structs.replace(brand, layout=layout, picture="lake.webp" if layout == "split" else "")


def values(provider: Provider, name: str) -> dict[str, Any]:
    """What the page of this name is given."""
    now = provider.clock.now()
    return {
        "creation_options": CREATION_OPTIONS,
        "until": now + timedelta(minutes=5),
        "again_at": now + timedelta(seconds=45),
        "errors": ERRORS.get(name, {}),
        "typed": TYPED.get(name, {}),
        **{"stage": None, "stages": (), "notice": "", "step": name, "page_id": "1", "back": ""},
        "time_limit": {"seconds": 3600, "until": now + timedelta(hours=1), "extend": "/extend"},
        "sort_address": lambda key: f"?sort={key}",
    }


CREATION_OPTIONS = options_to_json(
    generate_registration_options(rp_id="localhost", rp_name="Vestibule", user_name="anne", user_id=b"anne")
)
ERRORS = {
    "errors": {
        "family_name": text("Fill in this field."),
        "birth_date": text("Enter the date in this form: 16.07.1956."),
        "phone": text("This number cannot receive text messages."),
        "honorific": text("Choose one of the answers."),
        "language": text("Choose one of the answers."),
        "password": text("This password is too common or has leaked elsewhere. Choose another one."),
        "terms": text("Accept the terms of use to continue."),
    },
    "code-wrong": {"code": text("That code is not correct. %(count)d tries left.", count=3)},
}
TYPED = {"errors": {"given_name": "Béatrice", "birth_date": "31.02.1956", "phone": "021 613 35 67"}}
