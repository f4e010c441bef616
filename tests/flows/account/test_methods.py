"""Each way to sign in by its name: renamed and removed from the security page."""

import pytest

from idp.audit import timeline
from idp.credentials import authenticator_apps, passkeys
from idp.people import enrolments, phones
from idp.provider import Provider
from tests.flows.account.conftest import RECENT
from tests.flows.conftest import Account, make_account
from tests.flows.passkeys import give_passkey
from tests.support.authenticator import Authenticator
from tests.support.authenticators import give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

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


def test_a_phone_is_removed_and_number_and_mailbox_are_told(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-15, X-16: at a portal that lets people choose, and takes codes by email"""
    home.get(home.get(PAGE).link("Remove: Mobile number"))
    home.fill(method="phone").press("remove")

    assert home.page.heading == "This sign-in method has been removed"
    with provider.database.reading() as tx:
        assert phones.of_person(tx, anne.id) is None
    assert {sent.channel for sent in mailbox.sent() if sent.to in (anne.phone, anne.address)} == {"sms", "email"}
    assert "Add a mobile number" in home.get(PAGE).text


def test_a_phone_that_a_portal_requires_stays_with_the_reason(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16, rulings 32: whichever of the person's portals it is"""
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, anne.id, "connect-assures", reason="test")

    home.get("/remove-method?portal=e-services&method=phone")
    home.fill(method="phone").press("remove")

    assert home.page.errors == [
        "connect@Insured requires a mobile number. You can change your number, but not remove it."
    ]


def test_a_phone_that_is_the_last_method_of_a_portal_stays(home: Browser, provider: Provider, anne: Account) -> None:
    """X-18"""
    bend(provider, "e-services", policy={"methods": ("sms", "totp")})

    home.get("/remove-method?portal=e-services&method=phone")
    home.fill(method="phone").press("remove")

    assert "Add another sign-in method first." in home.page.errors[0]
    with provider.database.reading() as tx:
        assert phones.of_person(tx, anne.id) is not None


@pytest.mark.parametrize("page", [PAGE, "/change-phone?portal=e-services"])
def test_the_risk_of_text_messages_is_told_where_there_is_something_safer(
    home: Browser, provider: Provider, page: str
) -> None:
    """ASVS 6.6.1, NIST SP 800-63B-4 §3.2.9"""
    risk = "Someone who takes over your number receives your codes."
    assert risk in home.get(page).text

    bend(provider, "e-services", policy={"methods": ("sms", "email")})
    assert risk not in home.get(page).text
