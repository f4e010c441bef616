"""Until when a code is valid: to the end of a printed day, where the letter is read (C-11).

Only the instant is stored; the printed day is computed back from it, so that the two cannot disagree.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` is over in `zone`: the first at which the code is refused."""
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    """Return the day to print for a code that is refused from `expires_at` on."""
    return (expires_at - timedelta(microseconds=1)).astimezone(zone).date()


def after_days(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the end of the day that lies `days` days after today in `zone`."""
    return end_of_day(now.astimezone(zone).date() + timedelta(days=days), zone)
