"""The overview: figures that the worker adds up once, shown to those whose portal or fund they are about."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from idp.audit.events.codes import CodeSent
from idp.audit.events.event import Event
from idp.audit.events.invitations import RegistrationCodeUsed
from idp.audit.events.people import LegacyAccountMigrated
from idp.audit.events.sign_in import SignedIn, SignInRefused
from idp.audit.log import record
from idp.database import Origin
from idp.provider import Provider
from idp.staff.appointments import Role
from idp.statistics import figures, keeping
from idp.statistics.counting import COUNTED
from idp.statistics.figures import FigureKey, FigureRead, Measure
from tests.flows.account.test_events_shown import every_event
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import csv_of, line, ready
from tests.support.browser import Page
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

SIGNED_IN = SignedIn(
    client_id="connect",
    session_id="s",
    group="connect",
    acr="mfa",
    amr=(),
    methods=("password", "sms"),
    new_browser=True,
)
ZURICH = ZoneInfo("Europe/Zurich")


def happened(provider: Provider, *events: Event) -> None:
    with provider.database.transaction() as tx:
        for event in events:
            record(tx, event)


def keep(provider: Provider) -> int:
    """Count everything that is settled; how many events it was."""
    total = 0
    while found := keeping.keep(provider.database, ZURICH, Origin(actor="worker")):
        total += found
    return total


def of_portal(provider: Provider, span: figures.Span = "hour") -> dict[tuple[str, str], int]:
    with provider.database.reading() as tx:
        read: list[FigureRead] = list(
            figures.read(tx, span, since=tx.now - timedelta(days=9), portals=["connect"], funds=[])
        )
    return {(each.measure, each.label): each.count for each in read}


def shown(page: Page) -> dict[str, str]:
    """The headings with their totals."""
    titles = [heading.text.rpartition(" – ") for heading in page.all("h2")]
    return {title: total for title, _, total in titles if title}


@pytest.mark.both_databases
def test_every_event_counts_once_whoever_counts_and_however_often(provider: Provider, clock: MovableClock) -> None:
    happened(provider, SIGNED_IN, SIGNED_IN, SignInRefused(client_id="connect", factor="password", reason="wrong"))
    assert keep(provider) == 0, "a transaction that began earlier may still be open"
    clock.forward(minutes=3)
    happened(provider, SIGNED_IN)

    counted = in_parallel(*[lambda: keep(provider) for _ in range(3)])

    assert sum(counted) == 3
    assert of_portal(provider) == {("sign-ins", "password+sms"): 2, ("failures", "wrong"): 1}
    clock.forward(minutes=3)
    assert keep(provider) == 1
    assert keep(provider) == 0
    assert of_portal(provider, "day")["sign-ins", "password+sms"] == 3


def test_what_is_counted_exists() -> None:
    assert COUNTED.keys() <= set(every_event())


def test_a_day_is_the_one_of_the_portals_people(provider: Provider, clock: MovableClock) -> None:
    clock.forward(hours=(23 - clock.now().hour) % 24)
    happened(provider, SIGNED_IN)
    clock.forward(minutes=3)
    keep(provider)

    with provider.database.reading() as tx:
        (figure,) = figures.read(tx, "day", since=tx.now - timedelta(days=2), portals=["connect"], funds=[])

    assert figure.begins_at.astimezone(ZURICH).hour == 0
    assert figure.begins_at.astimezone(ZURICH).date() == clock.now().astimezone(ZURICH).date()


def test_the_overview_has_a_chart_and_a_table_of_each_figure(
    desk: Desk, provider: Provider, clock: MovableClock
) -> None:
    happened(
        provider,
        SIGNED_IN,
        LegacyAccountMigrated(client_id="connect", legacy_account_id="x"),
        CodeSent(client_id="connect", code_id="c", purpose="sign_in_sms", channel="sms", masked="x"),
    )
    clock.forward(minutes=3)
    keep(provider)

    page = desk.works(Role.READER, portal="connect").get("/desk/overview")

    assert shown(page) == {
        "Old accounts moved": "1",
        "Accounts opened with a letter or invitation": "0",
        "Letters and invitations": "0",
        "Sign-ins by method": "1",
        "Failed sign-ins by reason": "0",
        "Codes sent": "1",
        "Codes used": "0",
    }
    assert len(page.all("svg")) >= 3
    assert "Password + Text message" in page.text
    for period in ("month", "year", "nonsense"):
        assert (
            shown(
                desk.works(Role.READER, portal="connect", email=f"{period}@fund.example.ch").get(
                    f"/desk/overview?place=portal:connect&period={period}"
                )
            )["Sign-ins by method"]
            == "1"
        )


def bars(page: Page, chart: str) -> dict[str, str]:
    """The rows of a chart's table: the period, and its total."""
    section = next(each for each in page.all("section") if each.get("aria-labelledby") == f"{chart}-title")
    rows = [[cell.text for cell in row.walk() if cell.tag == "td"] for row in section.walk() if row.tag == "tr"]
    return {cells[0]: cells[-1] for cells in rows if cells}


