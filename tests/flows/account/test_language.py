"""The language in which a person is written to."""

import pytest

from idp.audit import timeline
from idp.people import person
from idp.provider import Provider
from tests.flows.account.conftest import RECENT
from tests.flows.conftest import Account
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/account?portal=e-services"


def language_of(provider: Provider, person_id: str) -> str:
    with provider.database.reading() as tx:
        found = person.by_id(tx, person_id)
        assert found is not None
        return found.language


def test_mails_and_pages_speak_the_language_that_was_chosen(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-16, X-10"""
    home.get(home.get(PAGE).link("Change language"))
    home.fill(language="de").press("save")

    assert home.page.heading == "Mein Benutzerkonto"
    assert "Ihre Sprache wurde gespeichert." in home.page.text
    assert language_of(provider, anne.id) == "de"
    home.get("/emergency?portal=e-services")
    home.press("protect")
    assert "Passwort" in mailbox.last(anne.address, "email").subject


def test_the_change_is_in_the_activity(home: Browser, provider: Provider, anne: Account) -> None:
    home.get("/change-language?portal=e-services")
    home.fill(language="it").press("save")

    with provider.database.reading() as tx:
        [event] = timeline.recent(tx, anne.id, names={"ProfileChanged"}, limit=9)
    assert event.details == {"changed": ["language"]}
    assert event.actor == anne.id


def test_no_fresh_proof_is_needed(home: Browser, clock: MovableClock) -> None:
    """A language gives nobody access"""
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get("/change-language?portal=e-services").heading == "Your language"


def test_a_language_that_the_portal_does_not_offer_is_refused(home: Browser, provider: Provider, anne: Account) -> None:
    home.get("/change-language?portal=e-services")
    before = language_of(provider, anne.id)

    home.fill(language="rm").press("save")

    assert home.page.errors == ["Select a language."]
    assert language_of(provider, anne.id) == before
