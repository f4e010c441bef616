"""Each way to sign in by its name: renamed and removed from the security page."""

import pytest

from idp.audit import timeline
from idp.credentials import authenticator_apps, passkeys
from idp.provider import Provider
from tests.flows.account.conftest import RECENT
from tests.flows.conftest import Account, make_account
from tests.flows.passkeys import give_passkey
from tests.support.authenticator import Authenticator
from tests.support.authenticators import give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

PAGE = "/account/security?portal=e-services"


def names(provider: Provider, person_id: str) -> list[str]:
    with provider.database.reading() as tx:
        listed = [*passkeys.listed(tx, person_id), *authenticator_apps.listed(tx, person_id)]
        return [each.name for each in listed]


def test_a_passkey_and_an_app_are_renamed(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """X-16"""
    give_passkey(provider, anne.id, Authenticator())
    give_app(provider, clock, anne.id)

    for before, after in zip(names(provider, anne.id), ("Blue key", "Old telephone"), strict=True):
        home.get(home.get(PAGE).link(f"Rename: {before}"))
        assert home.page.value("name") == before
        home.fill(name=after).press("save")
        assert "The new name has been saved." in home.page.text

    assert names(provider, anne.id) == ["Blue key", "Old telephone"]
    with provider.database.reading() as tx:
        events = timeline.recent(tx, anne.id, names={"PasskeyRenamed", "AuthenticatorRenamed"}, limit=9)
    assert [event.actor for event in events] == [anne.id, anne.id]


def test_an_empty_or_endless_name_changes_nothing(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    app = give_app(provider, clock, anne.id)
    home.get(f"/rename-method?portal=e-services&method={app.id}")

    for wrong in ("  ", "x" * 61):
        home.fill(name=wrong).press("save")
        assert len(home.page.errors) == 1
    assert names(provider, anne.id) == ["Phone"]


def test_nobody_renames_the_method_of_somebody_else(home: Browser, provider: Provider, clock: MovableClock) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    app = give_app(provider, clock, luc.id)

    page = home.get(f"/rename-method?portal=e-services&method={app.id}")

    assert "This has already been removed." in page.text
    assert "Phone" not in page.text


def test_a_stolen_session_alone_renames_nothing(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    app = give_app(provider, clock, anne.id)
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get(f"/rename-method?portal=e-services&method={app.id}").heading == "Enter your password again"


def test_remove_leads_to_the_page_where_that_one_is_chosen(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """X-16"""
    give_passkey(provider, anne.id, Authenticator(), name="Old key")
    give_passkey(provider, anne.id, Authenticator(), name="Blue key")

    home.get(home.get(PAGE).link("Remove: Blue key"))
    home.press("remove")

    assert names(provider, anne.id) == ["Old key"]


def test_mailbox_and_phone_are_shown_as_methods_where_the_portal_sends_codes_there(
    home: Browser, provider: Provider
) -> None:
    """X-16"""
    bend(provider, "e-services", policy={"methods": ("sms", "email")})
    assert home.get(PAGE).text.count("Receives sign-in codes.") == 2

    bend(provider, "e-services", policy={"methods": ("sms",)})
    assert home.get(PAGE).text.count("Receives sign-in codes.") == 1
