"""Ceilings for all SMS codes, in addition to those for one number: toll fraud requests codes for many numbers.

Two counts are taken with those of the number, and the answer to the person is the same: codes to a block of a thousand
neighbouring numbers a day, and codes of the whole installation a day. A code that is redeemed is given back to the
latter, so honest sign-ins hardly count. A decoy takes the same statements and uses up nothing.
"""

from collections.abc import Sequence

import structlog

from idp.database import Transaction
from idp.limits import rate_limit
from idp.limits.rate_limit import Limiter

PREFIX, DAY = "sms_prefix", "sms_day"
LAST_DIGITS = 3
ALARM = 0.8
"""From this share of the day's codes on the log, the metric and `idp doctor` warn."""

log = structlog.get_logger()


def hits(number: str) -> Sequence[tuple[str, ...]]:
    """Return what one code to this number (E.164) counts against, for `Limiter.debit_all`."""
    return ((PREFIX, number[:-LAST_DIGITS]), (DAY,))


def redeemed(tx: Transaction) -> None:
    """Count a code no longer that its receiver typed: it was no fraud."""
    rate_limit.refund(tx, DAY)


def share_used(tx: Transaction, limiter: Limiter) -> float:
    """Return how much of the day's codes is used, from 0 to 1. Reads only."""
    return limiter.used(tx, DAY) / limiter.times(DAY)


def warn_if_near(tx: Transaction, limiter: Limiter) -> None:
    """Write a line in the log once few codes are left for today."""
    share = share_used(tx, limiter)
    if share >= ALARM:
        log.warning("sms_day_nearly_used_up", count=limiter.used(tx, DAY))
