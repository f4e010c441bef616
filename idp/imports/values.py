"""What the texts of an import file mean: dates, languages, forms of address, contacts."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from idp.people.email_address import Email, normalise_email
from idp.people.person_name import read_name
from idp.people.phone_number import PhoneNumber, normalise_phone
from idp.wording import Text

LONGEST_LINE = 200

HONORIFICS = {
    **dict.fromkeys(("mrs", "ms", "miss", "mme", "madame", "frau", "signora", "f"), "mrs"),
    **dict.fromkeys(("mr", "m", "monsieur", "herr", "signor"), "mr"),
}
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class BadValue(Exception):
    """A value of the line cannot be used; the message names the column and never repeats the value."""


@dataclass(frozen=True)
class Settings:
    """What values are judged by: offered languages (the first is the default) and countries of phone numbers."""

    languages: tuple[str, ...]
    countries: tuple[str, ...]


def day(column: str, written: str) -> date | None:
    """`1957-03-24`, `24.03.1957` or `24/03/1957`; None where nothing is written. Raises `BadValue`."""
    if not written:
        return None
    if match := _YEAR_FIRST.fullmatch(written):
        year, month, number = match.groups()
    elif match := _DAY_FIRST.fullmatch(written):
        number, month, year = match.groups()
    else:
        raise BadValue(f"{column}: not a date like 1957-03-24 or 24.03.1957")
    try:
        return date(int(year), int(month), int(number))
    except ValueError as error:
        raise BadValue(f"{column}: there is no such day") from error


def name(column: str, written: str) -> str:
    """A name of a person, by the rule that forms have too. Raises `BadValue`."""
    found = read_name(written)
    if isinstance(found, Text):
        raise BadValue(f"{column}: {_reason(found)}")
    _refuse_controls(column, found)
    return found


def line(column: str, written: str) -> str:
    """A number, the name of a company or a line of an address, in NFC. Raises `BadValue` where it cannot be one."""
    if len(written) > LONGEST_LINE:
        raise BadValue(f"{column}: longer than {LONGEST_LINE} characters")
    _refuse_controls(column, written)
    return unicodedata.normalize("NFC", written)


def language(settings: Settings, written: str) -> str:
    """`fr`, `FR`, `fr-CH` → `fr`; nothing written: the first offered. Raises `BadValue` for one not offered."""
    primary = re.split("[-_]", written.lower(), maxsplit=1)[0]
    if not primary:
        return settings.languages[0]
    if primary not in settings.languages:
        raise BadValue(f"language: not one of {', '.join(settings.languages)}")
    return primary


def honorific(written: str) -> str:
    """`mrs`, `mr`, or empty for anything else: a directory's titles are not ours to judge."""
    return HONORIFICS.get(written.lower().rstrip("."), "")


def email(written: str) -> Email | None:
    """The address, or None where nothing is written. Raises `BadValue`."""
    if not written:
        return None
    found = normalise_email(written)
    if not isinstance(found, Email):
        raise BadValue("email: not an e-mail address")
    return found


def phone(settings: Settings, written: str) -> str:
    """The number in E.164, or an empty text where nothing is written. Raises `BadValue`."""
    if not written:
        return ""
    found = normalise_phone(written, settings.countries)
    if not isinstance(found, PhoneNumber):
        raise BadValue("phone: not a mobile number of an allowed country")
    return found.e164


def _refuse_controls(column: str, written: str) -> None:
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in written):
        raise BadValue(f"{column}: holds a control character")


def _reason(found: Text) -> str:
    """What a form would say, as the reason of a line."""
    words = found.msgid % found.values if found.values else found.msgid
    return words[0].lower() + words[1:].rstrip(".")
