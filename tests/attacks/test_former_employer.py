"""What a company's administrators may do ends where the person's work for the company ends."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.grants.client_sessions import ClientSessionRow
from idp.organisations import memberships, permissions
from idp.people import phones, terms
from idp.provider import Provider
from tests.flows.conftest import Account, arrived
from tests.flows.organisation.conftest import Firm, admin, claire, firm, luca, user
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

__all__ = ["admin", "claire", "firm", "luca", "user"]

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


def test_access_that_rests_on_the_company_ends_with_it_also_where_the_portal_asked_for_no_companies(
    app: Flask, provider: Provider, admin: Browser, user: Browser, firm: Firm, luca: Account
) -> None:
    """B-42: connect lets nobody in but a company's people, whatever scopes it asks for"""
    with provider.database.transaction() as tx:
        terms.accept(tx, luca.id, "connect", "2026-01", language="fr")
    portal = RelyingParty(app, "connect")
    user.get("/authorize?" + urlencode(portal.request(scope="openid")))
    tokens = portal.redeem(arrived(user))

    admin.get(firm.edit(firm.luca))
    admin.fill(deactivated="yes").press("save")
    admin.press("deactivate")

    refreshed = portal.token_request(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status_code == 400
    with provider.database.reading() as tx:
        seat = tx.session.query(ClientSessionRow).filter_by(person_id=luca.id, client_id="connect").one()
        assert seat.ended_at is not None
