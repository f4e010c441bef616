"""A brand's pages with sample data, as one document that loads nothing: an operator looks at it without signing in.

Each page stands in frames of its own, light and dark, wide and narrow, with the style sheets written into it.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from markupsafe import Markup

from idp.clients.brand import Brand
from idp.clients.brand_images import KINDS
from idp.clients.client import Client
from idp.provider import Provider
from idp.settings import HOME
from idp.web import brand_files
from idp.web.branding import Theme
from idp.web.problems import PageLink, Problem
from idp.wording import counted, text

PREFERS_DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")
FRAMES = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
HEIGHT = 1000
EXPIRED = text("That code has expired. Request a new one.")
EARLIER = PageLink(text("To the list of portals"), "/")

UNTOUCHED: dict[str, object] = {"errors": {}, "typed": {}, "csrf_field": lambda: ""}

DOCUMENT = Markup("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{name}: preview</title>
<style>
body {{ margin: 2rem; font: 1rem/1.5 system-ui, sans-serif; background: #e4e7ea; color: #1a1f24 }}
section > div {{ display: flex; gap: 1rem; overflow-x: auto }}
iframe {{ flex: none; border: 1px solid #6d7681; zoom: .5 }}
</style>
<h1>{name}: {brand_id}, {language}</h1>
{pages}
</html>
""")
SECTION = Markup(
    '<section><h2>{title}</h2><div tabindex="0" role="group" aria-label="{title}">{frames}</div></section>\n'
)
FRAME = Markup(
    '<iframe sandbox="" loading="lazy" title="{title}" width="{width}" height="{height}" srcdoc="{page}"></iframe>'
)


def document(provider: Provider, brand: Brand, client: Client, language: str) -> str:
    """Return the preview of a brand, worn by this client, in this language."""
    theme = _theme(provider, brand, client, language)
    styles = {scheme: _styles(provider, brand, dark=scheme == "dark") for scheme in ("light", "dark")}
    sections = []
    for title, template, values in _samples(theme, client):
        whole = provider.pages.text(theme, template, **{**UNTOUCHED, **values})
        pages = {scheme: _alone(whole, provider, brand, dark=scheme == "dark") for scheme in styles}
        frames = [
            FRAME.format(
                title=f"{title}, {width}, {scheme}",
                width=width,
                height=HEIGHT,
                page=pages[scheme].replace("</head>", f"<style>{styles[scheme]}</style></head>"),
            )
            for width, scheme in FRAMES
        ]
        sections.append(SECTION.format(title=title, frames=Markup("\n").join(frames)))
    return DOCUMENT.format(name=theme.name, brand_id=brand.id, language=language, pages=Markup("").join(sections))


def _theme(provider: Provider, brand: Brand, client: Client, language: str) -> Theme:
    return Theme(
        brand=brand,
        translator=provider.wording.translator(language, brand.wording, country=brand.country),
        reference="7KQ4-M2XT",
        csrf_token="",
        now=provider.clock.now(),
        browser="",
        client=client,
        fund=provider.registry.current().fund_of(client),
        languages=client.policy.languages or provider.wording.languages,
    )


def _samples(theme: Theme, client: Client) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield title, template and values of every page that the preview shows."""
    step = _step(client)
    stages = [theme.translator(each) for each in (text("Email"), text("Phone"), text("Password"))]
    code = {
        "title": text("Code from the email"),
        "channel": "email",
        "channel_down": False,
        "ended": "",
        "code_length": 6,
        "code_alphabet": "digits",
        "sent_to": "anne.rochat@example.ch",
        "stages": stages,
        "stage": 0,
        "live": SimpleNamespace(expires_at=theme.now + timedelta(minutes=5), resend_at=theme.now),
    }
    wrong = {
        "code": counted(
            "That code is not correct. You have 1 try left.",
            "That code is not correct. You have %(count)d tries left.",
            3,
        )
    }
    password = {"title": text("Choose a new password"), "floor": client.policy.password_floor, "username": ""}
    differ = {"new_password_again": text("The two passwords differ.")}
    problem = Problem(
        text("This page has expired"), text("It has been too long since you left the portal. Go back and start again.")
    )
    yield "Signing in", "steps/credentials.html", step
    yield "A letter’s code", "steps/registration-code.html", {**step, "by_invitation": False, "asks_birth_date": True}
    yield "A code from an email", "steps/code.html", {**step, **code}
    yield "A wrong code", "steps/code.html", {**step, **code, "errors": wrong}
    yield "A code that expired", "steps/code.html", {**step, **code, "ended": EXPIRED}
    yield "A new password", "steps/new-password.html", {**step, **password}
    yield "A password mistyped", "steps/new-password.html", {**step, **password, "errors": differ}
    yield "Terms of use", "steps/terms.html", step
    yield "Success", "pages/password-replaced.html", {**step, "wait": 48}
    yield "Signed out", "pages/logged-out.html", {"portals": (theme.name,), "links": [EARLIER]}
    yield "A dead end", "pages/problem.html", {"problem": problem, "links": [EARLIER], "again": None}


def _step(client: Client) -> dict[str, object]:
    """Return what every page of a journey is given."""
    return {
        **{"stage": None, "stages": (), "notice": "", "step": "sample", "page_id": "", "back": "", "time_limit": None},
        **{"openings": (), "hint": "", "request": "", "opened": False},
        "run": SimpleNamespace(client=client, return_url="/", way_out="/"),
    }


def _styles(provider: Provider, brand: Brand, *, dark: bool) -> str:
    """Return both style sheets for one scheme, whatever the scheme of the reader's browser."""
    ours = (HOME / "templates" / "static" / "vestibule.css").read_text(encoding="utf-8")
    return _with_images(_in_scheme(ours + brand_files.stylesheet(brand), dark=dark), provider, brand, dark=dark)


def _in_scheme(styles: str, *, dark: bool) -> str:
    """Return styles whose questions about the dark scheme are answered."""
    return PREFERS_DARK.sub("(min-width:0)" if dark else "(max-width:0)", styles)


def _alone(page: str, provider: Provider, brand: Brand, *, dark: bool) -> str:
    """Return the page without what it loads: its images are written into it."""
    still = re.sub(r"<link rel=[^>]*>|<script src=[^>]*></script>", "", page)
    return _with_images(still, provider, brand, dark=dark)


def _with_images(content: str, provider: Provider, brand: Brand, *, dark: bool) -> str:
    folder = HOME / provider.settings.files.brands / brand.id
    for name in brand.images:
        image = (folder / name).read_bytes()
        if name.endswith(".svg"):
            image = _in_scheme(image.decode(), dark=dark).encode()
        written = f"data:{KINDS[Path(name).suffix]};base64,{b64encode(image).decode()}"
        content = content.replace(brand_files.image_address(brand, name), written)
    return content