@pytest.mark.both_databases
def test_a_year_has_twelve_whole_months_of_the_calendar_where_the_people_live(
    desk: Desk, provider: Provider, clock: MovableClock
) -> None:
    """23:30 UTC on the last of a month is the first of the next one in Zürich."""
    clock.set(datetime(2027, 3, 31, 23, 30, tzinfo=UTC))
    add = [("2026-04-30T22:00", 2), ("2026-05-31T21:59", 3), ("2026-05-31T22:00", 5), ("2027-03-31T22:00", 7)]
    with provider.database.transaction() as tx:
        figures.add(tx, [(of_day(at, label), count, 1.0) for at, count in add for label in ("password", "passkey")])
        figures.add(tx, [(of_day("2026-04-29T22:00", "password"), 11, 0.0)])

    page = desk.works(Role.READER, portal="connect").get("/desk/overview?place=portal:connect&period=year")

    assert bars(page, "sign-ins") == {"May 2026": "10", "June 2026": "10", "April 2027": "14"}
    assert shown(page)["Sign-ins by method"] == "34"


def test_thirty_days_are_thirty_however_long_they_are(desk: Desk, provider: Provider, clock: MovableClock) -> None:
    """On 28 March 2027 the clocks go forward: that day has 23 hours."""
    clock.set(datetime(2027, 4, 9, 22, 30, tzinfo=UTC))
    with provider.database.transaction() as tx:
        days = ["2027-03-11T23:00", "2027-03-27T23:00", "2027-03-28T22:00", "2027-04-09T22:00"]
        figures.add(tx, [(of_day(at, "password"), 1, 0.0) for at in days])

    page = desk.works(Role.READER, portal="connect").get("/desk/overview?place=portal:connect&period=month")

    assert list(bars(page, "sign-ins")) == ["12.03.2027", "28.03.2027", "29.03.2027", "10.04.2027"]


def of_day(at: str, label: str) -> FigureKey:
    return FigureKey("day", datetime.fromisoformat(at).replace(tzinfo=UTC), "connect", "", Measure.SIGN_INS, label)


def test_letters_count_for_their_fund(desk: Desk, provider: Provider, clock: MovableClock) -> None:
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    ready(supervisor, provider, csv_of([line(1), line(2)]))
    with provider.database.transaction() as tx:
        code = desk.events("RegistrationCodeIssued")[0].details["code_id"]
        record(tx, RegistrationCodeUsed(code_id=str(code), client_id="connect", person_id=""))
    clock.forward(minutes=3)
    keep(provider)

    page = supervisor.get("/desk/overview?place=fund:AK01")

    assert (shown(page)["Letters and invitations"], shown(page)["Accounts opened with a letter or invitation"]) == (
        "2",
        "1",
    )


def test_nobody_sees_the_figures_of_another_fund_or_of_a_portal_that_funds_share(
    desk: Desk, provider: Provider, clock: MovableClock
) -> None:
    happened(provider, SIGNED_IN)
    clock.forward(minutes=3)
    keep(provider)
    clerk = desk.works(Role.CLERK, fund="AK00")

    for place in ("portal:connect", "fund:AK01", "x"):
        page = clerk.get(f"/desk/overview?place={place}")
        assert shown(page)["Sign-ins by method"] == "0"
    assert desk.works(Role.OPERATOR).get("/desk/overview").status == 403
