"""A person gives up their access for a company; its last administrator does not."""

from datetime import timedelta

import pytest
from flask import Flask

from idp.audit import timeline
from idp.organisations import memberships, organisation
from idp.organisations.membership import ACTIVE, DEACTIVATED, Membership
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.flows.account.conftest import signed_in
from tests.flows.conftest import Account, make_account
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/account/portals?portal=e-services"


def seat_of(provider: Provider, person_id: str, rights: Rights, firm: str = "") -> Membership:
    with provider.database.transaction() as tx:
        known = firm or organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA").id
        return memberships.join(tx, known, person_id, rights)


def state_of(provider: Provider, membership: Membership) -> str:
    with provider.database.reading() as tx:
        found = memberships.by_id(tx, membership.id)
        assert found is not None
        return found.state


def test_a_member_leaves_and_is_told(home: Browser, provider: Provider, anne: Account, mailbox: Mailbox) -> None:
    """X-16, B-42"""
    membership = seat_of(provider, anne.id, Rights(topics=("salaries",)))

    home.get(home.get(PAGE).link("End access: Menuiserie Favre SA"))
    assert "Menuiserie Favre SA" in home.page.text
    home.press("leave")

    assert "Your access for the company has ended." in home.page.text
    assert "Menuiserie Favre SA" not in home.page.text
    assert state_of(provider, membership) == DEACTIVATED
    assert "Menuiserie Favre SA" in mailbox.last(anne.address, "email").text
    with provider.database.reading() as tx:
        [event] = timeline.recent(tx, anne.id, names={"MemberDeactivated"}, limit=9)
    assert (event.actor, event.details["reason"]) == (anne.id, "left")


def test_the_last_administrator_is_told_why_they_stay_and_what_helps(
    home: Browser, provider: Provider, anne: Account
) -> None:
    """B-44"""
    membership = seat_of(provider, anne.id, Rights(is_administrator=True))

    page = home.get(f"/leave-company?portal=e-services&membership={membership.id}")

    assert "You are the only administrator of Menuiserie Favre SA." in page.text
    assert page.by_id("leave") is None


def test_who_became_the_last_administrator_meanwhile_stays_too(
    home: Browser, provider: Provider, anne: Account
) -> None:
    """B-44: the button was shown while there were two"""
    membership = seat_of(provider, anne.id, Rights(is_administrator=True))
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    other = seat_of(provider, luc.id, Rights(is_administrator=True), membership.organisation_id)
    home.get(f"/leave-company?portal=e-services&membership={membership.id}")
    with provider.database.transaction() as tx:
        memberships.deactivate(tx, other.id, reason="left")

    home.press("leave")

    assert len(home.page.errors) == 1
    assert "You are the only administrator" in home.page.errors[0]
    assert state_of(provider, membership) == ACTIVE


def test_nobody_ends_the_access_of_somebody_else(home: Browser, provider: Provider) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    membership = seat_of(provider, luc.id, Rights())

    page = home.get(f"/leave-company?portal=e-services&membership={membership.id}")

    assert "Menuiserie" not in page.text
    assert page.by_id("leave") is None


def test_an_old_sign_in_is_proved_anew_first(
    app: Flask, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """ASVS 7.5.1"""
    membership = seat_of(provider, anne.id, Rights())
    browser = signed_in(app, provider, anne.id)
    clock.forward(seconds=timedelta(minutes=6).total_seconds())

    browser.get(f"/leave-company?portal=e-services&membership={membership.id}")

    assert browser.page.heading == "Enter your password again"
