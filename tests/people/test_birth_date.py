"""Birth dates as registers have them: whole, partly known, and nothing of the future."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.people.birth_date import PartialDate, from_iso, read, to_iso

TODAY = date(2026, 5, 7)


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("24.03.1957", date(1957, 3, 24)),
        ("24. 3. 1957", date(1957, 3, 24)),
        ("24/03/1957", date(1957, 3, 24)),
        ("24-03-1957", date(1957, 3, 24)),
        ("1957-03-24", date(1957, 3, 24)),
        ("19570324", date(1957, 3, 24)),
        ("1957-03-24T00:00:00", date(1957, 3, 24)),
        ("1957-03-24T00:00:00.000+01:00", date(1957, 3, 24)),
        ("1957-03-24 00:00", date(1957, 3, 24)),
        ("24.03.1957 00:00:00", date(1957, 3, 24)),
        ("24.03.1957 0:00", date(1957, 3, 24)),
        ("1957-03-24Z", date(1957, 3, 24)),
        ("1957-03-24+01:00", date(1957, 3, 24)),
        ("07.05.2026", TODAY),
        ("1957", PartialDate(1957)),
        ("00.00.1957", PartialDate(1957)),
        ("1957-00-00", PartialDate(1957)),
        ("19570000", PartialDate(1957)),
        ("1957-03", PartialDate(1957, 3)),
        ("03.1957", PartialDate(1957, 3)),
        ("00.03.1957", PartialDate(1957, 3)),
        ("1957-03-00", PartialDate(1957, 3)),
        ("2026", PartialDate(2026)),
        ("05.2026", PartialDate(2026, 5)),
    ],
)
def test_a_date_is_understood_as_registers_write_it(written: str, born: date | PartialDate) -> None:
    """eCH-0044: datePartiallyKnown"""
    assert read(written, today=TODAY) == born


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("31.02.1957", "no-such-day"),
        ("24.00.1957", "no-such-day"),
        ("13.1957", "no-such-day"),
        ("00.00.0000", "no-such-day"),
        ("08.05.2026", "future"),
        ("06.2026", "future"),
        ("2027", "future"),
        ("1957-03-23T23:00:00Z", "time"),
        ("24.03.57", "short-year"),
        ("24/3/57", "short-year"),
        ("57", "form"),
        ("yesterday", "form"),
        ("195703", "form"),
        ("١٩٥٧", "form"),
        ("1957-03-24T", "form"),
    ],
)
def test_any_other_text_is_none_and_says_why(written: str, problem: str) -> None:
    assert read(written, today=TODAY) == problem


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_a_problem(written: str) -> None:
    read(written, today=TODAY)


@given(st.one_of(st.dates(), st.builds(PartialDate, st.integers(1, 9999), st.integers(0, 12))))
def test_what_is_stored_is_read_back(born: date | PartialDate) -> None:
    assert from_iso(to_iso(born)) == born
