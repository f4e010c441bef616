"""A supervisor who learned the ids of another fund tries them at every address of the desk, and learns nothing.

The addresses come from the map of routes: a new one is tried without being listed here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from flows.desk import acts, company
from idp.audit.log import AuditEvent
from idp.organisations import memberships
from idp.provider import Provider
from idp.staff import looks, passkeys, prepared_acts
from idp.staff.appointments import Appointment, Role
from idp.staff.employing import INVITATION
from idp.staff.prepared_acts import LETTER_JOB, STAFF, ActPlan, SubjectKind
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import csv_of, line, ready, the_job, upload, work
from tests.flows.desk.world import Fund, fund, open_record
from tests.flows.migrating import former_account
from tests.support.browser import Browser, Page

UNKNOWN = "0197d0a0-0000-7000-8000-000000000000"
NAMES = {"name": tuple(acts.BY_NAME), "act": tuple(company.MEMBER_ACTS)}
"""The parts of addresses that are no ids."""
FORM = {
    "reason": "x",
    "identity": "document",
    "email": "x@example.ch",
    "decision": "confirmed",
    "role": Role.READER,
    "design": "portal",
    "format": "pdf",
    "which": "unused",
}


@dataclass(frozen=True)
class Holdings:
    """Ids of everything that a fund has: below each part of the addresses, by the names of their parameters."""

    browser: Browser
    staff: str
    below: Mapping[str, Mapping[str, str]]

    def of(self, rule: Rule) -> Mapping[str, str]:
        return self.below[rule.rule.split("/")[2]]


def holdings(desk: Desk, provider: Provider, ours: Fund) -> Holdings:
    """The records of this fund, its staff, and one prepared act of each kind."""
    here = Appointment(Role.SUPERVISOR, fund=ours.code)
    author = desk.employed(here, email=f"author@{ours.code}.example.ch")
    browser = desk.signed_in(author)
    colleague = desk.employed(here, email=f"colleague@{ours.code}.example.ch").id
    ready(browser, provider, csv_of([line(1)]))
    with provider.database.reading() as tx:
        campaign = the_job(tx).campaign_id
    upload(browser, csv_of([line(2)]))
    work(provider)
    with provider.database.reading() as tx:
        job = the_job(tx).id
        (seat,) = memberships.of_organisation(tx, ours.company)
        passkey = passkeys.of_staff(tx, author.id)[0].id

    def act(name: str, kind: SubjectKind, subject: str, other: str = "") -> str:
        plan = ActPlan(act=name, kind=kind, subject_id=subject, other_id=other, reason="x")
        with provider.database.transaction() as tx:
            found = prepared_acts.prepare(tx, plan, by=author.id)
            assert found is not None
            return found.id

    letters = {"job_id": job, "campaign_id": campaign, "act_id": act("order-letters", LETTER_JOB, job)}
    below = {
        "people": {"subject_id": ours.person, "act_id": act("erase", looks.PERSON, ours.person)},
        "companies": {
            "subject_id": ours.company,
            "membership_id": seat.membership.id,
            "act_id": act("close-company", looks.COMPANY, ours.company),
        },
        "insured": {"subject_id": ours.insured},
        "former": {"subject_id": former_account(provider, f"N{ours.code}")},
        "letters": letters,
        "staff": {"staff_id": colleague, "act_id": act("appoint-supervisor", STAFF, colleague, f"fund:{ours.code}")},
        "me": {"passkey_id": passkey},
        "health": {"client_id": "connect-assures"},
        "invitation": {"staff_id": desk.invited(here, email=f"invited@{ours.code}.example.ch")},
    }
    return Holdings(browser, author.id, below)


@pytest.fixture
def theirs(desk: Desk, provider: Provider) -> Holdings:
    return holdings(desk, provider, fund(provider, "AK00", "Zbinden"))


@pytest.fixture
def ours(desk: Desk, provider: Provider) -> Holdings:
    return holdings(desk, provider, fund(provider, "AK01", "Rochat"))


@pytest.fixture
def addresses(app: Flask) -> list[tuple[str, Rule]]:
    """Every address of the desk with an id in it, by each method."""
    found = [
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk/") and rule.arguments - set(NAMES)
    ]
    return [(method, rule) for rule in found for method in ("GET", "POST") if method in (rule.methods or ())]


@pytest.fixture
def counted(provider: Provider) -> Iterator[list[str]]:
    """The statements of the database so far."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engines = {provider.database.reading_engine, provider.database.writing_engine}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)


def filled(rule: Rule, ids: Mapping[str, str]) -> Iterator[str]:
    """The addresses of a route with these ids, once for each act."""
    named = sorted(rule.arguments & set(NAMES))
    for chosen in product(*(NAMES[name] for name in named)):
        path = rule.rule
        for name, value in {**ids, **dict(zip(named, chosen, strict=True))}.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, path
        yield path


Answer = tuple[int, str, list[str]]


def tried(browser: Browser, counted: list[str], method: str, path: str, **more: str) -> Answer:
    """The answer, and the statements that it cost. A form is sent with the token of a page that its sender may see."""
    public = path.startswith(INVITATION)
    sent = {**FORM, **more, "csrf_token": browser.get(path if public else "/desk").value("csrf_token")}
    counted.clear()
    page: Page = browser.get(path) if method == "GET" else browser.post(path, sent)
    return page.status, page.text, [] if public else list(counted)


