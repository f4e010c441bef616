"""A brand's pages and messages with sample data, as one document that loads nothing.

Each page stands in frames of its own, light and dark, wide and narrow, with the style sheets written into it.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from idp.clients.brand import Brand
from idp.clients.brand_images import KINDS
from idp.clients.client import Client
from idp.provider import Provider
from idp.settings import HOME
from idp.web import brand_files
from idp.web.branding import Theme
from idp.web.preview import pages, writings
from idp.web.preview.writings import Writing

PREFERS_DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")
FRAMES = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
FEW_FRAMES = ((1280, "light"), (390, "dark"))
HEIGHT = 1000
SHEET_OF_PAPER = (794, 1123)  # A4 in CSS pixels

DOCUMENT = Markup("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{name}: preview</title>
<style>
body {{ margin: 2rem; font: 1rem/1.5 system-ui, sans-serif; background: #e4e7ea; color: #1a1f24 }}
section > div {{ display: flex; gap: 1rem; overflow-x: auto }}
iframe, embed {{ flex: none; border: 1px solid #6d7681; zoom: .5 }}
pre {{ max-width: 40rem; margin: 0; padding: 1rem; background: #fff; font: inherit; white-space: pre-wrap }}
</style>
<h1>{name}: {brand_id}, {language}</h1>
<ul>{contents}</ul>
{chapters}
<script>
const seen = new IntersectionObserver(found => found.filter(each => each.isIntersecting).forEach(({{ target }}) => {{
  target.srcdoc = target.dataset.page
  seen.unobserve(target)
}}), {{ rootMargin: "1000px" }})
document.querySelectorAll("iframe").forEach(frame => seen.observe(frame))
</script>
</html>
""")
"""Its script fills a frame when somebody comes near: hundreds of pages at once would keep the browser busy."""
CONTENT = Markup('<li><a href="#{anchor}">{title}</a></li>')
CHAPTER = Markup('<h2 id="{anchor}">{title}</h2>\n')
SECTION = Markup(
    '<section><h3>{title}</h3><div tabindex="0" role="group" aria-label="{title}">{frames}</div></section>\n'
)
FRAME = Markup('<iframe sandbox="" title="{title}" width="{width}" height="{height}" data-page="{page}"></iframe>')
WORDS = Markup("<pre>{words}</pre>")
PAPER = Markup(
    '<embed type="application/pdf" title="{title}" width="{width}" height="{height}"'
    ' src="data:application/pdf;base64,{pdf}">'
)


def document(provider: Provider, brand: Brand, client: Client, language: str) -> str:
    """Return the preview of a brand, worn by this client, in this language."""
    theme = theme_of(provider, brand, client, language)
    chapters = {
        **_chapters_of_pages(provider, theme, client),
        "Mails": [_mail(each) for each in writings.mails(provider, client, language)],
        "Text messages": [_words(each) for each in writings.text_messages(provider, client, language)],
        "Letters": [_paper(each) for each in writings.letters(provider, brand, client, language)],
    }
    shown = {title: sections for title, sections in chapters.items() if sections}
    return DOCUMENT.format(
        name=theme.name,
        brand_id=brand.id,
        language=language,
        contents=_joined(CONTENT.format(anchor=_anchor(title), title=title) for title in shown),
        chapters=_joined(
            CHAPTER.format(anchor=_anchor(title), title=title) + _joined(sections) for title, sections in shown.items()
        ),
    )


def theme_of(provider: Provider, brand: Brand, client: Client, language: str) -> Theme:
    """Return the theme of the preview's pages."""
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


def _chapters_of_pages(provider: Provider, theme: Theme, client: Client) -> dict[str, list[Markup]]:
    """Return the sections of each chapter of pages, in order."""
    styles = {scheme: _styles(provider, theme.brand, dark=scheme == "dark") for scheme in ("light", "dark")}
    found: dict[str, list[Markup]] = {}
    for sample in pages.samples(theme, client, templates()):
        whole = provider.pages.text(theme, sample.template, **sample.values)
        looks = {scheme: _alone(whole, provider, theme.brand, dark=scheme == "dark") for scheme in styles}
        frames = [
            FRAME.format(
                title=f"{sample.title}, {width}, {scheme}",
                width=width,
                height=HEIGHT,
                page=looks[scheme].replace("</head>", f"<style>{styles[scheme]}</style></head>"),
            )
            for width, scheme in (FRAMES if sample.is_common else FEW_FRAMES)
        ]
        found.setdefault(sample.chapter, []).append(SECTION.format(title=sample.title, frames=_joined(frames)))
    return found


def templates() -> list[str]:
    """Return the names of all pages, in order."""
    folder = HOME / "templates"
    return [path.relative_to(folder).as_posix() for path in sorted(folder.glob("*/**/*.html"))]


def _mail(mail: Writing) -> Markup:
    """Return a mail's subject and both its parts."""
    frames = [
        FRAME.format(title=f"{mail.title}, {width}", width=width, height=HEIGHT, page=mail.html)
        for width in (1280, 390)
    ]
    return SECTION.format(
        title=mail.title, frames=WORDS.format(words=f"{mail.subject}\n\n{mail.text}") + _joined(frames)
    )


def _words(message: Writing) -> Markup:
    return SECTION.format(title=message.title, frames=WORDS.format(words=message.text))


def _paper(letter: Writing) -> Markup:
    width, height = SHEET_OF_PAPER
    shown = PAPER.format(title=letter.title, width=width, height=height, pdf=b64encode(letter.pdf).decode())
    return SECTION.format(title=letter.title, frames=shown)


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("\n").join(parts)


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


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
