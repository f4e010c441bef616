"""Wrong turns of a migration: codes, tabs, Back, other browsers, races, and « ce n’est pas vous ? »."""

import re
from collections.abc import Callable

import pytest

from idp.codes.service import Destination
from idp.people import enrolments, legacy, portal_identifiers
from idp.people.legacy import LegacyAccount
from idp.provider import Provider
from tests.flows.conftest import Account as Known
from tests.flows.conftest import make_account
from tests.flows.migrating import (
    CHOSEN,
    FORMER,
    IDENTIFIER,
    NEW_ADDRESS,
    PHONE,
    account,
    begin,
    code_for,
    conclude,
    former_account,
    give_address,
    give_code,
    to_details,
    to_phone,
)
from tests.flows.test_migration import owner_of
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

ON_FILE = "luc@ancien.example.ch"


# Codes


@pytest.mark.parametrize(("seconds", "heading"), [(299, "Update your account: your address is confirmed"), (301, "")])
def test_a_code_lives_five_minutes(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock, seconds: int, heading: str
) -> None:
    """A-20"""
    former_account(provider)
    begin(visitor)
    give_address(visitor)
    code = code_for(mailbox, NEW_ADDRESS)
    assert re.fullmatch(r"\d{6}", code)
    clock.forward(seconds=seconds)

    visitor.fill(code=code).press("verify")

    if heading:
        assert visitor.page.heading == heading
    else:
        assert visitor.page.errors == ["That code has expired. Request a new one."]