def done_by(provider: Provider, staff: str) -> list[str]:
    with provider.database.reading() as tx:
        found = tx.session.query(AuditEvent).filter_by(actor=f"clerk:{staff}").order_by(AuditEvent.id)
        return [event.name for event in found]


def test_every_id_of_another_fund_is_answered_like_an_unknown_one(
    provider: Provider, addresses: list[tuple[str, Rule]], theirs: Holdings, ours: Holdings, counted: list[str]
) -> None:
    before = done_by(provider, ours.staff)

    for method, rule in addresses:
        known = theirs.of(rule)
        unknown = dict.fromkeys(known, UNKNOWN)
        for real, guessed in zip(filled(rule, known), filled(rule, unknown), strict=True):
            answers = [tried(ours.browser, counted, method, path) for path in (real, guessed)]
            assert answers[0] == answers[1], (method, rule.rule)
            assert answers[0][0] == refusal(method, rule), (method, rule.rule, answers[0][1])

    assert len(addresses) > 25
    assert done_by(provider, ours.staff) == before


def test_the_same_addresses_exist_for_those_whose_ids_they_are(
    addresses: list[tuple[str, Rule]], theirs: Holdings
) -> None:
    """Otherwise nothing was tried."""
    hidden = {"former", "health"}  # of a portal, and for operators
    read = [rule for method, rule in addresses if method == "GET" and rule.rule.split("/")[2] not in hidden]

    found = {path: theirs.browser.get(path).status for rule in read for path in filled(rule, theirs.of(rule))}

    assert set(found.values()) == {200}, found


def test_an_id_of_another_fund_below_a_record_of_the_own_is_answered_like_an_unknown_one(
    provider: Provider, addresses: list[tuple[str, Rule]], theirs: Holdings, ours: Holdings, counted: list[str]
) -> None:
    for kind in ("people", "companies"):
        open_record(ours.browser, f"/desk/{kind}/{ours.below[kind]['subject_id']}")
    before = done_by(provider, ours.staff)
    below = [(method, rule) for method, rule in addresses if {"act_id", "membership_id"} & rule.arguments]

    for method, rule in below:
        own = ours.of(rule)
        for name in {"act_id", "membership_id"} & rule.arguments:
            foreign, unknown = {**own, name: theirs.of(rule)[name]}, {**own, name: UNKNOWN}
            for real, guessed in zip(filled(rule, foreign), filled(rule, unknown), strict=True):
                answers = [tried(ours.browser, counted, method, path) for path in (real, guessed)]
                assert answers[0] == answers[1], (method, rule.rule)
                assert answers[0][0] == 404, (method, rule.rule)

    assert len(below) > 8
    assert done_by(provider, ours.staff) == before


FIELDS: list[tuple[str, str, Mapping[str, str], str]] = [
    ("POST", "/desk", {"open": "person:{person}"}, UNKNOWN),
    ("POST", "/desk", {"open": "company:{company}"}, UNKNOWN),
    ("POST", "/desk", {"open": "insured:{insured}"}, UNKNOWN),
    ("POST", "/desk", {"open": "former:{former}"}, UNKNOWN),
    ("GET", "/desk/people/{own}/acts/merge?other={person}", {}, UNKNOWN),
    ("POST", "/desk/people/{own}/acts/merge", {"other": "{person}"}, UNKNOWN),
    ("GET", "/desk/overview?place=fund:{fund}", {}, "AK98"),
    ("GET", "/desk/overview?place=portal:{portal}", {}, "nonsense"),
    ("POST", "/desk/staff", {"place": "fund:{fund}", "name": "X"}, "AK98"),
    ("POST", "/desk/staff", {"place": "portal:{portal}", "name": "X"}, "nonsense"),
    ("POST", "/desk/letters/upload", {"fund": "{fund}"}, "AK98"),
]


@pytest.mark.parametrize(("method", "path", "fields", "unknown"), FIELDS)
def test_an_id_of_another_fund_in_a_field_is_answered_like_an_unknown_one(
    theirs: Holdings,
    ours: Holdings,
    counted: list[str],
    method: str,
    path: str,
    fields: Mapping[str, str],
    unknown: str,
) -> None:
    own = ours.below["people"]["subject_id"]
    open_record(ours.browser, f"/desk/people/{own}")
    known = {
        "person": theirs.below["people"]["subject_id"],
        "company": theirs.below["companies"]["subject_id"],
        "insured": theirs.below["insured"]["subject_id"],
        "former": theirs.below["former"]["subject_id"],
        "fund": "AK00",
        "portal": "connect-assures",
    }

    answers = []
    for ids in (known, dict.fromkeys(known, unknown)):
        sent = {name: value.format(**ids) for name, value in fields.items()}
        answers.append(tried(ours.browser, counted, method, path.format(own=own, **ids), **sent))

    assert answers[0] == answers[1]


def refusal(method: str, rule: Rule) -> int:
    """The status: health is for operators, and an invitation looks the same to everybody."""
    part = rule.rule.split("/")[2]
    if part == "invitation":
        return 200 if method == "GET" else 403
    return 403 if part == "health" else 404
