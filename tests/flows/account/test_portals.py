"""Which portals an account opens, who learns what from it, and for which companies the person acts."""

import pytest
from flask import Flask

from idp.grants import consents
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.flows.account.conftest import RECENT
from tests.flows.conftest import Account, make_account
from tests.support.browser import Browser
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

PAGE = "/account/portals?portal=e-services"


def allow(provider: Provider, person_id: str, client_id: str = "connect") -> None:
    with provider.database.transaction() as tx:
        consents.grant(tx, person_id, client_id, ["openid", "email", "phone"])


def allowed(provider: Provider, person_id: str) -> list[str]:
    with provider.database.reading() as tx:
        return [consent.client_id for consent in consents.of_person(tx, person_id)]


def test_portals_are_named_with_the_day_they_were_opened(home: Browser) -> None:
    """X-16"""
    text = home.get(PAGE).text

    assert "e-services CVCI Since" in text
    assert "What you have allowed" not in text
    assert "Companies you act for" not in text


def test_companies_and_rights_are_shown(home: Browser, provider: Provider, anne: Account) -> None:
    with provider.database.transaction() as tx:
        topics = ("contributions", "salaries")
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA", topics=topics)
        memberships.join(tx, company.id, anne.id, Rights(is_administrator=True, topics=("salaries",)))

    text = home.get(PAGE).text

    assert "Menuiserie Favre SA Administrator" in text


def test_a_consent_is_withdrawn_and_the_access_ends(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16"""
    allow(provider, anne.id)

    page = home.get(PAGE)
    assert "your email address; your phone number" in page.text
    home.get(page.link("Withdraw"))
    assert "your email address" in home.page.text
    home.press("withdraw")

    assert "Your consent has been withdrawn" in home.page.text
    assert allowed(provider, anne.id) == []


def test_nobody_withdraws_for_somebody_else(home: Browser, app: Flask, provider: Provider, anne: Account) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    allow(provider, luc.id)

    page = home.get("/withdraw-consent?portal=e-services&client_id=connect")

    assert "This consent has already been withdrawn." in page.text
    assert allowed(provider, luc.id) == ["connect"]


def test_a_stolen_session_alone_withdraws_nothing(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    allow(provider, anne.id)
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get("/withdraw-consent?portal=e-services&client_id=connect").heading == "Enter your password again"
    assert allowed(provider, anne.id) == ["connect"]
