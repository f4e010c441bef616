"""Which numbers can receive a text message, and their one spelling: E.164."""

import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from idp.wording import NO_BREAK, Text, text

LONGEST_TYPED = 250  # as much as `phonenumbers` reads
FAMILIAR = {"CH": "+41 79 123 45 67"}  # the example of the guides
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}  # North America does not tell them apart


@dataclass(frozen=True)
class PhoneNumber:
    """`e164` (`+41791234567`) is stored and sent to; `shown` (`+41 79 123 45 67`) is for people; `country` ISO 3166."""

    e164: str
    shown: str
    country: str


def normalise_phone(typed: str, countries: tuple[str, ...]) -> PhoneNumber | Text:
    """Return the mobile number in a typed text, or the reason why it cannot be used.

    `countries` are the allowed ones (`settings.sms.countries`); a number without prefix is of the first (A-36).
    """
    plain, shown = _with_plain_blanks(typed[:LONGEST_TYPED]), example(countries[0]).replace(" ", NO_BREAK)
    if not plain:
        return text("Enter your mobile number.")
    try:
        number = phonenumbers.parse(plain, countries[0])
    except NumberParseException:
        return text("This is not a complete phone number. Example: %(example)s.", example=shown)
    if not phonenumbers.is_valid_number(number):
        return text("This is not a complete phone number. Example: %(example)s.", example=shown)
    country = phonenumbers.region_code_for_number(number) or ""
    if country not in countries:
        prefixes = ", ".join(sorted({f"+{phonenumbers.country_code_for_region(c)}" for c in countries}))
        return text("We can only send text messages to numbers starting with: %(prefixes)s.", prefixes=prefixes)
    if phonenumbers.number_type(number) not in MOBILE:
        return text("This number cannot receive text messages. Example: %(example)s.", example=shown)
    return PhoneNumber(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        country,
    )


def _with_plain_blanks(typed: str) -> str:
    """Without invisible characters, and every kind of blank (U+00A0, U+2009, U+202F …) a plain one."""
    kinds = ((character, unicodedata.category(character)[0]) for character in typed)
    return "".join(" " if kind == "Z" else character for character, kind in kinds if kind != "C").strip()


def example(country: str) -> str:
    """Return a well-formed mobile number of the country (ISO 3166), to show beside the field."""
    if country in FAMILIAR:
        return FAMILIAR[country]
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL) if number else ""
