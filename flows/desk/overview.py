"""« Vue d’ensemble »: what happened at a portal or fund, as charts with the tables behind them. No personal data.

The figures are those that the worker keeps (`idp.statistics`): no look reads the audit trail.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
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
from idp.statistics.figures import FigureRead, Measure, Span
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


class Period(NamedTuple):
    """How far back the overview looks, in which steps."""

    label: Text
    span: Span
    back: timedelta


DAY, MONTH, YEAR = "day", "month", "year"
PERIODS: Mapping[str, Period] = {
    DAY: Period(text("Last 24 hours"), "hour", timedelta(hours=24)),
    MONTH: Period(text("Last 30 days"), "day", timedelta(days=30)),
    YEAR: Period(text("Last 12 months"), "day", timedelta(days=365)),
}


def show(visit: DeskVisit) -> Response:
    """The charts of one portal or fund."""
    places = _places(visit)
    place = request.args.get("place", "")
    place = place if place in dict(places) else next(iter(dict(places)), "")
    wanted = request.args.get("period", "")
    chosen = wanted if wanted in PERIODS else DAY
    read = _read(visit, place, PERIODS[chosen])
    return visit.page(
        "overview.html",
        rooms.OVERVIEW,
        places=places,
        place=place,
        periods=[(key, visit.theme.translator(period.label)) for key, period in PERIODS.items()],
        period=chosen,
        charts=list(_charts(visit, read, chosen)),
        deliveries=_deliveries(visit, read),
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


def _read(visit: DeskVisit, place: str, period: Period) -> Sequence[FigureRead]:
    kind, _, name = place.partition(":")
    portals, funds = ([name], []) if kind == "portal" else ([], [name])
    since = visit.tx.now - period.back

    def find(tx: Transaction) -> Sequence[FigureRead]:
        return figures.read(tx, period.span, since=since, portals=portals, funds=funds)

    return visit.provider.replica.read(visit.tx, find) if name else ()


def _charts(visit: DeskVisit, read: Sequence[FigureRead], period: str) -> Iterator[Chart]:
    words = visit.theme.translator

    @cache  # a year has thousands of figures, and hundreds of days
    def bucket(moment: datetime) -> str:
        return _bucket(words, moment, period)

    names = list(dict.fromkeys(map(bucket, _moments(visit, period))))
    of_measure: dict[str, list[FigureRead]] = defaultdict(list)
    for each in read:
        of_measure[each.measure].append(each)
    for measure, title in TITLES.items():
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for each in of_measure[measure]:
            counts[bucket(each.begins_at)][each.label] += each.count
        labels = sorted({label for counted in counts.values() for label in counted if label})
        buckets = [Bucket(name, counts[name]) for name in names]
        yield Chart(measure, words(title), buckets, {label: _said(words, label) for label in labels})


def _moments(visit: DeskVisit, period: str) -> Iterator[datetime]:
    """Yield a moment of each bucket, the oldest first."""
    now, back = visit.tx.now, PERIODS[period].back
    step = timedelta(hours=1) if period == DAY else timedelta(days=1)
    return (now - back + step * number for number in range(1, int(back / step) + 1))


def _bucket(words: Translator, moment: datetime, period: str) -> str:
    local = moment.astimezone(words.zone)
    if period == DAY:
        return f"{words.day(local)} {words.time(local.replace(minute=0, second=0))}"
    if period == MONTH:
        return words.day(local)
    return format_date(date(local.year, local.month, 1), "LLLL y", locale=words.locale)


def _said(words: Translator, label: str) -> str:
    return " + ".join(words(LABELS[part]) if part in LABELS else part for part in label.split("+"))


def _deliveries(visit: DeskVisit, read: Sequence[FigureRead]) -> list[tuple[str, int, str, str]]:
    """Return, for each channel: how many codes were delivered, after how many seconds, at what cost."""
    words, sms = visit.theme.translator, visit.provider.settings.sms
    counts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for each in read:
        if each.measure == Measure.DELIVERED:
            counts[each.label] += each.count
            seconds[each.label] += round(each.seconds * 1000)
    return [
        (
            _said(words, channel),
            count,
            _measured(words, seconds[channel] / count / 1000, "0.0", "s"),
            _measured(words, count * sms.price, "0.00", sms.currency) if channel == "sms" and sms.price else "–",
        )
        for channel, count in sorted(counts.items())
    ]


def _measured(words: Translator, number: float, pattern: str, unit: str) -> str:
    """Return a number as the language writes it, and its unit on the same line."""
    return f"{format_decimal(number, format=pattern, locale=words.locale)}{NO_BREAK}{unit}"
