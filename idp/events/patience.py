"""The pause before a receiver that could not take an event is asked again."""

from datetime import datetime, timedelta

from idp.messages.delivery import NotNow

SHORTEST, LONGEST = timedelta(seconds=5), timedelta(hours=1)


def later(fault: str, *, since: datetime, now: datetime) -> NotNow:
    """Return the refusal that has the event tried again, until it expires: a receiver may be away for a weekend.

    It waits as long as it has waited already, so that the time between two tries doubles.
    """
    wait = min(max(now - since, SHORTEST), LONGEST)
    return NotNow(int(wait.total_seconds()), fault)
