"""A hundred failures since the last success: only a known browser or a recovery goes on (NIST SP 800-63B-4 §3.2.2)."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.credentials import passwords
from idp.provider import Provider
from tests.flows.conftest import Account, sign_in
from tests.flows.test_login_refusals import FAILED, PAGE, attempt
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


@pytest.fixture
def overrides() -> dict[str, Any]:
    many = {"times": 1000, "window": 60}
    return {"limits": {"password": many, "second_step": many}}


def fail(provider: Provider, account: Account, times: int) -> None:
    """What a slow guesser reaches in days."""
    with provider.database.transaction() as tx:
        for _ in range(times):
            passwords.count_failure(tx, account.id)


def test_the_hundredth_failure_closes_the_account_to_unknown_browsers(
    provider: Provider, stranger: Browser, anne: Account
) -> None:
    """The right password reads like a wrong one: the page tells nobody that it was found."""
    fail(provider, anne, 99)
    attempt(stranger, anne.address)

    attempt(stranger, anne.address, anne.password)

    assert (stranger.page.status, stranger.page.errors) == (422, [FAILED])


def test_ninety_nine_do_not(provider: Provider, stranger: Browser, anne: Account) -> None:
    fail(provider, anne, 98)
    attempt(stranger, anne.address)

    attempt(stranger, anne.address, anne.password)

    assert stranger.page.heading == "Your sign-in code"


def test_the_mailbox_is_told_once_and_how_to_go_on(
    provider: Provider, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-14: what the page does not tell, in the person's own language"""
    fail(provider, anne, 99)

    for _ in range(3):
        attempt(stranger, anne.address)

    (mail,) = mailbox.sent()
    assert mail.to == anne.address
    assert mail.subject == "e-services CVCI\u00a0: connexion uniquement dans un navigateur déjà utilisé"
    assert mail.link.endswith("/recovery?portal=e-services")


def test_a_known_browser_goes_on_and_ends_the_count(
    provider: Provider, visitor: Browser, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.1.1"""
    sign_in(visitor, anne, mailbox)
    fail(provider, anne, 100)
    visitor.client.delete_cookie("session-e-services")

    sign_in(visitor, anne, mailbox)
    attempt(stranger, anne.address, anne.password)

    assert stranger.page.heading == "Your sign-in code"


def test_a_recovery_ends_the_count(provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    fail(provider, anne, 100)
    visitor.get("/recovery?portal=e-services")
    visitor.fill(identifier=anne.address).press("reset")
    visitor.get(mailbox.last(to=anne.address, channel="email").link)
    visitor.press("get-code")
    chosen = "sept petits mots bien plus longs"
    visitor.fill(code=mailbox.last(channel="sms").code, new_password=chosen, new_password_again=chosen)
    visitor.press("replace")

    attempt(visitor, anne.address, chosen)

    assert visitor.page.heading == "Your sign-in code"


def test_wrong_codes_after_the_right_password_count_too(
    provider: Provider, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    fail(provider, anne, 98)
    for _ in range(2):
        attempt(stranger, anne.address, anne.password)
        stranger.fill(code="000000" if mailbox.last().code != "000000" else "111111").press("verify")

    attempt(stranger, anne.address, anne.password)

    assert stranger.page.errors == [FAILED]


def test_a_stolen_session_guesses_no_further(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    sign_in(visitor, anne, mailbox)
    fail(provider, anne, 100)
    thief = Browser(app, address="198.51.100.7", language="en")
    thief.client.set_cookie("session-e-services", visitor.cookie("session-e-services"))
    provider.clock.forward(minutes=2)  # type: ignore[attr-defined]
    thief.get("/reauthentication?" + urlencode({"portal": "e-services"}))

    thief.fill(password=anne.password).press("sign-in")

    assert thief.page.errors == ["This password is not correct."]


def test_failures_of_people_who_do_not_exist_are_counted_nowhere(provider: Provider, stranger: Browser) -> None:
    attempt(stranger, "nobody@example.ch")

    with provider.database.transaction() as tx:
        assert passwords.count_failure(tx, "") == 0


def test_failures_before_the_last_success_do_not_count(
    provider: Provider, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    fail(provider, anne, 99)
    stranger.get(PAGE)
    sign_in(stranger, anne, mailbox)

    with provider.database.transaction() as tx:
        assert passwords.count_failure(tx, anne.id) == 1
