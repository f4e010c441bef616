"""The list of a company with hundreds of users, as its administrator sees it: page by page, with few statements."""

import pytest

from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.flows.organisation.conftest import Firm
from tests.support.browser import Browser
from tests.support.counting import cost

pytestmark = pytest.mark.both_databases

USERS = 130


def test_a_page_has_25_users_and_takes_at_most_15_statements(provider: Provider, admin: Browser, firm: Firm) -> None:
    with provider.database.transaction() as tx:
        for number in range(USERS):
            named = {"given_name": "Nina", "family_name": f"neu{number:03}"}
            memberships.invite(tx, firm.id, email=f"nina{number}@example.ch", rights=Rights(), **named)
    admin.get(firm.users)

    asked = cost(provider.database, lambda: admin.get(f"{firm.users}?page=3"))

    assert asked.statements <= 15, asked.texts
    assert sum("@example.ch" in cell.text for cell in admin.page.all("td")) == 25
