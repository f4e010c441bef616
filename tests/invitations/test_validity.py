"""The printed day and the instant that is enforced are one value."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from idp.invitations import validity

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("issued", "last_day", "expires_at"),
    [
        (datetime(2026, 5, 7, 9, tzinfo=UTC), date(2026, 6, 6), datetime(2026, 6, 6, 22, tzinfo=UTC)),
        (datetime(2026, 5, 7, 22, 30, tzinfo=UTC), date(2026, 6, 7), datetime(2026, 6, 7, 22, tzinfo=UTC)),
        (datetime(2026, 10, 1, 9, tzinfo=UTC), date(2026, 10, 31), datetime(2026, 10, 31, 23, tzinfo=UTC)),
        (datetime(2026, 9, 25, 9, tzinfo=UTC), date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (datetime(2026, 2, 27, 9, tzinfo=UTC), date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ],
    ids=["summer", "after midnight in Zurich", "across the change to winter", "on the long day", "on the short day"],
)
def test_a_code_ends_with_the_last_printed_day_in_zurich(
    issued: datetime, last_day: date, expires_at: datetime
) -> None:
    """C-11"""
    expiry = validity.after_days(issued, 30, ZURICH)

    assert expiry == expires_at
    assert validity.last_day(expiry, ZURICH) == last_day
