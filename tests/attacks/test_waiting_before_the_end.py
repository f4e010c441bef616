"""Whoever stands on the last page of a sign-in when the account changes: what was proved before is worth nothing."""

from collections.abc import Callable
from threading import Event

import pytest

from flows.engine.run import Run
from flows.shared import sessions as end_of_sign_in
from flows.steps.second_step import proofs_hold
from idp.actions.actor import Actor
from idp.actions.disabling import disable
from idp.actions.end_sessions import end_sessions
from idp.actions.passwords import HashedPassword, replace_password
from idp.database import Transaction
from idp.notices.notice import Occasion
from idp.provider import Provider
from idp.sessions import session as sessions
from tests.flows.conftest import Account, anne, give_code, give_password, stranger, visitor
from tests.flows.passkeys import options, send
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

__all__ = ["anne", "stranger", "visitor"]

pytestmark = pytest.mark.both_databases

DESK = Actor.clerk("vreni")
AT_DESK = Occasion(client_id="e-services", issuer="https://login.example.ch")


def disabled(tx: Transaction, person_id: str, _provider: Provider) -> None:
    disable(tx, person_id, by=DESK, reason="stolen")


def given_another_password(tx: Transaction, person_id: str, provider: Provider) -> None:
    new = HashedPassword(provider.hasher.hash("une autre phrase que voici"), floor=12)
    replace_password(tx, person_id, new, AT_DESK, by=DESK, reason="test")


def signed_out(tx: Transaction, person_id: str, _provider: Provider) -> None:
    end_sessions(tx, person_id, by=DESK, reason="a lost phone")


CHANGES = [disabled, given_another_password, signed_out]
A_MOMENT = 0.5  # seconds in which the other request arrives
Change = Callable[[Transaction, str, Provider], None]


def stand_at_the_offer(provider: Provider, browser: Browser, anne: Account, mailbox: Mailbox) -> None:
    bend(provider, "e-services", policy={"offer_passkey": True})
    browser.get("/login?portal=e-services")
    give_password(browser, anne)
    give_code(browser, mailbox, "sms")
    assert browser.page.by_id("later") is not None


def sessions_of(provider: Provider, anne: Account) -> int:
    with provider.database.reading() as tx:
        return len(sessions.of_person(tx, anne.id))


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_is_signed_in_on_what_was_proved_before_the_change(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock, change: Change
) -> None:
    """Rulings 14"""
    stand_at_the_offer(provider, visitor, anne, mailbox)
    clock.forward(seconds=1)
    with provider.database.transaction() as tx:
        change(tx, anne.id, provider)

    visitor.press("later")

    assert visitor.page.heading == "Please sign in"
    assert "Your account has changed in the meantime" in visitor.page.text
    assert not visitor.cookie("session-e-services")
    assert sessions_of(provider, anne) == 0


@pytest.mark.parametrize("change", CHANGES)
def test_no_passkey_is_added_on_what_was_proved_before_the_change(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock, change: Change
) -> None:
    """X-17"""
    stand_at_the_offer(provider, visitor, anne, mailbox)
    clock.forward(seconds=1)
    with provider.database.transaction() as tx:
        change(tx, anne.id, provider)

    send(visitor, Authenticator().create(options(visitor)))

    assert visitor.page.heading == "Please sign in"
    assert sessions_of(provider, anne) == 0


def test_a_sign_in_that_is_being_completed_ends_with_everything_that_is_ended_at_that_moment(
    provider: Provider,
    visitor: Browser,
    anne: Account,
    mailbox: Mailbox,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """X-16: whoever signs everybody out waits for it, and ends it too"""
    stand_at_the_offer(provider, visitor, anne, mailbox)
    clock.forward(seconds=1)
    judged = Event()

    def slowly(run: Run) -> bool:
        held = proofs_hold(run)
        judged.set()
        Event().wait(A_MOMENT)
        return held

    monkeypatch.setattr(end_of_sign_in, "proofs_hold", slowly)

    def end_everything() -> None:
        assert judged.wait(10)
        with provider.database.transaction() as tx:
            end_sessions(tx, anne.id, by=DESK, reason="stolen")

    in_parallel(lambda: visitor.press("later"), end_everything)

    assert sessions_of(provider, anne) == 0
