"""The health of the installation: for operators, without personal data."""

from idp.provider import Provider
from idp.staff.appointments import Appointment, Role
from idp.upkeep import diagnosis
from tests.flows.desk.conftest import Desk
from tests.support.clock import MovableClock


def test_operators_see_what_the_doctor_says(desk: Desk, provider: Provider) -> None:
    operator = desk.works(Role.OPERATOR)

    page = operator.get("/desk/health")

    assert page.status == 200
    for finding in diagnosis.examine(provider, []):
        assert finding.check in page.text
        assert finding.reason[:40] in page.text


def test_nobody_else_does(desk: Desk) -> None:
    for role in (Role.READER, Role.CLERK, Role.SUPERVISOR):
        browser = desk.works(role, fund="AK01")
        assert browser.get("/desk/health").status == 403
        assert "Health" not in browser.get("/desk").first("nav").text


def test_the_doctor_finds_staff_whom_nobody_would_miss(desk: Desk, provider: Provider, clock: MovableClock) -> None:
    desk.employed(Appointment(Role.CLERK, fund="AK01"), email="here@fund.example.ch")
    desk.employed(Appointment(Role.CLERK, fund="AK99"), email="gone@fund.example.ch")
    assert [finding.reason for finding in diagnosis.staff(provider)] == [
        "gone@fund.example.ch: no portal's file lists the fund 'AK99': `idp staff roles`"
    ]

    clock.forward(days=91)

    assert sum("has not signed in for long" in finding.reason for finding in diagnosis.staff(provider)) == 2
