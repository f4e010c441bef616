"""The rule for names of people, the same for forms and imports.

Names as registers have them (eCH-0044): up to 100 characters, with brackets, apostrophes, slashes and full stops.
Names go out in mails and SMS to others, so they are no place for a web or e-mail address, or for a phone number.
"""

import re
import unicodedata

from idp.wording import Text, text

LONGEST_NAME = 100

_TURNS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Signs that turn the words around them (Unicode UAX #9)."""
_OTHER_DOTS = str.maketrans("。．｡", "...")  # of the web addresses of other scripts
_MARKUP = re.compile(r"[@:\\<>{}|]|//")
_WEB = re.compile(r"\bwww\.|\bxn--", re.IGNORECASE)
_DOTTED = re.compile(r"(?P<before>[^\W_]+)\.(?P<after>\w[\w-]+)")
_FEWEST_DIGITS_TO_CALL = 4
_LONGEST_ABBREVIATION = 3
_SHORTEST_WORD = 3
_DOMAINS = (
    "com net org info biz edu gov mil int name pro mobi tel jobs xxx app dev page web site online website space host "
    "shop store sale market club live life today world tech cloud digital systems email link click top xyz one win vip "
    "work fun icu bid loan date men review trade party science stream download news blog wiki zip mov bank insurance "
    "swiss zuerich group company agency center services support solutions help law care health onion local localhost "
    "internal example test invalid"
)
"""Endings of common web addresses, in addition to the countries' two letters."""


def read_name(written: str) -> str | Text:
    """Return the name in its one spelling (NFC, single blanks), or the reason why it is none. Empty stays empty."""
    if len(written) > 4 * LONGEST_NAME:
        return text("Use no more than %(longest)d characters.", longest=LONGEST_NAME)
    name = " ".join(unicodedata.normalize("NFC", written.translate(_TURNS)).split())
    if len(name) > LONGEST_NAME:
        return text("Use no more than %(longest)d characters.", longest=LONGEST_NAME)
    if _holds_address(name):
        return text("A name cannot contain a web or email address.")
    if sum(character.isdigit() for character in unicodedata.normalize("NFKC", name)) >= _FEWEST_DIGITS_TO_CALL:
        return text("A name cannot contain a phone number.")
    return name


def _holds_address(name: str) -> bool:
    """Return whether mail programs and phones would make a link of a part of it, or it is markup."""
    dotted = name.translate(_OTHER_DOTS)
    if _MARKUP.search(name) or _WEB.search(dotted):
        return True
    return any(not _is_abbreviated(found["before"], found["after"]) for found in _DOTTED.finditer(dotted))


def _is_abbreviated(before: str, after: str) -> bool:
    """Return whether it is an abbreviation and a capitalised word (`v.Arx`, `St.Clair`), not a web address."""
    word = after.split("-")[0]
    return (
        len(before) <= _LONGEST_ABBREVIATION
        and len(word) >= _SHORTEST_WORD
        and word.isalpha()
        and not word[0].islower()
        and word.casefold() not in _DOMAINS.split()
    )
