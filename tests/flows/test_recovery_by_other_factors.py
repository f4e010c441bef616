"""A forgotten password is replaced by the mailed link and a factor that is no phone: passkey, app or recovery code."""

from collections.abc import Callable

import pytest

from idp.credentials import passkeys, passwords, recovery_codes
from idp.people import phones
from idp.provider import Provider
from tests.flows.conftest import Account, give_password
from tests.flows.passkeys import give_passkey, use
from tests.flows.recovering import NEW, PORTALS, ask, customer, open_link
from tests.support.authenticator import Authenticator
from tests.support.authenticators import App, give_app
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

Shown = Callable[[Browser], object]
SETTLED = {"hours": 49}


def give_codes(provider: Provider, person_id: str) -> tuple[str, ...]:
    codes = recovery_codes.draw()
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, person_id, codes)
    return codes


def given(provider: Provider, clock: MovableClock, anne: Account, factor: str) -> Shown:
    """Give Anne this factor, and return how she shows it."""
    if factor == "passkey":
        device = Authenticator()
        give_passkey(provider, anne.id, device)
        return lambda browser: use(browser, device)
    if factor == "app":
        app = give_app(provider, clock, anne.id)
        return lambda browser: browser.fill(code=app.code()).press("verify")
    codes = give_codes(provider, anne.id)
    return lambda browser: browser.fill(code=codes[0]).press("verify")


def choose(browser: Browser, password: str = NEW) -> None:
    browser.fill(new_password=password, new_password_again=password).press("replace")


def begin(browser: Browser, mailbox: Mailbox, anne: Account, portal: str = "e-services") -> None:
    """Ask for a link, open it, and go on to the proof."""
    ask(browser, portal, anne.address)
    browser.get(mailbox.last(to=anne.address, channel="email").link)
    browser.press("continue")


@pytest.mark.parametrize("factor", ["passkey", "app", "code"])
@pytest.mark.parametrize("portal", PORTALS)
def test_who_has_no_phone_recovers_with_another_factor_at_once(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock, portal: str, factor: str
) -> None:
    """A-40, X-18: whatever the portal thinks of the mailbox alone"""
    anne = customer(provider, portal, phone="")
    show = given(provider, clock, anne, factor)
    clock.forward(**SETTLED)

    begin(visitor, mailbox, anne, portal)
    assert "recovery codes" in mailbox.last(to=anne.address).text
    show(visitor)
    assert visitor.page.by_id("replace"), visitor.page.text
    choose(visitor)

    assert visitor.page.by_id("to-portal") is not None
    assert not any(name.startswith("session") for name in visitor.cookies)
    visitor.get(f"/login?portal={portal}")
    give_password(visitor, Account(anne.id, password=NEW))
    assert visitor.page.path.startswith("/login/")
    with provider.database.reading() as tx:
        current = passwords.current(tx, anne.id)
    assert current is not None
    assert not current.by_mailbox_alone


@pytest.mark.parametrize("portal", ["e-services", "espace-personnel"])
def test_who_lost_the_phone_takes_another_factor(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock, portal: str
) -> None:
    """A-40, X-18: from the page that sends the code, or that waits for it"""
    anne = customer(provider, portal)
    app = give_app(provider, clock, anne.id)
    clock.forward(**SETTLED)
    ask(visitor, portal, anne.address)
    visitor.get(mailbox.last(to=anne.address, channel="email").link)

    visitor.press("otherwise")
    visitor.fill(code=app.code()).press("verify")
    choose(visitor)

    assert visitor.page.by_id("to-portal") is not None


