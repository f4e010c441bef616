"""Values of an import file: dates, languages, forms of address, contacts."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.clock import Clock, SystemClock
from idp.people import birth_date, portal_identifiers
from idp.people.birth_date import BirthDate, Problem
from idp.people.email_address import Email, normalise_email
from idp.people.person_name import read_name
from idp.people.phone_number import PhoneNumber, normalise_phone
from idp.settings import Settings
from idp.wording import Text

LONGEST_LINE = 200

DIFFERS_BY_SIGNS = "only dashes or dots tell it from another one of this portal, and signing in ignores these"

DIFFERS_BY_CAPITALS = "only capitals or blanks tell it from another one of this portal, and signing in ignores these"

HONORIFICS = {
    **dict.fromkeys(("mrs", "ms", "miss", "mme", "madame", "frau", "signora", "f"), "mrs"),
    **dict.fromkeys(("mr", "m", "monsieur", "herr", "signor"), "mr"),
}
NO_BIRTH_DATE: Mapping[Problem, str] = {
    "form": "not a date like 1957-03-24, 24.03.1957 or 1957",
    "short-year": "its year has two digits, and four are needed",
    "no-such-day": "there is no such day",
    "future": "lies in the future",
    "time": "its time is not midnight, so the day depends on a time zone: write the day alone",
}


class BadValue(Exception):
    """A value of the line cannot be used; the message names the column and never repeats the value."""


@dataclass(frozen=True)
class ImportSettings:
    """The settings for values: offered languages (the first is the default) and countries of phone numbers."""

    languages: tuple[str, ...]
    countries: tuple[str, ...]
    clock: Clock = SystemClock()


def settings_of_portal(settings: Settings, registry: Registry, client: Client, clock: Clock) -> ImportSettings:
    """Return the provider's languages and countries; numbers without prefix are those of the brand's country."""
    home = registry.brand_of(client).country
    others = tuple(country for country in settings.sms.countries if country != home)
    return ImportSettings(client.policy.languages or settings.pages.languages, (home, *others), clock)


def confusion(known: str, identifier: str) -> str:
    """Return why this identifier cannot stand beside a known one of the same key; empty: it is the same.

    A source may have two people under two spellings, and the second must not get what belongs to the first.
    """
    if portal_identifiers.are_the_same(known, identifier):
        return ""
    return DIFFERS_BY_CAPITALS if portal_identifiers.are_spelt_alike(known, identifier) else DIFFERS_BY_SIGNS


def born(settings: ImportSettings, written: str) -> BirthDate | None:
    """Return the birth date as far as it is known; None where nothing is written. Raises `BadValue`."""
    if not written:
        return None
    found = birth_date.read(written, today=settings.clock.now().date())
    if isinstance(found, str):
        raise BadValue(f"birth_date: {NO_BIRTH_DATE[found]}")
    return found


def name(column: str, written: str) -> str:
    """Return a name of a person, by the rule that forms have too. Raises `BadValue`."""
    found = read_name(written)
    if isinstance(found, Text):
        raise BadValue(f"{column}: {_reason(found)}")
    _refuse_controls(column, found)
    return found


def line(column: str, written: str) -> str:
    """Return a number, the name of a company or a line of an address, in NFC.

    Raises `BadValue` where it cannot be one.
    """
    if len(written) > LONGEST_LINE:
        raise BadValue(f"{column}: longer than {LONGEST_LINE} characters")
    _refuse_controls(column, written)
    return unicodedata.normalize("NFC", written)


def language(settings: ImportSettings, written: str) -> str:
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
    """Return the address, or None where nothing is written. Raises `BadValue`."""
    if not written:
        return None
    found = normalise_email(written)
    if not isinstance(found, Email):
        raise BadValue("email: not an e-mail address")
    return found


def phone(settings: ImportSettings, written: str) -> str:
    """Return the number in E.164, or an empty text where nothing is written. Raises `BadValue`."""
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
    """Return a form's message as the reason for refusing a line."""
    words = found.msgid % found.values if found.values else found.msgid
    return words[0].lower() + words[1:].rstrip(".")
