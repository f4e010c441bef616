"""A brand's colours as a stylesheet of its own, and its word mark, so that pages need no inline style.

The address carries a digest of the content: browsers keep the file for ever and never show an old one.
"""

from hashlib import sha256

from flask import Blueprint, Response, abort, send_from_directory

from idp.clients.brand import Brand
from idp.provider import Provider
from idp.settings import ROOT

FOR_EVER = "public, max-age=31536000, immutable"


def stylesheet(brand: Brand) -> str:
    """The custom properties that `vestibule.css` builds on."""
    dark_brand, dark_ink = brand.colours.on_dark
    return (
        f":root{{--brand:{brand.colours.brand};--brand-ink:{brand.colours.ink}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{--brand:{dark_brand};--brand-ink:{dark_ink}}}}}\n"
    )


def stylesheet_address(brand: Brand) -> str:
    digest = sha256(stylesheet(brand).encode()).hexdigest()[:12]
    return f"/brand/{brand.id}/{digest}.css"


def wordmark_address(brand: Brand) -> str:
    """Empty where the name is written as text."""
    return f"/brand/{brand.id}/{brand.wordmark}" if brand.wordmark else ""


def blueprint(provider: Provider) -> Blueprint:
    """`/brand/<id>/…`."""
    files = Blueprint("brand_files", __name__)

    @files.get("/brand/<brand_id>/<digest>.css")
    def colours(brand_id: str, digest: str) -> Response:
        brand = _brand(provider, brand_id)
        response = Response(stylesheet(brand), mimetype="text/css")
        fresh = stylesheet_address(brand).endswith(f"/{digest}.css")
        response.headers["Cache-Control"] = FOR_EVER if fresh else "no-store"
        return response

    @files.get("/brand/<brand_id>/<name>.svg")
    def wordmark(brand_id: str, name: str) -> Response:
        brand = _brand(provider, brand_id)
        if brand.wordmark != f"{name}.svg":
            abort(404)
        folder = ROOT / provider.settings.files.brands / brand.id
        response = send_from_directory(folder, brand.wordmark, mimetype="image/svg+xml")
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    return files


def _brand(provider: Provider, brand_id: str) -> Brand:
    registry = provider.registry.current()
    brand = registry.brand(brand_id) or (registry.neutral_brand if registry.neutral_brand.id == brand_id else None)
    if brand is None:
        abort(404)
    return brand
