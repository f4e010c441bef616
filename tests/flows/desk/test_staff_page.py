"""A supervisor's staff: seen and changed at the supervisor's own funds only."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from idp.provider import Provider
from idp.staff import accounts, appointments, employing
from idp.staff.appointments import Appointment, Role
from tests.flows.desk.conftest import OPERATOR, Desk
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.counting import cost
from tests.support.inbox import Mailbox


def roles(provider: Provider, staff_id: str) -> list[str]:
    with provider.database.reading() as tx:
        return [str(each) for each in appointments.of_staff(tx, staff_id)]


def test_a_supervisor_invites_a_clerk_to_their_own_fund(desk: Desk, mailbox: Mailbox) -> None:
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    supervisor.get("/desk/staff")

    supervisor.fill(name="Nina Neu", email="nina@fund.example.ch", place="fund:AK01", role="clerk", reason="joins")
    supervisor.press("send-invitation")

    assert "The invitation has been sent" in supervisor.page.text
    assert "Clerk – Example compensation fund (AK01)" in supervisor.page.text
    assert "Nina Neu" in mailbox.last("nina@fund.example.ch").text
    (event,) = [each for each in desk.events("StaffInvited") if each.actor.startswith("clerk:")]
    assert (event.details["appointments"], event.details["reason"]) == (["clerk at AK01"], "joins")


def test_nobody_is_invited_to_a_fund_or_role_that_is_not_the_supervisors(desk: Desk) -> None:
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    for place, role in (("fund:AK00", "clerk"), ("portal:connect", "clerk"), ("fund:AK01", "operator")):
        supervisor.get("/desk/staff")
        supervisor.fill(name="Nina Neu", email="nina@fund.example.ch", place=place, role=role, reason="joins")
        assert supervisor.press("send-invitation").status == 422

    assert {each.actor for each in desk.events("StaffInvited")} == {"cli:test"}


def test_staff_of_another_fund_are_neither_shown_nor_changed(desk: Desk, provider: Provider) -> None:
    other = desk.employed(Appointment(Role.CLERK, fund="AK00"), email="other@fund.example.ch")
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    assert "other@fund.example.ch" not in supervisor.get("/desk/staff").text
    form = {"reason": "x", "role": "", "csrf_token": supervisor.page.value("csrf_token")}

    for act in ("role", "disable"):
        theirs = supervisor.post(f"/desk/staff/{other.id}/{act}", form)
        nobodys = supervisor.post(f"/desk/staff/nobody/{act}", form)
        assert (theirs.status, theirs.text) == (nobodys.status, nobodys.text) == (404, theirs.text)
    assert roles(provider, other.id) == ["clerk at AK00"]


def test_more_colleagues_take_no_more_statements(desk: Desk, provider: Provider) -> None:
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    supervisor.get("/desk/staff")
    alone = cost(provider.database, lambda: supervisor.get("/desk/staff")).statements
    for number in range(5):
        desk.employed(Appointment(Role.CLERK, fund="AK01"), email=f"clerk{number}@fund.example.ch")

    assert cost(provider.database, lambda: supervisor.get("/desk/staff")).statements == alone
    assert "clerk4@fund.example.ch" in supervisor.page.text


def test_a_role_changes_at_once_and_only_here(desk: Desk, provider: Provider) -> None:
    both = (Appointment(Role.CLERK, fund="AK00"), Appointment(Role.SUPERVISOR, fund="AK01"))
    other = desk.employed(*both, email="other@fund.example.ch")
    theirs, supervisor = desk.signed_in(other), desk.works(Role.SUPERVISOR, fund="AK01")
    assert theirs.get("/desk/staff").status == 200
    supervisor.get("/desk/staff")
    form = {"reason": "moves", "role": "reader", "csrf_token": supervisor.page.value("csrf_token")}

    supervisor.post(f"/desk/staff/{other.id}/role", form)

    assert roles(provider, other.id) == ["clerk at AK00", "reader at AK01"]
    assert theirs.get("/desk/staff").status == 403


def test_a_supervisor_stops_a_colleague_who_works_nowhere_else(desk: Desk, provider: Provider) -> None:
    other = desk.employed(Appointment(Role.CLERK, fund="AK01"), email="other@fund.example.ch")
    theirs, supervisor = desk.signed_in(other), desk.works(Role.SUPERVISOR, fund="AK01")
    supervisor.get("/desk/staff")
    form = {"csrf_token": supervisor.page.value("csrf_token")}
    assert supervisor.post(f"/desk/staff/{other.id}/disable", form).status == 422  # no reason

    supervisor.post(f"/desk/staff/{other.id}/disable", {**form, "reason": "left"})

    assert theirs.get("/desk").path == "/desk/sign-in"
    with provider.database.reading() as tx:
        assert accounts.by_id(tx, other.id).state == accounts.DISABLED  # type: ignore[union-attr]


def test_an_inviting_supervisor_does_not_learn_the_name_that_another_fund_knows(
    desk: Desk, clock: MovableClock
) -> None:
    """The account of the address is named Chloé Clerc there; here it has the name that was typed."""
    other = desk.employed(Appointment(Role.CLERK, fund="AK00"), email="other@fund.example.ch")
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    clock.forward(minutes=2)
    supervisor.get("/desk/staff")
    typed = {"name": "Zoe Zurich", "email": "other@fund.example.ch", "place": "fund:AK01", "role": "reader"}

    page = supervisor.fill(**typed, reason="joins").press("send-invitation")

    assert "Zoe Zurich" in page.text
    assert (
        page.text.count("Chloé Clerc") == supervisor.get("/desk").text.count("Chloé Clerc") + 1
    )  # the supervisor's own
    there = desk.works(Role.SUPERVISOR, fund="AK00").get("/desk/staff")
    assert "Zoe Zurich" not in there.text
    assert other.email in there.text


def test_whoever_is_disabled_begins_anew_with_what_the_inviter_may_give(desk: Desk, provider: Provider) -> None:
    from_ak00 = desk.employed(Appointment(Role.SUPERVISOR, fund="AK00"), email="other@fund.example.ch")
    with provider.database.transaction() as tx:
        assert employing.disable(tx, from_ak00.id, by=OPERATOR, reason="left")

    desk.invited(Appointment(Role.READER, fund="AK01"), email="other@fund.example.ch")

    assert roles(provider, from_ak00.id) == ["reader at AK01"]


def test_no_page_of_the_desk_is_seen_without_its_role(desk: Desk) -> None:
    seen: dict[str, Browser] = {role: desk.works(role, fund="AK01") for role in (Role.READER, Role.CLERK)}
    seen[Role.OPERATOR] = desk.works(Role.OPERATOR)

    assert {role: browser.get("/desk/staff").status for role, browser in seen.items()} == dict.fromkeys(seen, 403)


def test_an_invitation_that_is_not_sent_gives_nobody_anything(desk: Desk, provider: Provider) -> None:
    other = desk.employed(Appointment(Role.READER, fund="AK01"), email="other@fund.example.ch")
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    supervisor.get("/desk/staff")
    supervisor.fill(name="Nina", email="other@fund.example.ch", place="fund:AK01", role="supervisor", reason="leads")

    assert supervisor.press("send-invitation").status == 422  # the invitation before is not a minute old

    assert roles(provider, other.id) == ["reader at AK01"]


@pytest.mark.both_databases
def test_a_role_that_is_taken_meanwhile_does_not_come_back(desk: Desk, provider: Provider) -> None:
    here, elsewhere = Appointment(Role.CLERK, fund="AK01"), Appointment(Role.CLERK, fund="AK00")
    other = desk.employed(here, elsewhere, email="other@fund.example.ch")
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    supervisor.get("/desk/staff")
    form = {"reason": "moves", "role": "reader", "csrf_token": supervisor.page.value("csrf_token")}

    with ThreadPoolExecutor(1) as pool:
        with provider.database.transaction() as tx:
            assert employing.appoint(tx, other.id, [here], by=OPERATOR, reason="left AK00")
            later = pool.submit(supervisor.post, f"/desk/staff/{other.id}/role", form)
            wait([later], timeout=0.5)
        later.result()

    assert roles(provider, other.id) == ["reader at AK01"]
