"""Whoever recovers and whoever changes the account at the same moment: one of them wins, never half of each."""

from threading import Event
from typing import Any

import pytest

from flows.steps import replace_password
from idp.actions.passwords import recover_password
from idp.credentials import passwords
from idp.people import emails
from idp.provider import Provider
from tests.flows.conftest import sign_in, stranger, visitor
from tests.flows.recovering import NEW, ask, customer, finish, open_link
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

__all__ = ["stranger", "visitor"]

pytestmark = pytest.mark.both_databases


A_MOMENT = 0.5  # seconds in which the other request arrives


@pytest.fixture
def under_way(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Set when a recovery has judged everything and writes; it takes its time."""
    begun = Event()

    def slowly(*told: Any, **named: Any) -> int:
        begun.set()
        Event().wait(A_MOMENT)
        return recover_password(*told, **named)

    monkeypatch.setattr(replace_password, "recover_password", slowly)
    return begun


def test_a_change_of_address_waits_for_a_recovery_that_is_being_carried_out(
    provider: Provider,
    visitor: Browser,
    stranger: Browser,
    mailbox: Mailbox,
    clock: MovableClock,
    under_way: Event,
) -> None:
    """X-17, X-18: the owner recovers from a thief of the session, who is about to take the address"""
    anne = customer(provider, "e-services")
    sign_in(stranger, anne, mailbox)
    clock.forward(minutes=1)
    stranger.get("/change-email?portal=e-services")
    stranger.fill(email="eve@example.ch").press("get-code")
    code = mailbox.last(to="eve@example.ch").code
    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)

    def change() -> None:
        assert under_way.wait(10)
        stranger.fill(code=code).press("verify")

    in_parallel(lambda: finish(visitor, mailbox), change)

    assert visitor.page.by_id("to-portal") is not None
    assert stranger.page.heading == "Please sign in"
    with provider.database.reading() as tx:
        address, password = emails.of_person(tx, anne.id), passwords.current(tx, anne.id)
    assert address is not None
    assert password is not None
    assert provider.hasher.verify(NEW, password.hash).ok
    assert address.address == anne.address


def test_a_recovery_dies_with_a_change_of_address_that_came_first(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-17, D-17: the links that went to the old address replace nothing"""
    anne = customer(provider, "e-services")
    sign_in(stranger, anne, mailbox)
    clock.forward(minutes=1)
    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)
    code_by_sms = mailbox.last(to=anne.phone).code
    stranger.get("/change-email?portal=e-services")
    stranger.fill(email="anne.neu@example.ch").press("get-code")
    stranger.fill(code=mailbox.last(to="anne.neu@example.ch").code).press("verify")

    finish(visitor, mailbox, code=code_by_sms)

    assert visitor.page.heading == "This link is no longer valid"
