"""A portal's appearance: names, colours, contact, links, words of its own; and the funds behind it.

Texts per language are dicts `{"fr": "…"}`; `in_language` picks one and never fails on a missing language.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from idp.clients import contrast
from idp.settings import Section

Localised = dict[str, str]
LinesPerLanguage = dict[str, tuple[str, ...]]
Layout = Literal["card", "split", "plain"]
WITHIN_HOURS = re.compile(r" (?=\d|(?:h|Uhr|à|bis|alle|to) ?\d|Uhr\b)|(?<=\bh) (?=\d)")
"""A blank of opening hours at which no line ends: « 9 h 00 à 17 h 00 » stays in one piece."""
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text in `language`, otherwise the first one written down, otherwise an empty text."""
    return texts.get(language) or next(iter(texts.values()), "")


def lines_in(lines: Mapping[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    """Return the lines in `language`, otherwise the first ones written down, otherwise none."""
    return lines.get(language) or next(iter(lines.values()), ())


class Colours(Section, frozen=True, kw_only=True):
    """`brand` carries bars and buttons, `ink` is the text on it; the dark pair serves the dark scheme.

    Without a dark pair, one is computed that keeps the hue.
    """

    brand: Colour
    ink: Colour = "#FFFFFF"
    dark_brand: Colour | Literal[""] = ""
    dark_ink: Colour | Literal[""] = ""

    @property
    def on_dark(self) -> tuple[str, str]:
        """(brand, ink) for the dark scheme."""
        brand = self.dark_brand or contrast.lightened(self.brand, against=contrast.DARK_GROUND)
        return brand, self.dark_ink or contrast.DARK_GROUND


class Contact(Section, frozen=True, kw_only=True):
    """The desk people turn to. `phone` in international form; `address` lines per language."""

    phone: str = ""
    email: str = ""
    hours: Localised = msgspec.field(default_factory=dict)
    address: LinesPerLanguage = msgspec.field(default_factory=dict)
    department: Localised = msgspec.field(default_factory=dict)

    def hours_in(self, language: str) -> str:
        """Return the opening hours, whose times no line breaks."""
        return WITHIN_HOURS.sub("\u00a0", in_language(self.hours, language))

    def address_in(self, language: str) -> tuple[str, ...]:
        """Return the lines of the postal address, in this language or the first one written down."""
        return lines_in(self.address, language)


class Link(Section, frozen=True, kw_only=True):
    label: Localised
    address: Localised


class Links(Section, frozen=True, kw_only=True):
    """Addresses per language; `sign_in` are extra links under the sign-in form (A-01)."""

    privacy: Localised = msgspec.field(default_factory=dict)
    terms: Localised = msgspec.field(default_factory=dict)
    sign_in: tuple[Link, ...] = ()


class Brand(Section, frozen=True, kw_only=True):
    """One `config/brands/<id>/brand.toml`."""

    id: str
    name: Localised
    operator: Localised = msgspec.field(default_factory=dict)
    """A line that says who operates the portal, at the foot of its pages."""
    mark: str = ""
    """File name of a symbol in the brand's folder: it stands before the name, and in browser tabs."""
    wordmark: str = ""
    """File name of an image in the brand's folder that shows the name; empty: the name as text."""
    layout: Layout = "card"
    """A centred card, a picture beside the page on wide screens, or a page without card."""
    picture: str = ""
    """File name of the picture in the brand's folder that `split` shows."""
    colours: Colours
    contact: Contact = Contact()
    links: Links = Links()
    sms_name: dict[str, Annotated[str, msgspec.Meta(max_length=32)]] = msgspec.field(default_factory=dict)
    """The name that opens every SMS, per language, in GSM-7 characters; empty: the name."""
    mail_sender: str = ""
    """The From address of this portal's mails; empty: the provider's."""
    country: Literal["CH", "FR"] = "CH"
    """Default country of typed phone numbers, shape of French dates and of the letters' window envelope."""
    wording: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    """Per language, message id → the portal's own text."""

    def name_in(self, language: str) -> str:
        return in_language(self.name, language)

    @property
    def images(self) -> tuple[str, ...]:
        """The files of the brand's folder that its pages show."""
        return tuple(filter(None, (self.mark, self.wordmark, self.picture)))

    def sms_name_in(self, language: str) -> str:
        return in_language(self.sms_name, language) or self.name_in(language)


class Fund(Section, frozen=True, kw_only=True):
    """A compensation fund: the owner of letters, organisations and desk contacts (rulings 2).

    `code` is the one in `/<code>/register`; it belongs to one portal. `address`, the lines under its name, is the
    sender on letters, and `place` stands before their date; both per language.
    """

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{2,12}$")]
    name: Localised
    address: LinesPerLanguage = msgspec.field(default_factory=dict)
    place: Localised = msgspec.field(default_factory=dict)
    desk: Contact = Contact()
    terms: Localised = msgspec.field(default_factory=dict)

    def name_in(self, language: str) -> str:
        return in_language(self.name, language)

    def postal_address(self, language: str) -> tuple[str, ...]:
        """Return the lines of its address, under its name in this language (C-14); empty where no address is known."""
        lines = lines_in(self.address, language)
        return (self.name_in(language), *lines) if lines else ()


def desk_of(fund: Fund | None, brand: Brand) -> Contact:
    """Return the desk for people's questions.

    The fund's if it is known and has one, otherwise the brand's (rulings 2).
    """
    return fund.desk if fund is not None and fund.desk != Contact() else brand.contact
