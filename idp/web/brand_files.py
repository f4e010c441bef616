"""A brand's colours as a stylesheet of its own, its images and its icon, so that pages need no inline style.

The address carries a digest of the content: browsers keep the file indefinitely and never show an old one.
"""

from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory
from markupsafe import escape

from idp.clients.brand import Brand
from idp.clients.brand_images import KINDS
from idp.provider import Provider
from idp.settings import HOME

WIDE = "@media (min-width:60rem)"
"""Where `split` has room for its picture; narrower screens do not load it."""
FOR_EVER = "public, max-age=31536000, immutable"


def stylesheet(brand: Brand) -> str:
    """Return the custom properties that `vestibule.css` builds on."""
    dark_brand, dark_ink = brand.colours.on_dark
    picture = (
        f"{WIDE}{{.picture{{background-image:url({image_address(brand, brand.picture)})}}}}\n" if brand.picture else ""
    )
    return (
        f":root{{--brand:{brand.colours.brand};--brand-ink:{brand.colours.ink}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{--brand:{dark_brand};--brand-ink:{dark_ink}}}}}\n"
        f"{picture}"
    )


def icon(brand: Brand) -> str:
    """Return the first letter of the name on the brand's colour, for browser tabs."""
    letter = escape(brand.name_in("")[:1].upper())
    colours = brand.colours
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{colours.brand}"/><text x="16" y="23" text-anchor="middle" '
        f'font-family="sans-serif" font-weight="700" font-size="20" fill="{colours.ink}">{letter}</text></svg>'
    )


def stylesheet_address(brand: Brand) -> str:
    return f"/brand/{brand.id}/{_digest(stylesheet(brand))}.css"


def icon_address(brand: Brand) -> str:
    """Return the address of the brand's mark, otherwise of the first letter of its name."""
    return image_address(brand, brand.mark) or f"/brand/{brand.id}/icon/{_digest(icon(brand))}.svg"


def image_address(brand: Brand, name: str) -> str:
    """Return the address of an image of the brand's folder; empty for none."""
    return f"/brand/{brand.id}/image/{name}" if name else ""


def blueprint(provider: Provider) -> Blueprint:
    """Return the routes of the files of brands, `/brand/<id>/…`."""
    files = Blueprint("brand_files", __name__)

    @files.get("/brand/<brand_id>/<digest>.css")
    def colours(brand_id: str, digest: str) -> Response:
        brand = _brand(provider, brand_id)
        return _kept(stylesheet(brand), "text/css", digest)

    @files.get("/brand/<brand_id>/icon/<digest>.svg")
    def tab_icon(brand_id: str, digest: str) -> Response:
        brand = _brand(provider, brand_id)
        return _kept(icon(brand), "image/svg+xml", digest)

    @files.get("/brand/<brand_id>/image/<name>")
    def image(brand_id: str, name: str) -> Response:
        brand = _brand(provider, brand_id)
        if name not in brand.images:
            abort(404)
        folder = HOME / provider.settings.files.brands / brand.id
        response = send_from_directory(folder, name, mimetype=KINDS[Path(name).suffix])
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    return files


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()[:12]


def _kept(content: str, mimetype: str, digest: str) -> Response:
    """Let browsers keep the content for ever under its own address. An old address gets the new content, once."""
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = FOR_EVER if digest == _digest(content) else "no-store"
    return response


def _brand(provider: Provider, brand_id: str) -> Brand:
    registry = provider.registry.current()
    brand = registry.brand(brand_id) or (registry.neutral_brand if registry.neutral_brand.id == brand_id else None)
    if brand is None:
        abort(404)
    return brand
