"""The text of a letter, in the reader's language and the portal's own words."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from idp.clients.brand import Brand, Contact, Fund, in_language
from idp.invitations import validity
from idp.invitations.letters.letter import Box, CodeOnPaper, Letter
from idp.organisations.organisation import Organisation
from idp.people.insured import Particulars
from idp.wording import Translator, text

NBSP = "\u00a0"
HONORIFICS = {"mrs": text("Ms"), "mr": text("Mr")}


@dataclass(frozen=True)
class Letterhead:
    """The part that all letters of one file share. `register_url` is the fund's page, `…/AK00/register`."""

    brand: Brand
    fund: Fund
    register_url: str
    today: date
    lifetime_days: int
    asks_birth_date: bool

    @property
    def desk(self) -> Contact:
        """The fund's desk; the portal's where the fund names none."""
        return self.fund.desk if self.fund.desk.phone or self.fund.desk.email else self.brand.contact

    @property
    def typed_address(self) -> str:
        """The address as it is typed, without its scheme (C-25)."""
        parts = urlsplit(self.register_url)
        return f"{parts.netloc}{parts.path}"


def for_insured(_: Translator, letterhead: Letterhead, code: CodeOnPaper, reader: Particulars) -> Letter:
    """Return the activation letter of an insured person (C-01, C-02)."""
    portal = letterhead.brand.name_in(_.language)
    name = f"{reader.given_name} {reader.family_name}".strip()
    honorific = HONORIFICS.get(reader.honorific)
    return _letter(
        _,
        letterhead,
        code,
        recipient=(*((_(honorific),) if honorific else ()), name, *_below(name, reader.address)),
        subject=_("Your online access to %(portal)s", portal=portal),
        greeting=_("Dear %(name)s,", name=name),
        reason=_(
            "As a person insured with our compensation fund, you can now use %(portal)s. Our online portal "
            "gives you access to your personal details, documents and transactions at any time, wherever you "
            "are.",
            portal=portal,
        ),
    )


def for_company(_: Translator, letterhead: Letterhead, code: CodeOnPaper, company: Organisation) -> Letter:
    """Return the invitation of a company's administrator (B-01, B-45), to the company's registered address."""
    portal = letterhead.brand.name_in(_.language)
    return _letter(
        _,
        letterhead,
        code,
        recipient=(company.name, *address_lines(company)),
        subject=_("Invitation for the %(portal)s administrator", portal=portal),
        greeting=_("Dear Sir or Madam,"),
        reason=_(
            "We have set up access to %(portal)s for %(company)s. This invitation is for the %(portal)s "
            "administrator, who gives the company’s other users their access.",
            company=company.name,
            portal=portal,
        ),
    )


def address_lines(company: Organisation) -> tuple[str, ...]:
    """Return the registered address of a company as lines of an address."""
    address = company.address
    town = f"{address.get('postal_code', '')} {address.get('locality', '')}".strip()
    country = str(address.get("country", ""))
    given = address.get("lines")
    lines = _below(company.name, map(str, given) if isinstance(given, list) else ())
    return tuple(filter(None, (*lines, town, "" if country == "CH" else country)))


def _below(name: str, lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines under the name: many registers repeat it in their first one, and it is printed once."""
    return tuple(line for line in lines if _plain(line) != _plain(name))


def _plain(written: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", written).casefold().split())


def _letter(
    _: Translator,
    letterhead: Letterhead,
    code: CodeOnPaper,
    *,
    recipient: tuple[str, ...],
    subject: str,
    greeting: str,
    reason: str,
) -> Letter:
    fund, brand = letterhead.fund, letterhead.brand
    return Letter(
        language=_.language,
        window=brand.country,
        colour=brand.colours.brand,
        portal=brand.name_in(_.language),
        sender=fund.postal_address(_.language) or (fund.name_in(_.language),),
        recipient=recipient,
        place_and_date=_place_and_date(_, letterhead),
        subject=subject,
        greeting=greeting,
        opening=(
            reason,
            _(
                "Enter the address below in your web browser, or scan the QR code with your phone. Then enter "
                "your code."
            ),
        ),
        box=_box(_, letterhead, code),
        closing=(_needed(_, letterhead), _("If you do not want online access, you do not need to do anything.")),
        signature=(_("Kind regards"), fund.name_in(_.language)),
        desk_title=_("Questions? We are happy to help."),
        desk=_desk(letterhead, _.language),
        reference=_("Letter reference: %(reference)s", reference=code.reference),
        reference_number=code.reference,
    )


def _box(_: Translator, letterhead: Letterhead, code: CodeOnPaper) -> Box:
    return Box(
        address_label=_("Web address"),
        address=letterhead.typed_address,
        target=letterhead.register_url,
        qr_alternative=_("QR code for %(address)s", address=letterhead.typed_address),
        code_label=_("Your personal access code"),
        code=code.code.replace(" ", NBSP),
        validity=_validity(_, letterhead, code.expires_at),
    )


def _validity(_: Translator, letterhead: Letterhead, expires_at: datetime) -> str:
    last_day = validity.last_day(expires_at, _.zone)
    return _.counted(
        "This code is valid until the end of %(date)s (%(count)d day). After that, ask our helpdesk for a new code.",
        "This code is valid until the end of %(date)s (%(count)d days). After that, ask our helpdesk for a new code.",
        letterhead.lifetime_days,
        date=_.long_date(last_day),
    )


def _needed(_: Translator, letterhead: Letterhead) -> str:
    sentences = [
        _("Keep your email address and mobile phone to hand. We will send one code by email and one by text message.")
    ]
    if letterhead.asks_birth_date:
        sentences.append(_("You will also be asked for your date of birth."))
    sentences.append(_("Keep the code in this letter to yourself. We will never ask you for it by phone or email."))
    return " ".join(sentences)


def _place_and_date(_: Translator, letterhead: Letterhead) -> str:
    written = _.long_date(letterhead.today)
    place = in_language(letterhead.fund.place, _.language)
    return _("%(place)s, %(date)s", place=place, date=written) if place else written


def _desk(letterhead: Letterhead, language: str) -> tuple[str, ...]:
    """Return how to reach the desk, and who operates the portal, line by line."""
    desk, operator = letterhead.desk, in_language(letterhead.brand.operator, language)
    phone = ", ".join(filter(None, (desk.phone.replace(" ", NBSP), in_language(desk.department, language))))
    return tuple(filter(None, (phone, desk.hours_in(language), desk.email, operator)))