def test_who_finds_the_phone_again_goes_back_to_it(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40"""
    anne = customer(provider, "e-services")
    give_app(provider, clock, anne.id)
    clock.forward(**SETTLED)
    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)
    visitor.press("otherwise")

    visitor.press("back")

    visitor.fill(code=mailbox.last(to=anne.phone).code)
    choose(visitor)
    assert visitor.page.by_id("to-portal") is not None


@pytest.mark.parametrize("factor", ["passkey", "app", "code"])
def test_the_mailbox_alone_is_not_enough_for_who_has_a_factor(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock, factor: str
) -> None:
    """A-40, X-18: e-services lets the mailbox alone recover after a day; not of who has anything stronger"""
    anne = customer(provider, "e-services", phone="")
    given(provider, clock, anne, factor)
    clock.forward(**SETTLED)
    ask(stranger, "e-services", anne.address)
    clock.forward(hours=25)
    ask(stranger, "e-services", anne.address)

    stranger.get(mailbox.last(to=anne.address, channel="email").link)
    assert stranger.page.by_id("replace") is None
    stranger.press("continue")
    stranger.post(stranger.page.url, {"step": "replace-password-proved", "new_password": NEW})

    assert stranger.page.by_id("replace") is None


def test_a_link_for_the_mailbox_alone_ends_when_a_factor_is_added(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40: judged when the password is replaced, not only when the link is sent"""
    anne = customer(provider, "e-services", phone="")
    ask(stranger, "e-services", anne.address)
    clock.forward(hours=24, minutes=1)
    give_app(provider, clock, anne.id)

    stranger.get(mailbox.last(to=anne.address).link)

    assert stranger.page.heading == "This link is no longer valid"


@pytest.mark.parametrize("factor", ["passkey", "app", "code"])
def test_a_factor_that_is_new_recovers_nothing(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock, factor: str
) -> None:
    """A-40: who takes an account over adds one first; the mail says from when on it will do"""
    anne = customer(provider, "e-services", phone="")
    clock.forward(days=1)
    given(provider, clock, anne, factor)

    clock.forward(hours=47)
    ask(stranger, "e-services", anne.address)
    assert "/reset" not in mailbox.last(to=anne.address).text
    assert "recovery codes are new" in mailbox.last(to=anne.address).text

    clock.forward(hours=2)
    ask(stranger, "e-services", anne.address)
    assert "/reset" in mailbox.last(to=anne.address).text


def test_the_strictest_portal_decides_how_long_a_factor_is_new(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40, rulings 32"""
    recovery = provider.registry.current().client("connect-assures").policy.recovery  # type: ignore[union-attr]
    longer = type(recovery)(fields=recovery.fields, cooldown=10 * 86400)
    bend(provider, "connect-assures", policy={"recovery": longer})
    anne = customer(provider, "connect-assures", phone="")
    clock.forward(days=1)
    give_app(provider, clock, anne.id)

    clock.forward(days=9)
    ask(stranger, "connect-assures", anne.address)

    assert "/reset" not in mailbox.last(to=anne.address).text


def test_a_used_recovery_code_recovers_nothing(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40, X-18"""
    anne = customer(provider, "e-services", phone="")
    codes = give_codes(provider, anne.id)
    with provider.database.transaction() as tx:
        recovery_codes.use(tx, anne.id, codes[0])
    clock.forward(**SETTLED)
    begin(stranger, mailbox, anne)

    stranger.fill(code=codes[0]).press("verify")

    assert stranger.page.errors == ["This recovery code is not correct or has already been used."]


def test_a_passkey_of_somebody_else_recovers_nothing(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18"""
    anne, eve = customer(provider, "e-services", phone=""), customer(provider, "e-services", "eve@example.ch")
    mine, theirs = Authenticator(), Authenticator()
    give_passkey(provider, anne.id, mine)
    give_passkey(provider, eve.id, theirs)
    clock.forward(**SETTLED)
    begin(stranger, mailbox, anne)

    use(stranger, theirs)

    assert stranger.page.by_id("replace") is None
    assert stranger.page.errors


def test_a_passkey_that_is_removed_meanwhile_proves_nothing(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18: judged again when the password is replaced"""
    anne = customer(provider, "e-services", phone="")
    device, app = Authenticator(), give_app(provider, clock, anne.id)
    passkey = give_passkey(provider, anne.id, device)
    clock.forward(**SETTLED)
    begin(visitor, mailbox, anne)
    use(visitor, device)
    with provider.database.transaction() as tx:
        passkeys.remove(tx, anne.id, passkey.id, reason="test")

    choose(visitor)
    assert visitor.page.by_id("to-portal") is None

    visitor.press("continue")
    visitor.fill(code=app.code()).press("verify")
    choose(visitor)
    assert visitor.page.by_id("to-portal") is not None


def test_a_page_left_open_shows_the_proof_again(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """ASVS 6.6.2: a proof of an hour ago is none"""
    anne = customer(provider, "espace-personnel", phone="")
    app = give_app(provider, clock, anne.id)
    clock.forward(**SETTLED)
    begin(visitor, mailbox, anne, "espace-personnel")
    visitor.fill(code=app.code()).press("verify")

    clock.forward(minutes=61)
    visitor.get(visitor.page.url)
    visitor.press("continue")

    assert visitor.page.by_id("replace") is None
    assert visitor.page.by_id("verify") is not None


def test_guesses_count_as_those_of_a_second_step(
    provider: Provider, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """ASVS 6.6.3: a stolen mailbox has no tries of its own at the app"""
    anne = customer(provider, "espace-personnel", phone="")
    app = give_app(provider, clock, anne.id)
    clock.forward(**SETTLED)
    begin(stranger, mailbox, anne, "espace-personnel")

    for _ in range(25):
        stranger.fill(code=wrong(app)).press("verify")
        assert stranger.page.status == 422
    stranger.fill(code=app.code()).press("verify")

    assert stranger.page.status == 429


def test_of_two_pages_that_replace_it_at_once_one_wins(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40, D-12: one link, two proofs, one new password"""
    anne = customer(provider, "e-services", phone="")
    app, codes = give_app(provider, clock, anne.id), give_codes(provider, anne.id)
    clock.forward(**SETTLED)
    begin(visitor, mailbox, anne)
    visitor.fill(code=app.code()).press("verify")
    stranger.get(mailbox.last(to=anne.address, channel="email").link)
    stranger.press("continue")
    stranger.press("use-recovery")
    stranger.fill(code=codes[0]).press("verify")

    in_parallel(lambda: choose(visitor), lambda: choose(stranger, "une phrase tout à fait différente"))

    assert [browser.page.by_id("to-portal") is not None for browser in (visitor, stranger)].count(True) == 1


def test_the_person_signed_in_in_this_browser_is_not_the_one_of_the_link(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-18: the proof is of who the link belongs to, whoever sits here"""
    anne, eve = customer(provider, "e-services", phone=""), customer(provider, "e-services", "eve@example.ch")
    app = give_app(provider, clock, anne.id)
    other = give_app(provider, clock, eve.id, secret="K" * 32)
    clock.forward(**SETTLED)
    visitor.get("/login?portal=e-services")
    give_password(visitor, eve)
    visitor.fill(code=other.code()).press("verify")
    begin(visitor, mailbox, anne)
    clock.forward(minutes=1)

    visitor.fill(code=other.code()).press("verify")
    assert visitor.page.errors
    visitor.fill(code=app.code()).press("verify")
    assert visitor.page.heading == "Choose a new password"


def test_a_phone_in_its_waiting_time_does_not_hold_up_the_app(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40: the app was there before"""
    anne = customer(provider, "e-services")
    app = give_app(provider, clock, anne.id)
    clock.forward(**SETTLED)
    with provider.database.transaction() as tx:
        phones.give(tx, anne.id, "+41797654321", verified=True)

    begin(visitor, mailbox, anne)
    visitor.fill(code=app.code()).press("verify")
    choose(visitor)

    assert visitor.page.by_id("to-portal") is not None


def wrong(app: App) -> str:
    return f"{(int(app.code()) + 1) % 1_000_000:06d}"
