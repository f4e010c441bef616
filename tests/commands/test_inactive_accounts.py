"""Accounts that nobody uses: reminded after two years, disabled after three (the retention of the product)."""

import pytest

from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import accounts, enrolments, person
from idp.provider import Provider
from idp.upkeep import inactive_accounts
from tests.commands.conftest import CommandLine
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


@pytest.fixture
def anne(provider: Provider) -> str:
    with provider.database.transaction() as tx:
        found = people.person(tx, "anne@example.ch", language="en")
        enrolments.enrol(tx, found.id, "e-services", reason="test")
        return found.id


def is_active(provider: Provider, person_id: str) -> bool:
    with provider.database.reading() as tx:
        found = person.by_id(tx, person_id)
        return found is not None and found.is_active


def test_who_was_away_for_two_years_is_reminded_once(
    provider: Provider, anne: str, clock: MovableClock, mailbox: Mailbox
) -> None:
    clock.forward(days=729)
    assert inactive_accounts.tend(provider) == 0

    clock.forward(days=2)
    assert [inactive_accounts.tend(provider) for _ in range(2)] == [1, 0]

    [reminder] = mailbox.sent(to="anne@example.ch")
    assert "do you still use your account" in reminder.subject
    assert "/login?portal=e-services" in reminder.link


def test_who_does_not_answer_for_another_year_is_disabled_and_told(
    provider: Provider, anne: str, clock: MovableClock, mailbox: Mailbox
) -> None:
    clock.forward(days=731)
    inactive_accounts.tend(provider)
    clock.forward(days=363)
    assert inactive_accounts.tend(provider) == 0

    clock.forward(days=2)
    assert inactive_accounts.tend(provider) == 1

    assert not is_active(provider, anne)
    assert "disabled" in mailbox.last().subject


def test_nobody_is_disabled_without_a_reminder_a_month_old(provider: Provider, anne: str, clock: MovableClock) -> None:
    """A worker that was not running for years takes nobody by surprise."""
    clock.forward(days=5 * 365)
    inactive_accounts.tend(provider)
    clock.forward(days=29)
    inactive_accounts.tend(provider)
    assert is_active(provider, anne)

    clock.forward(days=2)
    inactive_accounts.tend(provider)

    assert not is_active(provider, anne)


def test_a_company_keeps_its_last_administrator(
    provider: Provider, anne: str, clock: MovableClock, mailbox: Mailbox
) -> None:
    """B-44"""
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="1", name="Muster AG")
        memberships.join(tx, company.id, anne, Rights(is_administrator=True))
    clock.forward(days=5 * 365)
    assert inactive_accounts.tend(provider) == 0
    clock.forward(days=31)

    assert inactive_accounts.tend(provider) == 0

    assert is_active(provider, anne)
    assert mailbox.sent() == []


def test_a_sign_in_begins_the_time_anew(provider: Provider, anne: str, clock: MovableClock) -> None:
    clock.forward(days=731)
    inactive_accounts.tend(provider)
    with provider.database.transaction() as tx:
        found = person.by_id(tx, anne)
        assert found is not None
        found.last_sign_in_at = tx.now
    clock.forward(days=400)
    assert inactive_accounts.tend(provider) == 0

    clock.forward(days=331)

    assert inactive_accounts.tend(provider) == 1
    assert is_active(provider, anne)


def test_who_is_enabled_again_is_reminded_again_before(provider: Provider, anne: str, clock: MovableClock) -> None:
    clock.forward(days=5 * 365)
    inactive_accounts.tend(provider)
    clock.forward(days=31)
    inactive_accounts.tend(provider)
    with provider.database.transaction() as tx:
        assert accounts.enable(tx, anne, reason="case 4711")

    inactive_accounts.tend(provider)

    assert is_active(provider, anne)


def test_the_command_does_what_the_worker_does(
    provider: Provider, idp: CommandLine, anne: str, clock: MovableClock
) -> None:
    clock.forward(days=731)

    assert "inactive accounts" in idp("purge").output

    assert inactive_accounts.tend(provider) == 0