def test_a_code_works_once(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-20"""
    former_account(provider)
    begin(visitor)
    give_address(visitor)
    code = code_for(mailbox, NEW_ADDRESS)
    give_code(visitor, mailbox, NEW_ADDRESS)
    visitor.press("back")

    visitor.fill(code=code).press("verify")

    assert visitor.page.heading == "Update your account: check your email"
    assert visitor.page.errors


def test_five_wrong_codes_end_all_of_them(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-33, A-34"""
    former_account(provider)
    begin(visitor)
    give_address(visitor)
    code = code_for(mailbox, NEW_ADDRESS)
    wrong = "000000" if code != "000000" else "111111"
    messages, left_open = [], visitor.page.submission(visitor.page.button("verify"))

    for _ in range(5):
        visitor.fill(code=wrong).press("verify")
        messages += visitor.page.errors

    assert messages[0] == "That code is not correct. You have 4 tries left."
    assert messages[4] == "Too many wrong codes. Request a new one."
    visitor.post(visitor.page.url, {**left_open, "code": code})
    assert visitor.page.errors == ["Too many wrong codes. Request a new one."]
    clock.forward(seconds=61)
    visitor.press("resend")
    give_code(visitor, mailbox, NEW_ADDRESS)
    assert visitor.page.heading == "Update your account: your address is confirmed"


def test_the_help_offers_what_can_be_done(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-07, A-33"""
    former_account(provider)
    begin(visitor)
    give_address(visitor)

    help_ = visitor.page.by_id("not-received")

    assert help_ is not None
    assert "spam" in help_.text
    assert NEW_ADDRESS in help_.text
    assert visitor.page.button("resend").get("data-wait") == "60"
    assert "our helpdesk" in help_.text
    visitor.press("change")
    assert visitor.page.heading == "Update your account"
    assert visitor.page.value("email") == NEW_ADDRESS


def test_a_code_for_one_address_proves_no_other(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-27: not even when no code could be sent to the other one"""
    former_account(provider)
    begin(visitor)
    give_address(visitor)
    own = code_for(mailbox, NEW_ADDRESS)
    left_open = visitor.page.submission(visitor.page.button("verify"))
    exhaust(provider, "victim@example.ch")
    visitor.press("change")
    give_address(visitor, "victim@example.ch")

    visitor.post(visitor.page.url, {**left_open, "code": own})

    assert visitor.page.errors == ["You do not have a valid code. Request a new one."]
    assert mailbox.sent(to="victim@example.ch") == []


def exhaust(provider: Provider, address: str) -> None:
    """Use up what may be sent to an address."""
    with provider.database.transaction() as tx:
        for _ in range(30):
            provider.limiter.debit(tx, "codes_proof_hour", Destination("email", address).digest(tx.sealer))


def test_a_wrong_sms_code_keeps_the_person_on_the_page(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-10, A-34"""
    former_account(provider)
    to_phone(visitor, mailbox)
    visitor.fill(phone="+41 79 123 45 68").press("get-code")
    code = code_for(mailbox, PHONE)

    visitor.fill(code="000000" if code != "000000" else "111111").press("verify")

    assert visitor.page.errors == ["That code is not correct. You have 4 tries left."]
    give_code(visitor, mailbox, PHONE)
    assert visitor.page.heading == "Update your account: your details"


@pytest.mark.parametrize("typed", ["+41 79 123 45 68", "0041791234568", "079 123 45 68", "+33 6 12 34 56 78"])
def test_phones_are_understood_however_they_are_written(
    provider: Provider, visitor: Browser, mailbox: Mailbox, typed: str
) -> None:
    """A-36"""
    former_account(provider)
    to_phone(visitor, mailbox)

    visitor.fill(phone=typed).press("get-code")

    assert mailbox.last(channel="sms").to == (PHONE if "33" not in typed else "+33612345678")


# The last page


def test_empty_fields_are_listed_in_the_order_of_the_page(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-23, A-24"""
    former_account(provider)
    to_details(visitor, mailbox)

    visitor.fill(honorific="", family_name="", given_name="Lucien", birth_date="").press("update")

    assert visitor.page.title.startswith("Error: ")
    assert visitor.page.errors == [
        "Select a title.",
        "Enter your last name.",
        "Choose a new password.",
        "Enter the new password a second time.",
        "Accept the terms of use to continue.",
    ]
    assert visitor.page.value("given_name") == "Lucien"


@pytest.mark.parametrize(
    ("chosen", "again", "error"),
    [
        ("trop court", "trop court", "Choose at least 12 characters."),
        (CHOSEN, CHOSEN + "!", "The two passwords do not match."),
        ("password1234", "password1234", "This password is too common"),
        ("luc Perrin 1957!", "luc Perrin 1957!", "Do not use your name"),
        ("mes cvci 2026!", "mes cvci 2026!", "Do not use your name"),
        (FORMER, FORMER, "This is the password you had before."),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(
    provider: Provider, visitor: Browser, mailbox: Mailbox, chosen: str, again: str, error: str
) -> None:
    """A-25, A-26"""
    former_account(provider)
    to_details(visitor, mailbox)

    visitor.tick("terms").fill(new_password=chosen, new_password_again=again, given_name="Lucien").press("update")

    assert visitor.page.errors[0].startswith(error)
    assert visitor.page.value("given_name") == "Lucien"
    assert visitor.page.value("new_password") == ""
    assert owner_of(provider) == ""


def test_everything_that_is_wrong_is_said_at_once(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-23, A-25: a weak password is not kept back until the other fields are right; in the order of the page."""
    former_account(provider)
    to_details(visitor, mailbox)

    visitor.fill(family_name="", new_password="short", new_password_again="other").press("update")

    assert list(visitor.page.errors) == [
        "Enter your last name.",
        "Choose at least 12 characters. A phrase of several words works well.",
        "The two passwords do not match.",
        "Accept the terms of use to continue.",
    ]


# Order, Back, tabs, browsers


def test_no_step_can_be_jumped(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-21"""
    id_ = former_account(provider)
    begin(visitor)
    sent = visitor.page.submission(visitor.page.button("get-code"))

    for step in ("email-code", "email-confirmed", "phone-number", "complete-migration", "attach-identifier"):
        visitor.post(visitor.page.url, {**sent, "step": step, "code": "123456", "terms": "yes"})
        assert visitor.page.heading == "Update your account", step

    assert account(provider, id_).state == legacy.OPEN


def test_a_finished_step_cannot_be_replayed(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-21, X-02, X-03"""
    former_account(provider)
    begin(visitor)
    give_address(visitor)
    stale = visitor.tab()
    stale.page = visitor.page
    code = code_for(mailbox, NEW_ADDRESS)
    give_code(visitor, mailbox, NEW_ADDRESS)
    visitor.press("continue")

    stale.fill(code=code).press("verify")

    assert stale.page.heading == "Update your account: your mobile phone"


def test_a_button_pressed_twice_sends_one_code(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """X-02"""
    former_account(provider)
    begin(visitor)
    visitor.fill(email=NEW_ADDRESS)
    visitor.send("get-code")
    visitor.press("get-code")

    assert visitor.page.heading == "Update your account: check your email"
    assert len(mailbox.sent(to=NEW_ADDRESS)) == 1


def test_the_last_button_pressed_twice_makes_one_account(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """X-02, A-21"""
    former_account(provider)
    to_details(visitor, mailbox)
    visitor.tick("terms").fill(new_password=CHOSEN, new_password_again=CHOSEN)
    visitor.send("update")
    visitor.press("update")

    assert "has been updated" in visitor.page.text
    assert len([mail for mail in mailbox.sent(to=NEW_ADDRESS) if "has been updated" in mail.subject]) == 1
    visitor.get(visitor.page.url)
    assert "has been updated" in visitor.page.text


def test_back_drops_the_proof_of_an_address_that_changes(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-21, X-03"""
    former_account(provider)
    to_phone(visitor, mailbox)
    visitor.press("back")
    visitor.press("back")
    visitor.press("change")

    give_address(visitor, "other@example.ch")

    assert visitor.page.heading == "Update your account: check your email"
    assert mailbox.last(to="other@example.ch").code


def test_signing_in_again_resumes_in_this_browser_only(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-30"""
    former_account(provider)
    to_phone(visitor, mailbox)

    begin(visitor)
    begin(stranger)

    assert visitor.page.heading == "Update your account: your mobile phone"
    assert stranger.page.heading == "Update your account"
    address = visitor.page.url
    stranger.get(address)
    assert stranger.page.status == 403


def test_after_a_long_absence_proofs_are_asked_again_and_input_is_kept(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-04"""
    former_account(provider)
    to_phone(visitor, mailbox)
    clock.forward(hours=2)

    visitor.fill(phone="079 123 45 68").press("get-code")
    visitor.press("continue")
    assert visitor.page.heading == "Update your account"
    visitor.fill(identifier=IDENTIFIER, password=FORMER).press("sign-in")
    assert visitor.page.heading == "Update your account: check your email"
    give_code(visitor, mailbox, NEW_ADDRESS)

    assert visitor.page.heading in {
        "Update your account: your mobile phone",
        "Update your account: your address is confirmed",
    }


def test_the_journey_can_begin_at_its_own_address(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """Rulings 4"""
    former_account(provider, address=ON_FILE)
    visitor.get("/migration?portal=e-services")
    visitor.fill(identifier=IDENTIFIER, password="wrong").press("sign-in")
    assert visitor.page.errors[0].startswith("Your user ID or password is incorrect.")

    visitor.fill(identifier=IDENTIFIER, password=FORMER).press("sign-in")

    assert visitor.page.heading == "Update your account"
    assert visitor.page.field("email")
    assert len(mailbox.sent(to=ON_FILE)) == 1


def test_who_has_an_account_is_sent_to_the_sign_in(provider: Provider, visitor: Browser) -> None:
    known = make_account(provider, Known(""))
    visitor.get("/migration?portal=e-services")

    visitor.fill(identifier=known.address, password=known.password).press("sign-in")

    assert visitor.page.errors == ["This account has already been updated. Sign in with your email address."]


# Races


def test_of_two_devices_the_first_to_finish_wins(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-32"""
    id_ = former_account(provider)
    to_details(visitor, mailbox)
    to_details(stranger, mailbox, "second@example.ch")
    conclude(visitor)

    conclude(stranger)

    assert stranger.page.heading == "Your account has already been updated"
    assert stranger.page.link("Sign in with your email address")
    assert account(provider, id_).person_id == owner_of(provider)
    assert owner_of(provider, "second@example.ch") == ""
    stranger.post(stranger.page.url, {**stranger_form(stranger), "step": "migration-closed"})
    assert stranger.page.heading == "Your account has already been updated"


def stranger_form(browser: Browser) -> dict[str, str]:
    form = next(form for form in browser.page.all("form") if form.get("id") == "step")
    return {e.get("name"): e.get("value") for e in form.walk() if e.tag == "input"}


@pytest.mark.parametrize("second", ["second@example.ch", NEW_ADDRESS])
def test_of_two_devices_at_the_same_moment_one_wins(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, second: str, clock: MovableClock
) -> None:
    """A-29, A-32: also when both proved the same mailbox"""
    id_ = former_account(provider)
    to_details(visitor, mailbox)
    clock.forward(seconds=61)
    to_details(stranger, mailbox, second)

    def press(browser: Browser) -> Callable[[], str]:
        def call() -> str:
            conclude(browser)
            return browser.page.text

        return call

    answers = in_parallel(press(visitor), press(stranger))

    won = [answer for answer in answers if "has been updated" in answer]
    assert len(won) == 1, answers
    assert account(provider, id_).state == legacy.MIGRATED
    with provider.database.reading() as tx:
        people = {address for address in {NEW_ADDRESS, second} if owner_of(provider, address)}
        owner = account(provider, id_).person_id or ""
        assert len(people) == 1
        assert portal_identifiers.of_person(tx, owner, "e-services", "legacy") == [IDENTIFIER]


def test_an_address_that_finds_an_owner_meanwhile_is_asked_about(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-27, A-32"""
    id_ = former_account(provider)
    to_details(visitor, mailbox)
    make_account(provider, Known("", address=NEW_ADDRESS))

    conclude(visitor)

    assert "There is already an account for" in visitor.page.text
    assert account(provider, id_).state == legacy.OPEN


# « Ce n’est pas vous ? »


def test_the_known_address_stops_a_migration_that_is_under_way(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-38, X-30: looking changes nothing"""
    id_ = former_account(provider, address=ON_FILE)
    to_phone(visitor, mailbox)
    link = mailbox.last(to=ON_FILE).link
    stranger.get(link)
    assert stranger.head(link) == 200
    assert stranger.page.heading == "Was this not you?"
    assert account(provider, id_).state == legacy.OPEN

    stranger.press("stop")

    assert stranger.page.heading == "The account update has been stopped"
    assert "was stopped" in mailbox.last(to=ON_FILE).subject
    visitor.press("skip")
    assert visitor.page.heading == "This update was stopped"
    begin(visitor)
    assert visitor.page.errors
    assert account(provider, id_).state == legacy.CONTESTED


def test_the_known_address_takes_a_finished_migration_back(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-38"""
    id_ = former_account(provider, address=ON_FILE)
    to_details(visitor, mailbox)
    conclude(visitor)
    owner = owner_of(provider)
    stranger.get(mailbox.last(to=ON_FILE).link)

    stranger.press("stop")

    assert account(provider, id_).person_id is None
    with provider.database.reading() as tx:
        assert portal_identifiers.of_person(tx, owner, "e-services", "legacy") == []
        assert not enrolments.is_enrolled(tx, owner, "e-services")


def test_the_desk_lets_a_contested_account_migrate_again(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-38"""
    former_account(provider, address=ON_FILE)
    begin(visitor)
    stranger.get(mailbox.last(to=ON_FILE).link)
    stranger.press("stop")

    with provider.database.transaction() as tx:
        assert legacy.reopen(tx, "e-services", IDENTIFIER, reason="identity checked")
        assert not legacy.reopen(tx, "e-services", IDENTIFIER, reason="identity checked")

    begin(visitor)
    assert visitor.page.heading == "Update your account"


def test_a_link_that_stopped_a_migration_does_not_stop_the_next_one(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-38: it works once and dies with the migration it speaks of; the notice of the next one brings its own"""
    id_ = former_account(provider, address=ON_FILE)
    begin(visitor)
    link, open_page = mailbox.last(to=ON_FILE).link, stranger.tab()
    open_page.get(link)
    stranger.get(link)
    stranger.press("stop")
    with provider.database.transaction() as tx:
        assert legacy.reopen(tx, "e-services", IDENTIFIER, reason="identity checked")

    open_page.press("stop")
    stranger.get(link)

    assert (open_page.page.status, stranger.page.status) == (410, 410)
    assert account(provider, id_).state == legacy.OPEN
    begin(open_page)
    stranger.get(mailbox.last(to=ON_FILE).link)
    stranger.press("stop")
    assert account(provider, id_).state == legacy.CONTESTED


@pytest.mark.parametrize("spoilt", ["", "nonsense", "late", "other address"])
def test_a_link_that_is_not_good_helps_on(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock, spoilt: str
) -> None:
    """A-38"""
    id_ = former_account(provider, address=ON_FILE)
    begin(visitor)
    link = mailbox.last(to=ON_FILE).link
    if spoilt == "late":
        clock.forward(days=31)
    elif spoilt == "other address":
        with provider.database.transaction() as tx:
            row = tx.session.get(LegacyAccount, id_)
            assert row is not None
            row.email_key = "somebody@example.ch"
    else:
        link = f"/stop-migration?link={spoilt}"

    visitor.get(link)

    assert visitor.page.status == 410
    assert visitor.page.heading == "This link does not work"


# Help for « forgot password »


def test_the_account_that_is_helped_by_mail_is_found_by_identifier_or_known_address(provider: Provider) -> None:
    """A-40"""
    id_ = former_account(provider, address=ON_FILE)
    former_account(provider, "CVCI00009999")

    with provider.database.reading() as tx:
        found = {
            typed: legacy.to_help(tx, typed, "e-services")
            for typed in (IDENTIFIER, "cvci 0000 1234", ON_FILE.upper(), "CVCI00009999", "nobody@example.ch", "\0", "")
        }

    assert [account.id if account else "" for account in found.values()] == [id_, id_, id_, "", "", "", ""]


def test_identifiers_are_masked() -> None:
    assert legacy.masked("CVCI00001234") == "CVCI••••••34"
    assert legacy.masked("AB12") == "••12"
    assert isinstance(legacy.masked(""), str)
