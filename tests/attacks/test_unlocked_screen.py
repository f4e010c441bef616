"""Who finds somebody's screen unlocked, or has their cookie, gives the account no phone (ASVS 7.5.1)."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.people import phones
from idp.provider import Provider
from idp.sessions.session import SessionRow
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def portal(app: Flask, provider: Provider, visitor: Browser, clock: MovableClock) -> RelyingParty:
    """It wants a phone from today on; Luc, who has none, signed in twenty minutes ago."""
    luc = make_account(provider, Account("", address="luc@example.ch", phone=""))
    portal = RelyingParty(app, "basic")
    visitor.get("/authorize?" + urlencode(portal.request()))
    give_password(visitor, luc)
    assert arrived(visitor).code
    bend(provider, "basic", policy={"phone": "required", "terms_version": "2027-01"})
    clock.forward(minutes=20)
    return portal


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app, language="en")


def test_the_password_is_asked_before_a_phone_is_given(
    provider: Provider, visitor: Browser, portal: RelyingParty, mailbox: Mailbox
) -> None:
    """ASVS 7.5.1, X-17"""
    visitor.get("/authorize?" + urlencode(portal.request()))
    assert visitor.page.heading == "Enter your password again"

    visitor.fill(password=Account("").password).press("sign-in")
    visitor.fill(phone="079 123 45 68").press("get-code")
    give_code(visitor, mailbox)
    visitor.tick("terms").press("continue")

    assert arrived(visitor).code


def test_a_new_phone_ends_every_other_session(
    app: Flask, provider: Provider, visitor: Browser, portal: RelyingParty, mailbox: Mailbox
) -> None:
    """ASVS 7.4.3: who was in before the owner added a second factor is in no longer"""
    with provider.database.reading() as tx:
        (luc,) = tx.session.scalars(sa.select(SessionRow.person_id))
    sign_in(provider, app.test_client(), luc, "basic")
    visitor.get("/authorize?" + urlencode(portal.request()))
    visitor.fill(password=Account("").password).press("sign-in")

    visitor.fill(phone="079 123 45 68").press("get-code")
    give_code(visitor, mailbox)
    visitor.tick("terms").press("continue")

    assert arrived(visitor).code
    with provider.database.reading() as tx:
        live = tx.session.scalars(sa.select(SessionRow.id).where(SessionRow.ended_at.is_(None))).all()
    assert len(live) == 1


def test_nor_is_one_given_by_calling_the_journey_itself(
    provider: Provider, visitor: Browser, portal: RelyingParty
) -> None:
    visitor.get("/complete?portal=basic")

    assert visitor.page.heading == "Enter your password again"
    with provider.database.reading() as tx:
        assert not tx.session.query(phones.Phone).all()


def test_terms_alone_need_no_password(provider: Provider, visitor: Browser, portal: RelyingParty) -> None:
    bend(provider, "basic", policy={"phone": "optional"})
    visitor.get("/authorize?" + urlencode(portal.request()))

    assert visitor.page.heading == "Terms of use"
