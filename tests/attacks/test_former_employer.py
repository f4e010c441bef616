"""What a company's administrators may do ends where the person's work for the company ends."""

import pytest

from idp.organisations import memberships, permissions
from idp.people import phones
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.flows.organisation.conftest import Firm, admin, claire, firm, luca
from tests.support.browser import Browser

__all__ = ["admin", "claire", "firm", "luca"]

pytestmark = pytest.mark.both_databases


def test_a_former_employer_neither_sees_nor_changes_the_number(
    provider: Provider, admin: Browser, firm: Firm, luca: Account
) -> None:
    """B-41: otherwise the access of who left could be spoilt, wherever they go next"""
    with provider.database.transaction() as tx:
        assert permissions.may_change_phone(tx, luca.id, firm.id, portal="connect")
        memberships.deactivate(tx, firm.luca, reason="left")

    page = admin.get(f"{firm.users}/{firm.luca}")
    assert "•• 44" not in page.text.replace("\u00a0", " ")
    assert "user-phone" not in page.response.text

    admin.get(firm.phone(firm.luca))
    assert not [field for field in admin.page.all("input") if field.get("name") == "phone"]
    with provider.database.reading() as tx:
        number = phones.of_person(tx, luca.id)
        assert number is not None
        assert number.number == luca.phone
