"""Birth dates as registers have them (eCH-0044): whole, or of the year or of year and month only.

Partly known dates are stored and shown as such. They never serve as a secret question: too many people know them.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

YEAR_FIRST = re.compile(r"(\d{4})(?:[./-](\d{1,2})(?:[./-](\d{1,2}))?)?", re.ASCII)
DAY_FIRST = re.compile(r"(?:(\d{1,2})[./-])?(\d{1,2})[./-](\d{4})", re.ASCII)
SHORT_YEAR = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{2}", re.ASCII)
PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
TIME = re.compile(
    r"(?P<day>[\d./-]+?)"
    r"(?:[T ](?P<time>\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?)(?:Z|[+-]\d\d:?\d\d)?|Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
BLANKS = re.compile(r"\s*([./-])\s*")

Problem = Literal["form", "short-year", "no-such-day", "future", "time"]
"""Why a text is no birth date; `time`: it names a moment of a day that depends on the time zone."""


@dataclass(frozen=True)
class PartialDate:
    """A year, and the month where it is known (else 0)."""

    year: int
    month: int = 0

    def isoformat(self) -> str:
        """`1957` or `1957-03` (ISO 8601, reduced precision)."""
        return f"{self.year:04}-{self.month:02}" if self.month else f"{self.year:04}"


BirthDate = date | PartialDate


def read(written: str, *, today: date) -> BirthDate | Problem:
    """Return the birth date that a person typed or a register wrote.

    `24.03.1957`, `24/03/1957`, `1957-03-24`, `19570324`, with a time of midnight, and partly known `1957`, `03.1957`,
    `1957-03`, `00.00.1957`, `1957-03-00`.
    """
    matched = TIME.fullmatch(BLANKS.sub(r"\1", " ".join(written.split())))
    if matched is None:
        return "form"
    if set(matched["time"] or "") - set("0:.,"):
        return "time"
    found = _parts(matched["day"])
    if found is None:
        return "short-year" if SHORT_YEAR.fullmatch(matched["day"]) else "form"
    return _checked(*found, today)


def from_iso(written: str) -> BirthDate | None:
    """Return the birth date of its ISO 8601 form; None for an empty text."""
    if not written:
        return None
    year, month, day = map(int, [*written.split("-"), "0", "0"][:3])
    return date(year, month, day) if day else PartialDate(year, month)


def to_iso(birth_date: BirthDate | None) -> str:
    """ISO 8601, of a partly known one in reduced precision; empty for None."""
    return birth_date.isoformat() if birth_date is not None else ""


def _parts(written: str) -> tuple[int, int, int] | None:
    """Return year, month and day as written; 0 for an unknown part."""
    if match := PACKED.fullmatch(written) or YEAR_FIRST.fullmatch(written):
        year, month, day = match.groups()
    elif match := DAY_FIRST.fullmatch(written):
        day, month, year = match.groups()
    else:
        return None
    return int(year), int(month or 0), int(day or 0)


def _checked(year: int, month: int, day: int, today: date) -> BirthDate | Problem:
    if not year or month > 12 or (day and not month):
        return "no-such-day"
    if not day:
        in_future = (year, month) > (today.year, today.month if month else 0)
        return "future" if in_future else PartialDate(year, month)
    try:
        found = date(year, month, day)
    except ValueError:
        return "no-such-day"
    return "future" if found > today else found
