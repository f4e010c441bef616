"""Signing in with a passkey: by itself, as a second step, to prove oneself anew; and every way it must not work."""

from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.credentials import passkeys
from idp.people import accounts
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account
from tests.flows.passkeys import give_passkey, options, send, use
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

FAILED = ["Your passkey could not be checked. Try again, or use another sign-in method."]


@pytest.fixture
def device(provider: Provider, anne: Account) -> Authenticator:
    """Anne's, with her passkey."""
    made = Authenticator(counts=True)
    give_passkey(provider, anne.id, made)
    return made


def ask(browser: Browser, portal: RelyingParty, **changes: str) -> None:
    browser.get("/authorize?" + urlencode(portal.request(**changes)))


def reasons(provider: Provider) -> list[str]:
    with provider.database.reading() as tx:
        refused = sa.select(AuditEvent).where(AuditEvent.name == "SignInRefused").order_by(AuditEvent.id)
        return [event.details["reason"] for event in tx.session.scalars(refused)]


def test_a_passkey_signs_in_by_itself(app: Flask, visitor: Browser, anne: Account, device: Authenticator) -> None:
    """X-18, X-31: neither identifier, password nor code; phr, as RFC 8176 names it"""
    portal = RelyingParty(app, "e-services")
    ask(visitor, portal, scope="openid")
    use(visitor, device)

    claims = portal.redeem(arrived(visitor))["claims"]
    assert (claims["sub"], claims["acr"]) == (anne.id, "phr")
    assert set(claims["amr"]) == {"swk", "user", "mfa"}


def test_the_identifier_field_offers_passkeys(visitor: Browser) -> None:
    """WebAuthn §5.1.4: conditional mediation"""
    visitor.get("/login?portal=e-services")

    assert visitor.page.field("identifier").get("autocomplete") == "username webauthn"
    form = next(each for each in visitor.page.all("form") if each.get("data-passkey"))
    assert "data-autofill" in form.attributes
    assert "hidden" in form.attributes


def test_a_portal_without_passkeys_offers_none(provider: Provider, visitor: Browser, device: Authenticator) -> None:
    visitor.get("/login?portal=e-services")
    answer = device.get(options(visitor))
    bend(provider, "e-services", policy={"methods": ("sms", "email")})

    send(visitor, answer)

    assert visitor.page.status == 422
    assert not [each for each in visitor.page.all("form") if each.get("data-passkey")]


def test_a_client_file_without_methods_works_with_a_passkey(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, device: Authenticator
) -> None:
    """The strictest policy: a second step at every sign-in, and no mail codes"""
    bend(provider, "e-services", policy={"methods": ("sms", "totp", "passkey"), "choose_method": False})
    portal = RelyingParty(app, "e-services")
    ask(visitor, portal, scope="openid")
    give_password(visitor, anne)
    assert visitor.page.heading == "Use your passkey"
    use(visitor, device)

    claims = portal.redeem(arrived(visitor))["claims"]
    assert (claims["acr"], set(claims["amr"])) == ("phr", {"pwd", "swk", "user", "mfa"})


def test_a_passkey_on_another_device_never_keeps_its_owner_out(
    provider: Provider, visitor: Browser, anne: Account, device: Authenticator, mailbox: Mailbox
) -> None:
    """A-39: whatever the portal says of choosing"""
    bend(provider, "e-services", policy={"choose_method": False})
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)
    visitor.press("use-sms")

    give_code(visitor, mailbox, "sms")
    assert visitor.left_for.startswith("https://e-services.example.ch/")


BENT = [
    {"origin": "https://evil.example"},
    {"verified": False},
    {"rp_id": "evil.example"},
    {"client_data": {"crossOrigin": True}},
    {"brings": "AAAA"},
    {"brings": None},
]


@pytest.mark.parametrize("bent", BENT, ids=str)
def test_a_bent_answer_signs_nobody_in(
    provider: Provider, visitor: Browser, device: Authenticator, bent: dict[str, Any]
) -> None:
    """Wrong origin, no user verification, a foreign frame, a swapped handle"""
    visitor.get("/login?portal=e-services")
    use(visitor, device, **bent)

    assert visitor.page.errors == FAILED
    assert reasons(provider) == ["wrong"]


def test_an_answer_is_taken_once(app: Flask, provider: Provider, visitor: Browser, device: Authenticator) -> None:
    """X-31: replayed in the browser it was made for, on the page it was made for"""
    visitor.get("/login?portal=e-services")
    page, answer = visitor.page, device.get(options(visitor))
    send(visitor, answer)
    assert visitor.left_for
    visitor.client.delete_cookie("session-e-services")

    visitor.page = page
    send(visitor, answer, page="another page")

    assert visitor.page.errors == FAILED
    assert reasons(provider) == ["replayed"]


def test_an_answer_is_good_in_its_own_browser_only(
    visitor: Browser, stranger: Browser, device: Authenticator, provider: Provider
) -> None:
    visitor.get("/login?portal=e-services")
    stranger.get("/login?portal=e-services")

    send(stranger, device.get(options(visitor)))

    assert stranger.page.errors == FAILED
    assert reasons(provider) == ["no challenge of this page"]


