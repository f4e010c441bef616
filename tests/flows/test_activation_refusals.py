"""Every wrong turn of opening an account with a letter: codes, tabs, browsers, and two who want the same."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.clients.policy import LetterPolicy
from idp.invitations import redemption, status, withdrawal
from idp.invitations.registration_code import RegistrationCodeState
from idp.people import emails
from idp.people.person import Person
from idp.provider import Provider
from idp.runs import FlowRun
from tests.flows.conftest import Account, make_account
from tests.flows.registrations import (
    ADDRESS,
    Letters,
    give_account,
    give_address,
    give_letter,
    give_mail_code,
    give_password,
    give_phone,
    give_sms_code,
    up_to_sms_code,
)
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel
from tests.support.people import email

NEUTRAL = "This code is not valid, has expired or has already been used."
OTHER = "paul.favre@example.ch"


@pytest.fixture
def letters(provider: Provider) -> Letters:
    return Letters(provider)


@pytest.fixture
def rosa(app: Flask) -> Browser:
    """Rosa's browser."""
    return Browser(app, language="en")


# The letter's code


def test_every_unusable_letter_reads_the_same(
    app: Flask, letters: Letters, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """C-11, C-16, C-17, B-09"""
    replaced = letters.insured("1")
    letters.insured("1")
    withdrawn = letters.insured("2")
    with provider.database.transaction() as tx:
        withdrawal.withdraw(tx, withdrawn.code_id, reason="test")
    used = letters.insured("3")
    up_to_sms_code(first := Browser(app, language="en"), mailbox, used.code)
    give_sms_code(first, mailbox)
    other_portal = letters.administrator()
    expired = letters.insured("4")
    pages = {}

    for name, code in {
        "unknown": "7KQ4 M2XT 9HWD",
        "malformed": "hello, hello you",
        "look-alike": "0O1I LLLL 0000",
        "replaced": replaced.code,
        "withdrawn": withdrawn.code,
        "used": used.code,
        "other portal": other_portal.code,
    }.items():
        give_letter(browser := Browser(app, language="en"), code)
        pages[name] = (browser.page.status, browser.page.errors, browser.page.heading)
    clock.forward(days=31)
    give_letter(browser := Browser(app, language="en"), expired.code)
    pages["expired"] = (browser.page.status, browser.page.errors, browser.page.heading)

    assert len({str(page) for page in pages.values()}) == 1, pages
    assert NEUTRAL in browser.page.errors[0]
    assert "If you have already created your account with this code, sign in." in browser.page.text
    assert "Already registered? Sign in" in browser.page.text


def test_a_letters_code_with_a_slip_stands_there_to_be_compared(
    rosa: Browser, letters: Letters, provider: Provider
) -> None:
    """C-12, C-18"""
    code = letters.insured().code
    slip = ("K" if code[-1] != "K" else "M").join((code[:-1], ""))

    give_letter(rosa, slip)

    assert NEUTRAL in rosa.page.errors[0]
    assert rosa.page.value("code") == slip
    assert "The code has no 0 or O, and no 1, I or L." in rosa.page.text
    rosa.fill(code=code).press("continue")
    assert rosa.page.errors == []
    with provider.database.reading() as tx:
        kept = [str(row.kept) for row in tx.session.scalars(sa.select(FlowRun))]
    assert kept
    assert not [each for each in kept if code in each or slip in each]


def test_staff_see_the_true_cause(rosa: Browser, letters: Letters, provider: Provider) -> None:
    """B-09"""
    replaced = letters.insured()
    letters.insured()

    give_letter(rosa, replaced.code)

    with provider.database.reading() as tx:
        refusals = sa.select(AuditEvent.details).where(AuditEvent.name == "RegistrationCodeRefused")
        assert [details["cause"] for details in tx.session.scalars(refusals)] == ["replaced"]


def test_a_letter_is_good_to_the_end_of_its_last_day(app: Flask, letters: Letters, clock: MovableClock) -> None:
    """C-11"""
    letter = letters.insured()
    last_minute = letter.expires_at - clock.now()
    clock.forward(seconds=last_minute.total_seconds() - 60)
    give_letter(browser := Browser(app, language="en"), letter.code)
    assert browser.page.errors == []

    clock.forward(seconds=61)
    give_letter(browser := Browser(app, language="en"), letter.code)

    assert NEUTRAL in browser.page.errors[0]


def test_after_ten_wrong_letters_a_network_is_told_to_wait(
    app: Flask, rosa: Browser, letters: Letters, clock: MovableClock
) -> None:
    """C-18, X-29"""
    stranger = Browser(app, address="198.51.100.7", language="en")
    stranger.get("/AK00/register")
    for _ in range(10):
        stranger.fill(code="7KQ4 M2XT 9HWD").press("continue")
        assert stranger.page.status == 422

    stranger.fill(code="7KQ4 M2XT 9HWD").press("continue")
    assert stranger.page.status == 429
    assert "Too many tries." in stranger.page.errors[0]

    clock.forward(seconds=61)
    stranger.fill(code="7KQ4 M2XT 9HWD").press("continue")
    assert stranger.page.status == 422


def test_wrong_birthdays_make_a_code_wait_whether_there_is_such_a_code_or_not(
    app: Flask, rosa: Browser, letters: Letters, provider: Provider, clock: MovableClock
) -> None:
    """C-18, rulings 9: from however many networks"""
    bend(provider, "connect-assures", policy={"letters": LetterPolicy(second_knowledge="birth_date")})
    known, unknown, other = letters.insured("1").code, "7KQ4 M2XT 9HWD", letters.insured("2").code
    seen = {}
    for typed in (known, unknown):
        for day in range(1, 7):
            guesser = Browser(app, address=f"198.51.{day}.7", language="en")
            guesser.get("/AK00/register")
            guesser.fill(code=typed, birth_date=f"{day:02}.01.1956").press("continue")
        seen[typed] = guesser.page.status, guesser.page.errors
        assert guesser.page.value("birth_date") == "06.01.1956"

    assert seen[known] == seen[unknown]
    assert (seen[known][0], "It is still valid" in seen[known][1][0]) == (429, True)
    rosa.get("/AK00/register")
    rosa.fill(code=other, birth_date="16.07.1956").press("continue")
    assert rosa.page.heading == "Choose your user account"
    clock.forward(seconds=61)
    rosa.get("/AK00/register")
    rosa.fill(code=known.lower(), birth_date="16.07.1956").press("continue")
    assert rosa.page.heading == "Choose your user account"


def test_a_guesser_waits_longer_with_every_wrong_birthday_up_to_ten_a_day(
    rosa: Browser, letters: Letters, provider: Provider, clock: MovableClock
) -> None:
    """C-18: the right one is not looked at either"""
    bend(provider, "connect-assures", policy={"letters": LetterPolicy(second_knowledge="birth_date")})
    code = letters.insured().code
    for day in range(1, 11):
        rosa.environ["REMOTE_ADDR"] = f"198.51.{day}.7"
        rosa.get("/AK00/register")
        rosa.fill(code=code, birth_date=f"{day:02}.01.1956").press("continue")
        assert rosa.page.status == 422, day
        clock.forward(minutes=20)

    rosa.get("/AK00/register")
    rosa.fill(code=code, birth_date="16.07.1956").press("continue")

    assert rosa.page.status == 429


def test_a_letter_replaced_on_the_way_opens_nothing(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-17"""
    up_to_sms_code(rosa, mailbox, letters.insured().code)
    letters.insured()

    give_sms_code(rosa, mailbox)

    assert rosa.page.heading == "Enter the access code"
    assert "has since been used or replaced" in rosa.page.text
    assert count_people(provider) == 0


def test_a_letter_that_expires_on_the_way_opens_nothing(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """C-11"""
    letter = letters.insured()
    clock.forward(seconds=(letter.expires_at - clock.now()).total_seconds() - 60)
    up_to_sms_code(rosa, mailbox, letter.code)
    clock.forward(seconds=120)

    give_sms_code(rosa, mailbox)

    assert "has since been used or replaced" in rosa.page.text
    assert count_people(provider) == 0


# The mail's code


def test_the_letter_code_typed_for_the_mail_code_is_told(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-13"""
    letter = letters.insured()
    give_letter(rosa, letter.code)
    give_address(rosa)

    for _ in range(6):  # costs no try
        rosa.fill(code=letter.grouped).press("verify")
        assert rosa.page.errors == ["That is the code from your letter. Enter the code from the email."]
        assert "Compare each character" not in rosa.page.text
    rosa.fill(code="7KQ4 M2XT 9HWD").press("verify")
    assert "Compare each character" in rosa.page.text
    give_mail_code(rosa, mailbox)

    assert rosa.page.heading == "Create your account"


def test_wrong_mail_codes_are_few_and_a_new_one_helps(
    rosa: Browser, letters: Letters, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-34"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    right, left_open = mailbox.last(ADDRESS).code, rosa.page.submission(rosa.page.button("verify"))
    for _ in range(5):
        rosa.fill(code="7KQ4 M2XT 9HWD").press("verify")

    rosa.post(rosa.page.url, {**left_open, "code": right})
    assert rosa.page.errors == ["Too many wrong codes. Request a new one."]
    clock.forward(minutes=2)
    rosa.press("resend")
    give_mail_code(rosa, mailbox)

    assert rosa.page.heading == "Create your account"


def test_a_mail_code_is_good_for_a_day(rosa: Browser, letters: Letters, mailbox: Mailbox, clock: MovableClock) -> None:
    """C-05"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    code = mailbox.last(ADDRESS).code
    clock.forward(hours=24, minutes=1)

    rosa.get(rosa.page.path)
    rosa.press("continue")  # the pause of somebody who was away
    rosa.fill(code=code).press("verify")

    assert rosa.page.heading == "Enter the access code from the email"
    assert rosa.page.status == 422


def test_a_code_of_another_purpose_is_no_mail_code(
    app: Flask, rosa: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """A code belongs to its run and its purpose."""
    give_letter(rosa, letters.insured("1").code)
    give_address(rosa)
    paul = Browser(app, language="en")
    give_letter(paul, letters.insured("2").code)
    give_address(paul, OTHER)

    rosa.fill(code=mailbox.last(OTHER).code).press("verify")

    assert "That code is not correct." in rosa.page.errors[0]


# Browsers, tabs, back, reload


def test_the_letter_again_in_the_same_browser_goes_on(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-15"""
    letter = letters.insured()
    give_letter(rosa, letter.code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)

    rosa.get("/AK00/register")
    rosa.fill(code=letter.code).press("continue")

    assert rosa.page.heading == "Create your account"


def test_the_letter_in_another_browser_inherits_nothing(
    app: Flask, rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-15"""
    letter = letters.insured()
    up_to_sms_code(rosa, mailbox, letter.code)
    other = Browser(app, address="198.51.100.7", language="en")

    give_letter(other, letter.code)
    assert other.page.heading == "Choose your user account"
    assert ADDRESS not in other.page.response.get_data(as_text=True)
    give_address(other, OTHER)
    give_mail_code(other, mailbox, OTHER)
    give_account(other)
    give_password(other)
    give_phone(other, "079 111 22 33")
    give_sms_code(other, mailbox)

    assert other.left_for
    with provider.database.reading() as tx:
        assert emails.owner(tx, email(OTHER))
    rosa.fill(code=mailbox.last("+41793334455").code).press("verify")
    assert "has since been used or replaced" in rosa.page.text
    assert count_people(provider) == 1


def stepper(browser: Browser) -> list[str]:
    """Each word of the stepper and how it looks."""
    labels = {
        id(item): label.text
        for item in browser.page.all("li")
        for label in item.walk()
        if label.get("class") == "label"
    }
    return [f"{item.get('class')} {labels[id(item)]}" for item in browser.page.all("li") if id(item) in labels]


def test_the_mail_link_in_another_browser_asks_for_the_letter_again(
    app: Flask, rosa: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """C-15, B-11"""
    letter = letters.insured()
    give_letter(rosa, letter.code)
    give_address(rosa)
    phone = Browser(app, address="198.51.100.7", language="en")

    phone.get(mailbox.last(ADDRESS).link)
    give_mail_code(phone, mailbox)
    assert phone.page.heading == "Enter the access code"
    assert "The code was correct. You are now on another device" in phone.page.text
    assert stepper(phone) == ["now Letter", "done Email", "later Account", "later Phone"]
    phone.fill(code=letter.code).press("continue")

    assert phone.page.heading == "Create your account"
    rosa.get(rosa.page.path)
    assert rosa.page.heading == "This is open in another browser or on another device"
    assert rosa.get(rosa.page.link("Enter the access code again")).heading == "Enter the access code"


def test_a_scanner_changes_nothing(app: Flask, rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """B-12, X-30"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    link = mailbox.last(ADDRESS).link
    scanner = Browser(app, address="203.0.113.9")

    for _ in range(3):
        scanner.get(link)
        scanner.head(link)
    give_mail_code(rosa, mailbox)

    assert rosa.page.heading == "Create your account"
    assert len(mailbox.sent(ADDRESS)) == 1


def test_pages_ahead_cannot_be_reached_and_pages_behind_not_repeated(
    rosa: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """A-21, X-03"""
    give_letter(rosa, letters.insured().code)
    early = rosa.tab()
    early.page = rosa.page
    give_address(rosa)
    give_mail_code(rosa, mailbox)

    early.fill(email=OTHER).press("continue")

    assert early.page.heading == "Create your account"
    assert "You had already got further." in early.page.text
    assert mailbox.sent(OTHER) == []


def test_back_to_the_address_proves_the_new_one_again(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """X-03, C-05"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    first = mailbox.last(ADDRESS).code

    rosa.press("change")
    give_address(rosa, OTHER)
    rosa.fill(code=first).press("verify")
    assert "That code is not correct." in rosa.page.errors[0]
    give_mail_code(rosa, mailbox, OTHER)

    assert OTHER in rosa.page.response.get_data(as_text=True)


def test_the_last_button_pressed_twice_opens_one_account(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """X-02"""
    up_to_sms_code(rosa, mailbox, letters.insured().code)
    again = rosa.tab()
    again.page = rosa.page
    code = mailbox.last(channel="sms").code

    rosa.fill(code=code).press("verify")
    again.page.fill("code", code)
    again.press("verify")

    assert rosa.left_for == again.left_for
    assert count_people(provider) == 1


def test_missing_fields_are_named_and_the_rest_is_kept(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """A-23, A-24"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)

    rosa.fill(given_name="", family_name="Keller-Favre").press("continue")

    assert rosa.page.errors == ["Enter your first name.", "Accept the terms of use to continue."]
    assert rosa.page.value("family_name") == "Keller-Favre"
    assert rosa.page.title.startswith("Error:")


def test_an_address_taken_in_the_last_minute_signs_in_instead(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-19, A-27"""
    up_to_sms_code(rosa, mailbox, letters.insured().code)
    account = make_account(provider, Account("", address=ADDRESS))

    rosa.fill(code=mailbox.last(channel="sms").code).press("verify")
    assert rosa.page.heading == "You already have an account"
    rosa.fill(password=account.password).press("sign-in")  # the phone that was given is dropped
    rosa.fill(password=account.password).press("sign-in")
    give_sms_code(rosa, mailbox)
    rosa.press("create")

    assert rosa.left_for
    assert count_people(provider) == 1
    assert mailbox.last(channel="sms").to == account.phone


def test_an_owner_without_a_second_step_that_counts_here_is_shown_the_ways_out(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-19, A-28"""
    bend(provider, "connect-assures", policy={"second_step": "when-asked"})
    account = make_account(provider, Account("", address=ADDRESS, phone=""))
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)

    rosa.fill(password=account.password).press("sign-in")

    assert rosa.page.heading == "You cannot complete sign-in here"
    assert "ontact our helpdesk" in rosa.page.text
    assert rosa.page.link("Back to")
    rosa.press("other-address")
    assert rosa.page.heading == "Choose your user account"
    give_address(rosa, OTHER)
    assert mailbox.last(OTHER).code


# Two at once


@pytest.mark.both_databases
def test_of_two_browsers_with_one_letter_one_gets_the_account(
    app: Flask, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-15, single use"""
    letter = letters.insured()
    browsers = []
    for address, phone in ((ADDRESS, "079 333 44 55"), (OTHER, "079 111 22 33")):
        browser = Browser(app, language="en")
        give_letter(browser, letter.code)
        give_address(browser, address)
        give_mail_code(browser, mailbox, address)
        give_account(browser)
        give_password(browser)
        give_phone(browser, phone)
        browser.fill(code=mailbox.last(channel="sms").code)
        browsers.append(browser)

    in_parallel(*(lambda browser=browser: browser.press("verify") for browser in browsers))

    assert len([browser for browser in browsers if browser.left_for]) == 1
    assert count_people(provider) == 1
    with provider.database.reading() as tx:
        assert status.of_subject(tx, letter.request.subject_id)[0].state == RegistrationCodeState.USED
        assert isinstance(redemption.by_id(tx, letter.code_id, client_id="connect-assures"), redemption.UnusableCode)


@pytest.mark.both_databases
def test_of_two_with_one_address_one_gets_it(
    app: Flask, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """A-27, C-19"""
    browsers = []
    for number in ("1", "2"):
        browser = Browser(app, language="en")
        up_to_sms_code(browser, mailbox, letters.insured(number).code)
        browser.fill(code=mailbox.last(channel="sms").code)
        browsers.append(browser)

    in_parallel(*(lambda browser=browser: browser.press("verify") for browser in browsers))

    assert len([browser for browser in browsers if browser.left_for]) == 1
    assert count_people(provider) == 1
    loser = next(browser for browser in browsers if not browser.left_for)
    loser.get(loser.page.path)
    assert loser.page.heading == "You already have an account"


def count_people(provider: Provider) -> int:
    with provider.database.reading() as tx:
        return tx.session.scalar(sa.select(sa.func.count()).select_from(Person)) or 0
