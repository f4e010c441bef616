"""A fund that no portal's file lists any more: its staff see nothing of it, no work goes on, and nothing is lost."""

import pytest

from idp.clients.client import Client
from idp.invitations.letters.job import JobState
from idp.people import insured
from idp.provider import Provider
from idp.staff.appointments import Role
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import TWO, checked, job, work
from tests.flows.desk.world import find, fund, hits, open_record
from tests.support.clients import bend

pytestmark = pytest.mark.both_databases
PAGES = ("/desk", "/desk/letters", "/desk/overview", "/desk/staff", "/desk/me")


def remove(provider: Provider) -> Client:
    """Take the fund AK01 out of its portal's file; returns the client as it was."""
    before = provider.registry.current().client("connect")
    assert before is not None
    bend(provider, "connect", funds=())
    return before


def test_staff_of_a_removed_fund_see_nothing_until_it_is_back(desk: Desk, provider: Provider) -> None:
    ours = fund(provider, "AK01", "Rochat")
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    addresses = [f"/desk/{kind}/{id_}" for kind, id_ in ours.records.items()]
    for address in addresses:
        open_record(supervisor, address)
    before = remove(provider)

    assert [supervisor.get(page).status for page in PAGES] == [200] * len(PAGES)
    assert [hits(find(supervisor, term)) for term in ours.terms] == [[]] * len(ours.terms)
    assert [supervisor.get(address).status for address in addresses] == [404] * len(addresses)

    bend(provider, "connect", funds=before.funds)
    assert [supervisor.get(address).status for address in addresses] == [200] * len(addresses)


def test_letters_of_a_removed_fund_are_not_made_and_its_register_stays(desk: Desk, provider: Provider) -> None:
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    address = checked(supervisor, provider, TWO).path
    supervisor.press("order-letters")
    before = remove(provider)

    work(provider)

    assert supervisor.get(address).status == 404
    assert job(provider).state == JobState.FAILED
    bend(provider, "connect", funds=before.funds)
    assert "This fund is not served any more." in supervisor.get(address).text
    checked(supervisor, provider, TWO)
    supervisor.press("order-letters")
    work(provider)
    assert (job(provider).state, job(provider).letters) == (JobState.READY, 2)
    with provider.database.reading() as tx:
        assert len(insured.without_account(tx, "AK01")) == 2
