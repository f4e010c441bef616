"""« Vue d’ensemble »: what happened at a portal or fund, as charts with the tables behind them. No personal data.

The figures are those that the worker keeps (`idp.statistics`): no look reads the audit trail.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Response, request

from flows.desk import rooms
from flows.desk.charts import Bucket, Chart
from flows.desk.letter_jobs import fund_name
from flows.desk.trail_words import REASONS
from flows.desk.visit import DeskVisit
from idp.clients.client import Client
from idp.database import Transaction
from idp.staff import visibility
from idp.staff.appointments import Act
from idp.statistics import figures
from idp.statistics.figures import FigureSum, Measure, Span
from idp.wording import NO_BREAK, Text, Translator, text

TITLES: Mapping[Measure, Text] = {
    Measure.MIGRATIONS: text("Old accounts moved"),
    Measure.ACTIVATIONS: text("Accounts opened with a letter or invitation"),
    Measure.CODES_ISSUED: text("Letters and invitations"),
    Measure.SIGN_INS: text("Sign-ins by method"),
    Measure.FAILURES: text("Failed sign-ins by reason"),
    Measure.CODES_SENT: text("Codes sent"),
    Measure.CODES_REDEEMED: text("Codes used"),
}
LABELS: Mapping[str, Text] = {
    **REASONS,
    "password": text("Password"),
    "passkey": text("Passkey"),
    "totp": text("Authenticator app"),
    "recovery": text("Recovery codes"),
    "email": text("Email"),
    "sms": text("Text message"),
    "letter": text("Letter"),
    "delayed": text("waiting time"),
    "blocked": text("blocked"),
    "code-wrong": text("wrong code"),
    "code-exhausted": text("too many wrong codes"),
}


class BucketOfTime(NamedTuple):
    """An hour, a day or a month, where the staff live; `name` is for their eyes."""

    begins_at: datetime
    name: str


def _hours(words: Translator, now: datetime) -> Iterator[BucketOfTime]:
    """Yield the present hour and the 23 before it."""
    present = now.replace(minute=0, second=0, microsecond=0)
    for back in reversed(range(24)):
        begin = (present - timedelta(hours=back)).astimezone(words.zone)
        yield BucketOfTime(begin, f"{words.day(begin)} {words.time(begin)}")


def _days(words: Translator, now: datetime) -> Iterator[BucketOfTime]:
    """Yield today and the 29 days before it."""
    today = _midnight(words, now)
    for back in reversed(range(30)):
        begin = today - timedelta(days=back)  # by the calendar: a day has 23 to 25 hours
        yield BucketOfTime(begin, words.day(begin))


def _months(words: Translator, now: datetime) -> Iterator[BucketOfTime]:
    """Yield this month and the eleven before it."""
    today = _midnight(words, now)
    for back in reversed(range(12)):
        years, month = divmod(today.month - 1 - back, 12)
        begin = today.replace(year=today.year + years, month=month + 1, day=1)
        name = format_date(begin.date(), "LLLL y", locale=words.locale)
        yield BucketOfTime(begin, name[:1].upper() + name[1:])


def _midnight(words: Translator, now: datetime) -> datetime:
    return now.astimezone(words.zone).replace(hour=0, minute=0, second=0, microsecond=0)


class Period(NamedTuple):
    """How far back the overview looks, and the buckets of time that it shows."""

    label: Text
    span: Span
    buckets: Callable[[Translator, datetime], Iterator[BucketOfTime]]


DAY = "day"
PERIODS: Mapping[str, Period] = {
    DAY: Period(text("Last 24 hours"), "hour", _hours),
    "month": Period(text("Last 30 days"), "day", _days),
    "year": Period(text("Last 12 months"), "day", _months),
}


def show(visit: DeskVisit) -> Response:
    """The charts of one portal or fund."""
    places = _places(visit)
    place = request.args.get("place", "")
    place = place if place in dict(places) else next(iter(dict(places)), "")
    wanted = request.args.get("period", "")
    chosen = wanted if wanted in PERIODS else DAY
    period = PERIODS[chosen]
    buckets = list(period.buckets(visit.theme.translator, visit.tx.now))
    sums = _read(visit, place, period.span, buckets)
    return visit.page(
        "overview.html",
        rooms.OVERVIEW,
        places=places,
        place=place,
        periods=[(key, visit.theme.translator(period.label)) for key, period in PERIODS.items()],
        period=chosen,
        charts=list(_charts(visit.theme.translator, sums, buckets)),
        deliveries=_deliveries(visit, sums),
        errors={},
        typed={},
    )


def _places(visit: DeskVisit) -> list[tuple[str, str]]:
    """Return the staff's funds, and those portals of which every fund is theirs."""
    scope, language = visit.scope(Act.SEE), visit.theme.language
    shared = {client.client_id for client in visit.registry.clients if _all_funds(client) <= scope.funds}
    portals = visibility.portals_of(scope, visit.registry) & (scope.portals | shared)
    return [
        *((f"portal:{each}", visit.registry.name_of(each, language)) for each in sorted(portals)),
        *((f"fund:{code}", f"{fund_name(visit, code)} ({code})") for code in sorted(scope.funds)),
    ]


def _all_funds(client: Client) -> frozenset[str]:
    return frozenset(fund.code for fund in client.funds)


def _read(visit: DeskVisit, place: str, span: Span, buckets: Sequence[BucketOfTime]) -> Sequence[FigureSum]:
    kind, _, name = place.partition(":")
    portals, funds = ([name], []) if kind == "portal" else ([], [name])
    begins = [bucket.begins_at.astimezone(UTC) for bucket in buckets]

    def find(tx: Transaction) -> Sequence[FigureSum]:
        return figures.sums(tx, span, begins, portals=portals, funds=funds)

    return visit.provider.replica.read(visit.tx, find) if name else ()


def _charts(words: Translator, sums: Sequence[FigureSum], buckets: Sequence[BucketOfTime]) -> Iterator[Chart]:
    counted = {measure: [Bucket(bucket.name) for bucket in buckets] for measure in TITLES}
    labels: dict[str, set[str]] = defaultdict(set)
    for each in sums:
        if each.measure in counted:
            counted[Measure(each.measure)][each.bucket].counts[each.label] += each.count
            labels[each.measure].add(each.label)
    for measure, title in TITLES.items():
        said = {label: _said(words, label) for label in sorted(labels[measure]) if label}
        yield Chart(measure, words(title), counted[measure], said)


def _said(words: Translator, label: str) -> str:
    said = " + ".join(words(LABELS[part]) if part in LABELS else part for part in label.split("+"))
    return said[:1].upper() + said[1:]


def _deliveries(visit: DeskVisit, sums: Sequence[FigureSum]) -> list[tuple[str, int, str, str]]:
    """Return, for each channel: how many codes were delivered, after how many seconds, at what cost."""
    words, sms = visit.theme.translator, visit.provider.settings.sms
    counts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for each in sums:
        if each.measure == Measure.DELIVERED:
            counts[each.label] += each.count
            seconds[each.label] += round(each.seconds * 1000)
    return [
        (
            _said(words, channel),
            count,
            _measured(words, seconds[channel] / count / 1000, "#,##0.0", "s"),
            _measured(words, count * sms.price, "#,##0.00", sms.currency) if channel == "sms" and sms.price else "–",
        )
        for channel, count in sorted(counts.items())
    ]


def _measured(words: Translator, number: float, pattern: str, unit: str) -> str:
    """Return a number as the language writes it, and its unit on the same line."""
    return f"{format_decimal(number, format=pattern, locale=words.locale)}{NO_BREAK}{unit}"
