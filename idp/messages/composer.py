"""Renders messages: the right words in the right language and brand, as text and HTML of one content, or as an SMS."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from idp.clients.brand import Brand, Contact, desk_of, in_language
from idp.clients.registry import LiveRegistry
from idp.messages import gsm7
from idp.messages.catalogue import CATALOGUE
from idp.messages.delivery import Parcel
from idp.reach import is_public
from idp.wording import Wording

log = structlog.get_logger()

TAG = re.compile(r"(<[^>]*>)")
HYPHENATED = re.compile(r"(?<![^\s(«“‹'’])[eE]-[^\W\d_]+")
"""« e-mail », «E-Mail», « e-services »; not those in addresses of mailboxes and pages, which may break anywhere."""
BREAKING_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # a subject is one line; French keeps its no-break blanks


@dataclass(frozen=True)
class RenderedMail:
    """A rendered mail. `sender` is the brand's From address, or empty for the provider's; `portal` its name."""

    subject: str
    text: str
    html: str
    language: str
    portal: str
    sender: str


@dataclass(frozen=True, kw_only=True)
class Composition:
    """The template and values of a message, as stored in the outbox."""

    template: str
    language: str
    values: Mapping[str, object]
    client_id: str = ""
    brand: str = ""

    @staticmethod
    def of(parcel: Parcel) -> "Composition":
        """Read the composition from a mail or SMS parcel."""
        message = parcel.message
        return Composition(
            template=message.template,
            language=message.language,
            values=message.values,
            client_id=parcel.client_id,
            brand=message.brand,
        )


class Composer:
    """`templates` is the folder that has `messages/`; `issuer` the provider's public address."""

    def __init__(self, wording: Wording, registry: LiveRegistry, templates: Path, *, issuer: str) -> None:
        self._wording = wording
        self._registry = registry
        self._issuer = issuer
        self._origin = _origin(issuer)
        self._html = _environment(templates, autoescape=True)
        self._text = _environment(templates, autoescape=False)

    def mail(self, composition: Composition) -> RenderedMail:
        """Subject, text and HTML. Text and HTML are rendered from one template, so they say the same (X-19)."""
        brand = self._brand(composition)
        context = self._context(composition, brand)
        return RenderedMail(
            subject=BREAKING_BLANKS.sub(" ", _block(self._text, composition.template, "subject", context)).strip(),
            text=_tidy(_page(self._text, "txt", composition.template, context)),
            html=_page(self._html, "html", composition.template, context),
            language=str(context["language"]),
            portal=str(context["portal"]),
            sender=brand.mail_sender,
        )

    def sms(self, composition: Composition) -> str:
        """Return one SMS in GSM-7 where the values allow it; codes for browsers end with the origin line (X-20)."""
        context = self._context(composition, self._brand(composition))
        written = self._text.get_template(f"messages/{composition.template}.sms").render(context)
        text = gsm7.fold(" ".join(written.split()))
        if self._origin and CATALOGUE[composition.template].origin_bound:
            text = f"{text}\n@{self._origin} #{composition.values['code']}"
        if gsm7.segments(text) > 1:
            log.warning("sms_needs_segments", kind=composition.template, count=gsm7.segments(text))
        return text

    def _brand(self, composition: Composition) -> Brand:
        registry = self._registry.current()
        client = registry.client(composition.client_id) if composition.client_id else None
        named = registry.brand(composition.brand) if composition.brand and client is None else None
        return named or registry.brand_of(client)

    def _desk(self, composition: Composition, brand: Brand) -> Contact:
        """Return the desk of the portal's only fund, else the brand's: a mail belongs to a portal, not to a fund."""
        registry = self._registry.current()
        fund = registry.fund_of(registry.client(composition.client_id) if composition.client_id else None)
        return desk_of(fund, brand)

    def _context(self, composition: Composition, brand: Brand) -> dict[str, object]:
        translator = self._wording.translator(composition.language, brand.wording, country=brand.country)
        name = brand.name_in(translator.language)
        desk = self._desk(composition, brand)
        return {
            **composition.values,
            "_": translator,
            "language": translator.language,
            "issuer": self._issuer,
            "brand": brand,
            "desk": desk,
            "desk_lines": _desk_lines(desk, translator.language),
            "portal": name,
            "operator": in_language(brand.operator, translator.language),
            "sms_name": brand.sms_name_in(translator.language),
        }


def _origin(issuer: str) -> str:
    """Return the host that codes by SMS are bound to: browsers offer them to public sites over https only."""
    address = urlsplit(issuer)
    host = address.hostname or ""
    return host if address.scheme == "https" and is_public(host) else ""


def _desk_lines(desk: Contact, language: str) -> list[str]:
    """Return how to reach the desk, line by line."""
    lines = [in_language(desk.department, language), desk.phone, desk.email, desk.hours_in(language)]
    return [line for line in (*lines, *desk.address_in(language)) if line]


def _environment(templates: Path, *, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=autoescape,  # noqa: S701 (text parts and SMS are not HTML)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = _short
    return environment


def _page(environment: Environment, form: str, template: str, context: Mapping[str, object]) -> str:
    """Return the frame of one form (`txt`, `html`) around the template's body, written with that form's `mail` kit."""
    kit = environment.get_template(f"messages/_kit.{form}").make_module(dict(context))
    body = _block(environment, template, "body", {**context, "mail": kit})
    if CATALOGUE[template].ends_with:
        body += environment.get_template("messages/_particulars.jinja").render({**context, "mail": kit})
    frame: Template = environment.get_template(f"messages/_frame.{form}")
    page = frame.render({**context, "body": body})
    return _unbroken(page) if form == "html" else page


def _unbroken(page: str) -> str:
    """Return the HTML with words such as « e-mail » in one piece.

    U+2011 would do it too, but it is another character: nobody who searches for « e-mail » finds it, and what is copied
    is no longer the word. Texts without HTML keep their hyphen and are broken by the program that shows them.
    """
    head, opening, body = page.partition("<body")
    pieces = TAG.split(opening + body)
    pieces[::2] = (HYPHENATED.sub(r'<span style="white-space:nowrap">\g<0></span>', text) for text in pieces[::2])
    return head + "".join(pieces)


def _block(environment: Environment, template: str, name: str, context: Mapping[str, object]) -> str:
    found = environment.get_template(f"messages/{template}.mail")
    return "".join(found.blocks[name](found.new_context(dict(context))))


def _tidy(text: str) -> str:
    """Paragraphs with one empty line between them, no blanks at the ends of lines."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for number, line in enumerate(lines) if line or lines[number - 1]]
    return "\n".join(kept) + "\n"


def _short(text: str, length: int) -> str:
    """At most `length` characters; what is cut shows as dots."""
    return text if len(text) <= length else text[: length - 2].rstrip() + ".."
