"""A company with hundreds of users: its pages show a part, take few statements, and reach everybody."""

import pytest

from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from idp.staff.appointments import Role
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import Fund, fund, open_record
from tests.support.browser import Browser, Page
from tests.support.counting import cost

pytestmark = pytest.mark.both_databases

USERS = 130


def invite(provider: Provider, company: str) -> None:
    with provider.database.transaction() as tx:
        for number in range(USERS):
            named = {"given_name": "Nina", "family_name": f"neu{number:03}"}
            memberships.invite(tx, company, email=f"nina{number}@example.ch", rights=Rights(), **named)


def shown(page: Page) -> list[str]:
    return [cell.text for cell in page.all("td") if cell.get("data-label") == "Full name"]


@pytest.fixture
def ours(provider: Provider) -> Fund:
    return fund(provider, "AK01", "Rochat")


@pytest.fixture
def clerk(desk: Desk, ours: Fund, provider: Provider) -> Browser:
    invite(provider, ours.company)
    browser = desk.works(Role.CLERK, fund="AK01")
    open_record(browser, f"/desk/companies/{ours.company}")
    return browser


def test_the_desk_shows_a_large_company_page_by_page_with_at_most_15_statements(
    clerk: Browser, provider: Provider, ours: Fund
) -> None:
    path = f"/desk/companies/{ours.company}"

    asked = cost(provider.database, lambda: clerk.get(path))
    pages = [shown(clerk.get(f"{path}?page={number}")) for number in (1, 2, 3, 99)]

    assert asked.statements <= 15, asked.texts
    assert [len(page) for page in pages] == [50, 50, 31, 31]
    assert pages[2] == pages[3]
    everybody = [name for page in pages[:3] for name in page]
    assert everybody[:130] == [f"Nina neu{number:03}" for number in range(USERS)]
    assert len(set(everybody)) == USERS + 1


@pytest.mark.parametrize("asked", ["0", "-1", "x", "999999999", "٣"], ids=["zero", "below", "word", "large", "arabic"])
def test_a_page_that_does_not_exist_is_one_that_does(clerk: Browser, ours: Fund, asked: str) -> None:
    page = clerk.get(f"/desk/companies/{ours.company}?page={asked}")

    assert page.status == 200
    assert shown(page)


def test_a_user_of_a_later_page_is_changed_there_and_a_refusal_stands_beside_them(
    clerk: Browser, provider: Provider, ours: Fund
) -> None:
    clerk.get(f"/desk/companies/{ours.company}?page=2")
    button = next(each for each in clerk.page.all("button") if "/withdrawn" in (each.get("formaction") or ""))
    form = {"csrf_token": clerk.page.value("csrf_token")}

    refused = clerk.post(button.get("formaction"), {**form, "reason": ""})
    done = clerk.post(button.get("formaction"), {**form, "reason": "typed twice"})

    assert refused.status == 422
    assert "Nina neu050" in shown(refused)
    assert shown(done)[0] == "Nina neu051"
