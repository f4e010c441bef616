"""The devices where a person is signed in: seen, and ended at home and at the portals."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.actions.actor import Actor
from idp.actions.end_sessions import end_session
from idp.grants.end_access import LOGOUT
from idp.messages.outbox import OutboxRow
from idp.provider import Provider
from idp.sessions import session as sessions
from tests.flows.account.conftest import AWAY, RECENT, elsewhere, signed_in
from tests.flows.conftest import Account, give_code, make_account
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/account/devices?portal=e-services"
ASK = "/sign-out-elsewhere?portal=e-services"


def live(provider: Provider, person_id: str) -> list[str]:
    with provider.database.reading() as tx:
        return [session.id for session in sessions.of_person(tx, person_id)]


def told(provider: Provider) -> list[str]:
    """The portals for which a logout call waits."""
    with provider.database.reading() as tx:
        return sorted(tx.session.scalars(sa.select(OutboxRow.client_id).where(OutboxRow.kind == LOGOUT)))


def test_each_device_shows_browser_network_and_portals(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16"""
    elsewhere(provider, anne.id, ["e-services"])

    text = home.get(PAGE).text

    assert "Firefox, Linux This device" in text
    assert "Safari, iPhone" in text
    assert "Network: 203.0.113.x" in text
    assert AWAY not in text
    assert "Portals: e-services" in text


def test_this_device_stands_first_and_is_not_ended_here(home: Browser, provider: Provider, anne: Account) -> None:
    elsewhere(provider, anne.id)

    page = home.get(PAGE)

    assert [h.text for h in page.all("h2")][:2] == ["Firefox, Linux This device", "Safari, iPhone"]
    assert len([a for a in page.all("a") if a.text == "Sign out Safari, iPhone"]) == 1


def test_one_device_is_signed_out_at_the_portals_too(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16, ASVS 7.5.2"""
    lost = elsewhere(provider, anne.id, ["e-services"])
    kept = elsewhere(provider, anne.id)
    home.get(PAGE)

    home.get(f"{ASK}&session={lost.id}")
    assert home.page.heading == "Sign out Safari, iPhone?"
    home.press("sign-out-there")

    assert "Safari, iPhone has been signed out" in home.page.text
    assert lost.id not in live(provider, anne.id)
    assert kept.id in live(provider, anne.id)
    assert told(provider) == ["e-services"]


@pytest.mark.parametrize(
    ("language", "asks"),
    [
        ("fr", "Déconnecter Safari, iPhone ?"),
        ("de", "Safari, iPhone abmelden?"),
        ("it", "Disconnettere Safari, iPhone?"),
    ],
)
def test_another_device_is_called_by_its_name(
    app: Flask, provider: Provider, anne: Account, language: str, asks: str
) -> None:
    """« Cet appareil » and « Se déconnecter » mean the one in hand."""
    lost = elsewhere(provider, anne.id)
    home = signed_in(app, provider, anne.id, language=language)

    page = home.get(f"{ASK}&session={lost.id}")

    assert page.heading == asks
    assert [b.text for b in page.all("button") if b.get("id") == "sign-out-there"] == [asks.rstrip(" ?")]


def test_a_device_that_says_nothing_of_itself_is_an_unknown_one(
    home: Browser, provider: Provider, anne: Account
) -> None:
    unknown = elsewhere(provider, anne.id, user_agent="")

    assert "Unknown device" in home.get(PAGE).text
    home.get(f"{ASK}&session={unknown.id}")
    assert home.page.heading == "Sign out Unknown device?"


def test_a_page_calls_no_device_signed_out_that_is_not(home: Browser, provider: Provider, anne: Account) -> None:
    """Somebody else's session, or one that is live, in the address"""
    luc = make_account(provider, Account("", "luc@example.ch", "+41791112299"))
    theirs, own = elsewhere(provider, luc.id), elsewhere(provider, anne.id)
    with provider.database.transaction() as tx:
        assert end_session(tx, theirs.id, by=Actor.person(luc.id))

    for session in (theirs, own):
        assert "signed out" not in home.get(f"{PAGE}&ended={session.id}").text


def test_all_others_are_signed_out_and_this_one_stays(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16"""
    others = {elsewhere(provider, anne.id).id, elsewhere(provider, anne.id).id}

    home.get(home.get(PAGE).link("Sign out on all other devices"))
    assert "2 other devices" in home.page.text
    home.press("sign-out-there")

    assert "All other devices have been signed out" in home.page.text
    assert len(live(provider, anne.id)) == 1
    assert not others & set(live(provider, anne.id))


def test_a_sign_in_of_long_ago_is_proved_anew_first(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock, mailbox: Mailbox
) -> None:
    """ASVS 7.5.2: the device that was meant is still meant afterwards"""
    lost = elsewhere(provider, anne.id)
    clock.forward(seconds=RECENT.total_seconds() + 1)

    home.get(f"{ASK}&session={lost.id}")
    assert home.page.heading == "Enter your password again"
    assert lost.id in live(provider, anne.id)
    home.fill(password=anne.password).press("sign-in")
    home.press("continue")
    give_code(home, mailbox, "sms")

    assert home.page.heading == "Sign out Safari, iPhone?"
    home.press("sign-out-there")
    assert lost.id not in live(provider, anne.id)


def test_somebody_elses_session_is_not_ended_by_its_id(home: Browser, app: Flask, provider: Provider) -> None:
    """IDOR: the id of a session is no secret"""
    luc = make_account(provider, Account("", "luc@example.ch", "+41791112299"))
    theirs = signed_in(app, provider, luc.id)
    [session_id] = live(provider, luc.id)

    home.get(f"{ASK}&session={session_id}")
    assert "Firefox" not in home.page.text
    answer = home.client.post(
        f"{ASK}&session={session_id}",
        data={"csrf_token": home.page.value("csrf_token"), "step": "sign-out-elsewhere", "session": session_id},
    )

    assert answer.status_code == 422
    assert theirs.get("/account?portal=e-services").heading == "My account"


def test_a_get_ends_nothing(home: Browser, provider: Provider, anne: Account) -> None:
    """X-30"""
    other = elsewhere(provider, anne.id)

    home.get(f"{ASK}&session={other.id}")
    home.get(ASK)

    assert other.id in live(provider, anne.id)


def test_another_site_ends_nothing(home: Browser, provider: Provider, anne: Account) -> None:
    """CSRF"""
    other = elsewhere(provider, anne.id)

    answer = home.client.post(ASK, data={"step": "sign-out-elsewhere"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert other.id in live(provider, anne.id)
