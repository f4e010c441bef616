"""Why the owner of an account of a former directory cannot sign in, and where they are stuck."""

import pytest

from flows.desk.former import STEPS
from flows.migration import MIGRATION
from idp.provider import Provider
from idp.staff.appointments import Role
from tests.flows import migrating
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import open_record
from tests.support.browser import Browser
from tests.support.clock import MovableClock

BEGAN = "The move began on 16.07.2026 at 14:00 and is not finished."


@pytest.mark.both_databases
def test_the_page_says_at_which_step_the_move_stopped(
    desk: Desk, provider: Provider, visitor: Browser, clock: MovableClock
) -> None:
    accounts = [migrating.former_account(provider, each) for each in (migrating.IDENTIFIER, "CVCI00009999")]
    clerk = desk.works(Role.CLERK, portal="e-services")
    pages = [f"/desk/former/{each}" for each in accounts]
    for page in pages:
        assert BEGAN not in open_record(clerk, page).text

    migrating.begin(visitor)
    assert f"{BEGAN} The person has not entered an email address." in clerk.get(pages[0]).text
    migrating.give_address(visitor)
    assert f"{BEGAN} The code sent to the new email address has not been entered." in clerk.get(pages[0]).text

    assert BEGAN not in clerk.get(pages[1]).text
    clock.forward(days=8)
    late = desk.works(Role.CLERK, portal="e-services", email="late@fund.example.ch")
    assert BEGAN not in open_record(late, pages[0]).text, "nobody can go on with it any more"


def test_every_step_of_the_move_has_its_sentence() -> None:
    assert STEPS.keys() == {step.name for step in MIGRATION.steps} - {"legacy-credentials"}