def test_an_answer_is_good_for_five_minutes(
    visitor: Browser, device: Authenticator, clock: MovableClock, provider: Provider
) -> None:
    visitor.get("/login?portal=e-services")
    answer = device.get(options(visitor))
    clock.forward(minutes=5)

    send(visitor, answer)

    assert visitor.page.errors == FAILED


def test_the_passkey_of_another_person_is_no_second_step(
    provider: Provider, visitor: Browser, anne: Account, device: Authenticator
) -> None:
    """Cross-account: Beat, who knows Anne's password, has a passkey of his own"""
    beat = make_account(provider, Account("", "beat@example.ch", "+41791234568"))
    his = Authenticator()
    give_passkey(provider, beat.id, his)
    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)

    use(visitor, his)

    assert visitor.page.errors == FAILED
    assert reasons(provider) == ["of another person"]


def test_a_passkey_that_was_removed_is_named_to_the_device(
    provider: Provider, visitor: Browser, anne: Account, device: Authenticator
) -> None:
    """WebAuthn §5.1.10: signalUnknownCredential"""
    with provider.database.transaction() as tx:
        passkeys.remove(tx, anne.id, passkeys.listed(tx, anne.id)[0].id, reason="test")
    visitor.get("/login?portal=e-services")

    use(visitor, device)

    assert "no longer registered here" in visitor.page.errors[0]
    told = next(each for each in visitor.page.all("div") if each.get("data-signal"))
    assert told.get("data-signal") == "signalUnknownCredential"
    assert told.get("data-details") == f'{{"credentialId": "{device.id}", "rpId": "localhost"}}'


def test_somebody_who_was_disabled_does_not_come_in(
    provider: Provider, visitor: Browser, anne: Account, device: Authenticator
) -> None:
    with provider.database.transaction() as tx:
        accounts.disable(tx, anne.id, reason="test")
    visitor.get("/login?portal=e-services")

    use(visitor, device)

    assert visitor.page.errors == FAILED
    assert reasons(provider) == ["disabled"]


def test_a_count_that_goes_back_warns_the_owner_and_lets_them_in(
    visitor: Browser, anne: Account, device: Authenticator, mailbox: Mailbox
) -> None:
    """WebAuthn §6.1.1"""
    for count in (5, 5):
        visitor.get("/login?portal=e-services")
        use(visitor, device, count=count)
        visitor.client.delete_cookie("session-e-services")

    assert visitor.left_for
    warning = mailbox.last(anne.address, "email")
    assert "iPhone" in warning.text


def test_a_passkey_proves_anew_instead_of_the_password(
    app: Flask, visitor: Browser, anne: Account, device: Authenticator, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1, prompt=login"""
    portal = RelyingParty(app, "basic")
    ask(visitor, portal)
    give_password(visitor, anne)
    first = portal.redeem(arrived(visitor))["claims"]
    clock.forward(minutes=2)

    ask(visitor, portal, prompt="login")
    assert visitor.page.heading == "Enter your password again"
    use(visitor, device)

    second = portal.redeem(arrived(visitor))["claims"]
    assert second["auth_time"] == first["auth_time"] + 120
    assert (first["acr"], second["acr"]) == ("password", "phr")


def test_another_persons_passkey_does_not_prove_anew(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, device: Authenticator, clock: MovableClock
) -> None:
    beat = make_account(provider, Account("", "beat@example.ch", "+41791234568"))
    his, portal = Authenticator(), RelyingParty(app, "basic")
    give_passkey(provider, beat.id, his)
    ask(visitor, portal)
    give_password(visitor, anne)
    clock.forward(minutes=2)
    ask(visitor, portal, prompt="login")

    use(visitor, his)

    assert visitor.page.errors == FAILED


def test_a_request_for_the_strongest_sign_in_asks_for_the_passkey_only(
    app: Flask, visitor: Browser, anne: Account, device: Authenticator, clock: MovableClock
) -> None:
    """RFC 9470, RFC 8176"""
    portal = RelyingParty(app, "basic")
    ask(visitor, portal)
    give_password(visitor, anne)
    clock.forward(minutes=2)

    ask(visitor, portal, claims='{"id_token": {"acr": {"essential": true, "value": "phr"}}}')
    assert visitor.page.heading == "One more step"
    visitor.press("continue")
    assert [each.get("id") for each in visitor.page.all("button") if each.get("id") == "use-sms"] == []
    use(visitor, device)

    claims = portal.redeem(arrived(visitor))["claims"]
    assert (claims["acr"], set(claims["amr"])) == ("phr", {"pwd", "swk", "user", "mfa"})


def test_answers_that_fail_are_counted_by_network(provider: Provider, visitor: Browser, device: Authenticator) -> None:
    """0009: a used-up count refuses what is wrong, and nothing that is right"""
    visitor.get("/login?portal=e-services")
    for _ in range(provider.settings.limits["network"].times):
        with provider.database.transaction() as tx:
            provider.limiter.debit_network(tx, "network", "192.0.2.1")
    use(visitor, device, verified=False)
    assert visitor.page.status == 429

    use(visitor, device)

    assert visitor.left_for
