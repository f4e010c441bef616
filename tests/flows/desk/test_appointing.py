"""A new supervisor takes two: otherwise one could appoint a second account of their own and confirm with it."""

import pytest

from idp.provider import Provider
from idp.staff import employing, prepared_acts
from idp.staff.appointments import Appointment, Role
from idp.staff.prepared_acts import ActPlan
from tests.flows.desk.conftest import OPERATOR, Desk
from tests.flows.desk.test_staff_page import roles
from tests.support.browser import Browser
from tests.support.parallel import in_parallel

APPOINT = "Appoint as supervisor"


@pytest.fixture
def first(desk: Desk) -> Browser:
    return desk.works(Role.SUPERVISOR, fund="AK01")


@pytest.fixture
def second(desk: Desk) -> Browser:
    return desk.works(Role.SUPERVISOR, fund="AK01", email="second@fund.example.ch")


@pytest.fixture
def clerk(desk: Desk) -> str:
    """The id of a clerk of the fund, who works for another fund too."""
    both = (Appointment(Role.CLERK, fund="AK01"), Appointment(Role.READER, fund="AK00"))
    return desk.employed(*both, email="nina@fund.example.ch").id


def promote(supervisor: Browser, staff_id: str, role: str = "supervisor") -> None:
    supervisor.get("/desk/staff")
    form = {"reason": "leads the team", "role": role, "csrf_token": supervisor.page.value("csrf_token")}
    supervisor.page = supervisor.post(f"/desk/staff/{staff_id}/role", form)


def opened(supervisor: Browser) -> Browser:
    """The page of the decision, from the first page of the desk."""
    supervisor.get(supervisor.get("/desk").link(f"Decide: {APPOINT}"))
    return supervisor


def test_a_clerk_becomes_supervisor_by_two(
    desk: Desk, provider: Provider, first: Browser, second: Browser, clerk: str
) -> None:
    promote(first, clerk)
    assert "Another supervisor must confirm it" in first.page.text
    assert roles(provider, clerk) == ["clerk at AK01", "reader at AK00"]
    assert APPOINT in second.get("/desk/staff").text

    page = opened(second).page
    assert "Chloé Clerc" in page.text
    assert "leads the team" in page.text
    second.press("confirm")

    assert "The role has been changed" in second.page.text
    assert roles(provider, clerk) == ["reader at AK00", "supervisor at AK01"]
    (prepared,), (decided,) = desk.events("ActPrepared"), desk.events("ActDecided")
    assert prepared.details["staff_id"] == decided.details["staff_id"] == clerk
    assert decided.details["decision"] == "confirmed"
    assert len({prepared.actor, decided.actor}) == 2


def test_the_invited_is_no_supervisor_before_a_second_one_confirms(
    desk: Desk, provider: Provider, first: Browser, second: Browser
) -> None:
    first.get("/desk/staff")
    first.fill(name="Nina", email="nina@fund.example.ch", place="fund:AK01", role="supervisor", reason="leads")
    first.press("send-invitation")
    assert "Another supervisor must confirm the role" in first.page.text
    (invited,) = [each.details for each in desk.events("StaffInvited") if each.details["reason"] == "leads"]
    assert invited["appointments"] == ["reader at AK01"]

    opened(second).press("confirm")

    assert roles(provider, invited["staff_id"]) == ["supervisor at AK01"]


def test_an_invited_clerk_keeps_the_role_until_then(desk: Desk, provider: Provider, first: Browser, clerk: str) -> None:
    with provider.database.transaction() as tx:
        assert employing.disable(tx, clerk, by=OPERATOR, reason="left")
    other = desk.employed(Appointment(Role.CLERK, fund="AK01"), email="zoe@fund.example.ch").id
    provider.clock.forward(minutes=2)  # type: ignore[attr-defined]
    for address in ("nina@fund.example.ch", "zoe@fund.example.ch"):
        first.get("/desk/staff")
        first.fill(name="Nina", email=address, place="fund:AK01", role="supervisor", reason="leads")
        first.press("send-invitation")

    assert roles(provider, clerk) == ["reader at AK01"]
    assert roles(provider, other) == ["clerk at AK01"]


def test_the_author_can_only_withdraw(provider: Provider, first: Browser, clerk: str) -> None:
    promote(first, clerk)
    path = first.get("/desk").link(f"Cancel the request: {APPOINT}")
    first.get(path)
    form = {"csrf_token": first.page.value("csrf_token"), "decision": "confirmed"}

    assert first.post(path, form).status == 409
    first.get(path)
    first.press("withdraw")

    assert "Cancelled. Nothing was changed." in first.page.text
    assert roles(provider, clerk) == ["clerk at AK01", "reader at AK00"]


def test_supervisors_of_other_places_see_and_decide_nothing(desk: Desk, first: Browser, clerk: str) -> None:
    stranger = desk.works(Role.SUPERVISOR, fund="AK00")
    promote(first, clerk)
    path = first.get("/desk").link(f"Cancel the request: {APPOINT}")

    assert APPOINT not in stranger.get("/desk").text
    assert stranger.get(path).status == 404


def test_whoever_works_there_no_more_is_not_appointed(
    provider: Provider, first: Browser, second: Browser, clerk: str
) -> None:
    promote(first, clerk)
    opened(second)
    promote(first, clerk, role="")

    second.press("confirm")

    assert "Nothing was changed" in second.page.text
    assert roles(provider, clerk) == ["reader at AK00"]


def test_a_supervisor_of_two_places_is_appointed_at_each(
    desk: Desk, provider: Provider, first: Browser, second: Browser, clerk: str
) -> None:
    both = (Appointment(Role.SUPERVISOR, fund="AK01"), Appointment(Role.SUPERVISOR, fund="AK00"))
    author = desk.signed_in(desk.employed(*both, email="both@fund.example.ch"))

    promote(author, clerk)
    opened(second).press("confirm")

    assert roles(provider, clerk) == ["reader at AK00", "supervisor at AK01"]
    assert [event.details["act"] for event in desk.events("ActPrepared")] == ["appoint-supervisor"] * 2
    assert APPOINT in desk.works(Role.SUPERVISOR, fund="AK00").get("/desk").text


def test_a_reader_becomes_clerk_by_one(provider: Provider, first: Browser, clerk: str) -> None:
    promote(first, clerk, role="reader")

    assert roles(provider, clerk) == ["reader at AK00", "reader at AK01"]


@pytest.mark.both_databases
def test_of_two_who_appoint_the_same_at_one_moment_one_does(desk: Desk, provider: Provider, clerk: str) -> None:
    plan = ActPlan(
        act="appoint-supervisor", kind=prepared_acts.STAFF, subject_id=clerk, other_id="fund:AK01", reason="leads"
    )
    authors = [
        desk.employed(Appointment(Role.SUPERVISOR, fund="AK01"), email=f"{name}@fund.example.ch").id
        for name in ("ann", "ben")
    ]

    def prepare(by: str) -> bool:
        with provider.database.transaction() as tx:
            return prepared_acts.prepare(tx, plan, by=by) is not None

    assert sorted(in_parallel(lambda: prepare(authors[0]), lambda: prepare(authors[1]))) == [False, True]
