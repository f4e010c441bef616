"""The last method that a portal of the person demands cannot be removed."""

from datetime import timedelta

import pytest

from idp import methods
from idp.credentials import authenticator_apps, recovery_codes, required_methods
from idp.people import enrolments, phone_replacements, phones
from idp.provider import Provider
from tests.support import people
from tests.support.authenticators import SECRET
from tests.support.clients import bend


@pytest.fixture
def anne(provider: Provider) -> str:
    """Anne has an app and uses a portal that accepts apps and recovery codes only."""
    bend(provider, "connect-assures", policy={"second_step": "always", "methods": ("totp", "recovery")})
    with provider.database.transaction() as tx:
        person = people.person(tx)
        authenticator_apps.install(tx, person.id, name="Phone", secret=SECRET)
        enrolments.enrol(tx, person.id, "connect-assures", reason="test")
        return person.id


def shut_without(provider: Provider, person_id: str, method: str) -> list[str]:
    with provider.database.reading() as tx:
        shut = required_methods.shut_without(tx, provider.registry.current(), person_id, method)
        return [client.client_id for client in shut]


def test_the_only_method_of_a_portal_must_stay(provider: Provider, anne: str) -> None:
    """X-18"""
    assert shut_without(provider, anne, methods.TOTP) == ["connect-assures"]


def test_one_of_two_apps_may_go(provider: Provider, anne: str) -> None:
    with provider.database.transaction() as tx:
        authenticator_apps.install(tx, anne, name="Tablet", secret=SECRET)

    assert shut_without(provider, anne, methods.TOTP) == []


def test_an_app_may_go_where_recovery_codes_are_left(provider: Provider, anne: str) -> None:
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne, recovery_codes.draw())

    assert shut_without(provider, anne, methods.TOTP) == []


def test_a_phone_that_no_portal_takes_opens_nothing(provider: Provider, anne: str) -> None:
    with provider.database.transaction() as tx:
        phones.give(tx, anne, "+41791234567", verified=True)

    assert shut_without(provider, anne, methods.TOTP) == ["connect-assures"]
    assert shut_without(provider, anne, methods.SMS) == []


def test_a_phone_that_the_desk_replaces_opens_nothing(provider: Provider, anne: str) -> None:
    """X-18: after the waiting time the number on file counts as none."""
    bend(provider, "connect-assures", policy={"second_step": "always", "methods": ("totp", "sms")})
    with provider.database.transaction() as tx:
        phones.give(tx, anne, "+41791234567", verified=True)
    assert shut_without(provider, anne, methods.TOTP) == []

    with provider.database.transaction() as tx:
        phone_replacements.begin(tx, anne, wait=timedelta(0), reason="lost", identity="passport")

    assert shut_without(provider, anne, methods.TOTP) == ["connect-assures"]


def test_a_portal_that_asks_for_no_second_step_demands_nothing(provider: Provider, anne: str) -> None:
    bend(provider, "connect-assures", policy={"second_step": "when-asked"})

    assert shut_without(provider, anne, methods.TOTP) == []
