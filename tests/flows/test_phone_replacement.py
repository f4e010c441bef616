"""A lost phone: the desk begins its replacement, its owner can stop it, and a new number is given after a wait."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.clients.policy import RecoveryPolicy
from idp.credentials import passwords
from idp.people import enrolments, insured, phone_replacements, phones
from idp.provider import Provider
from tests.commands.conftest import CommandLine, idp
from tests.flows.conftest import Account, give_code, give_password, make_account, sign_in
from tests.flows.registrations import (
    PASSWORD,
    Letters,
    give_address,
    give_letter,
    give_mail_code,
    give_phone,
    give_sms_code,
    up_to_sms_code,
)
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

__all__ = ["idp"]
pytestmark = pytest.mark.both_databases

NEW = "+41793334455"
CONNECT = "/login?portal=connect-assures"
COOLDOWN = 48


@pytest.fixture
def rosa(provider: Provider) -> Account:
    """Rosa is insured, opened her account with a letter, and has lost her phone."""
    letter = Letters(provider).insured()
    made = make_account(provider, Account("", "rosa.keller@example.ch"), portal="connect-assures")
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, made.id, "e-services", reason="test")
        assert insured.attach(tx, letter.request.subject_id, person_id=made.id)
    return made


def report(idp: CommandLine, account: Account) -> None:
    words = ("--reason", "phone lost, case 4717", "--identity", "passport shown at the counter")
    begun = idp("people", "replace-phone", account.address, *words)
    assert begun.exit_code == 0, begun.output


def number_of(provider: Provider, account: Account) -> str:
    with provider.database.reading() as tx:
        phone = phones.of_person(tx, account.id)
        return phone.number if phone is not None else ""


def test_after_the_waiting_time_the_mailbox_lets_a_person_give_a_new_number(
    idp: CommandLine, rosa: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """X-18: the desk's identity check and the wait stand for the lost phone"""
    report(idp, rosa)
    mailbox.deliver()
    clock.forward(hours=COOLDOWN)

    visitor.get(CONNECT)
    give_password(visitor, rosa)
    assert visitor.page.heading == "Your phone is being replaced"
    give_code(visitor, mailbox, "email")
    give_phone(visitor, NEW)
    assert mailbox.last(channel="sms").to == NEW
    give_code(visitor, mailbox, "sms")

    assert visitor.left_for.startswith("https://connect-assures.example.ch/")
    assert number_of(provider, rosa) == NEW
    with provider.database.reading() as tx:
        assert not phone_replacements.is_begun(tx, rosa.id)


def test_until_the_waiting_time_is_over_the_old_phone_is_asked(
    idp: CommandLine, rosa: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    report(idp, rosa)
    clock.forward(hours=COOLDOWN - 1)

    visitor.get(CONNECT)
    give_password(visitor, rosa)

    assert mailbox.last(channel="sms").to == rosa.phone


def test_a_sign_in_with_the_old_phone_stops_whoever_talked_the_desk_into_it(
    idp: CommandLine,
    rosa: Account,
    visitor: Browser,
    stranger: Browser,
    mailbox: Mailbox,
    clock: MovableClock,
    provider: Provider,
) -> None:
    """NIST SP 800-63B-4 §4.2.2.2: the attacker knows the password and reads the mailbox; the owner heard of it."""
    report(idp, rosa)
    mailbox.deliver()

    sign_in(visitor, rosa, mailbox, CONNECT)
    clock.forward(hours=COOLDOWN + 1)
    stranger.get(CONNECT)
    give_password(stranger, rosa)

    assert stranger.page.heading != "Your phone is being replaced"
    assert mailbox.last(channel="sms").to == rosa.phone
    assert number_of(provider, rosa) == rosa.phone
    with provider.database.reading() as tx:
        cancelled = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "PhoneReplacementCancelled"))
        assert [event.details["reason"] for event in cancelled] == ["old-phone"]


def test_mailbox_and_old_number_are_told_when_it_begins(idp: CommandLine, rosa: Account, mailbox: Mailbox) -> None:
    """X-15"""
    report(idp, rosa)

    assert {sent.channel for sent in mailbox.sent() if sent.to in (rosa.address, rosa.phone)} == {"email", "sms"}


def test_the_mailbox_is_told_when_it_is_cancelled(
    idp: CommandLine, rosa: Account, visitor: Browser, mailbox: Mailbox
) -> None:
    """X-15"""
    report(idp, rosa)
    mailbox.deliver()
    sign_in(visitor, rosa, mailbox, CONNECT)

    assert [sent.subject for sent in mailbox.sent(rosa.address, "email")][-1].endswith("votre téléphone reste inchangé")


def test_the_desk_can_cancel_it(
    idp: CommandLine, rosa: Account, clock: MovableClock, visitor: Browser, mailbox: Mailbox
) -> None:
    report(idp, rosa)

    kept = idp("people", "keep-phone", rosa.address, "--reason", "she never asked")
    clock.forward(hours=COOLDOWN)
    visitor.get(CONNECT)
    give_password(visitor, rosa)

    assert kept.exit_code == 0, kept.output
    assert mailbox.last(channel="sms").to == rosa.phone


def test_the_waiting_time_is_the_longest_of_the_persons_portals(
    idp: CommandLine, rosa: Account, provider: Provider, clock: MovableClock
) -> None:
    """rulings 32"""
    bend(provider, "e-services", policy={"recovery": RecoveryPolicy(cooldown=5 * 24 * 3600)})
    report(idp, rosa)

    clock.forward(days=5, seconds=-1)
    with provider.database.reading() as tx:
        assert not phone_replacements.is_open(tx, rosa.id)
    clock.forward(seconds=1)
    with provider.database.reading() as tx:
        assert phone_replacements.is_open(tx, rosa.id)


def test_a_new_letter_leads_to_the_account_and_does_not_ask_the_lost_phone(
    idp: CommandLine,
    rosa: Account,
    visitor: Browser,
    mailbox: Mailbox,
    clock: MovableClock,
    provider: Provider,
) -> None:
    """X-18: the letter is the proof beside the password"""
    report(idp, rosa)
    mailbox.deliver()
    clock.forward(hours=COOLDOWN)
    give_letter(visitor, Letters(provider).insured().code)
    give_address(visitor, rosa.address)
    give_mail_code(visitor, mailbox, rosa.address)
    visitor.fill(password=rosa.password).press("continue")
    give_phone(visitor, NEW)
    give_code(visitor, mailbox, "sms")
    visitor.press("continue")

    assert number_of(provider, rosa) == NEW
    assert visitor.left_for.startswith("https://connect-assures.example.ch/login")


def test_who_lost_phone_and_mailbox_begins_anew_with_a_letter_after_the_desk_closed_the_account(
    idp: CommandLine, rosa: Account, visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    """X-18: to the end; the old password, mailbox and phone open nothing any more"""
    closed = idp("people", "erase", rosa.address, "--reason", "phone and mailbox lost, passport shown", "--yes")
    assert closed.exit_code == 0, closed.output

    up_to_sms_code(visitor, mailbox, Letters(provider).insured().code, "rosa.neu@example.ch")
    give_sms_code(visitor, mailbox)
    visitor.get(CONNECT)
    visitor.fill(identifier="rosa.neu@example.ch", password=PASSWORD).press("sign-in")
    give_code(visitor, mailbox, "sms")

    assert visitor.left_for.startswith("https://connect-assures.example.ch/")
    visitor.get("/login?portal=e-services")
    visitor.fill(identifier=rosa.address, password=rosa.password).press("sign-in")
    assert visitor.page.errors


def test_a_letter_of_somebody_who_has_an_account_opens_no_other_one(
    rosa: Account, visitor: Browser, mailbox: Mailbox, provider: Provider
) -> None:
    give_letter(visitor, Letters(provider).insured().code)
    give_address(visitor, "somebody.else@example.ch")
    give_mail_code(visitor, mailbox, "somebody.else@example.ch")

    assert visitor.page.heading == "Enter the access code from the email"
    assert visitor.page.errors == ["This letter is for an account with another email address. Change the address."]


def test_a_letter_is_printed_for_an_account_only_while_its_phone_is_being_replaced(
    idp: CommandLine, rosa: Account, tmp_path: Path, provider: Provider
) -> None:
    """C-17"""
    with_address(provider)
    order = ("letters", "reissue", "4711", "--fund", "AK00", "--output", str(tmp_path), "--reason", "phone lost")
    refused = idp(*order)
    report(idp, rosa)
    printed = idp(*order)

    assert "already has an account" in refused.output
    assert "already has an account" not in printed.output
    assert list(tmp_path.glob("*.pdf"))


def with_address(provider: Provider) -> None:
    particulars = insured.Particulars(given_name="Rosa", family_name="Keller", address=("Rue 1", "1000 Lausanne"))
    with provider.database.transaction() as tx:
        insured.store_many(tx, "AK00", [insured.RegisterEntry("4711", "fr", particulars)])


def test_who_recovered_by_the_mailbox_alone_gives_a_phone_once_the_desk_agreed(
    idp: CommandLine, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """Without the desk, `PhoneByDesk` is where they end."""
    luc = make_account(provider, Account("", "luc@example.ch", phone=""))
    with provider.database.transaction() as tx:
        hashed = provider.hasher.hash(luc.password)
        passwords.recover(tx, luc.id, hashed, floor=12, reason="recovery", by_mailbox_alone=True)
    bend(provider, "e-services", policy={"phone": "required"})
    sign_in_by_mail(visitor, luc, mailbox)
    assert visitor.page.heading == "Our helpdesk needs to add your phone number first"

    report(idp, luc)
    mailbox.deliver()
    clock.forward(hours=COOLDOWN)
    sign_in_by_mail(visitor, luc, mailbox)
    give_phone(visitor, NEW)
    give_code(visitor, mailbox, "sms")

    assert number_of(provider, luc) == NEW


def sign_in_by_mail(browser: Browser, account: Account, mailbox: Mailbox) -> None:
    browser.get("/authorize?" + urlencode(RelyingParty(browser.client.application, "e-services").request()))
    give_password(browser, account)
    give_code(browser, mailbox, "email")


def test_a_replacement_that_nobody_used_closes_again(
    idp: CommandLine, rosa: Account, clock: MovableClock, provider: Provider
) -> None:
    report(idp, rosa)
    clock.forward(hours=COOLDOWN, days=30)

    with provider.database.reading() as tx:
        assert not phone_replacements.is_begun(tx, rosa.id)
        assert phones.in_hand(tx, rosa.id) is not None


def test_the_desk_must_say_how_it_knows_who_asked(idp: CommandLine, rosa: Account) -> None:
    refused = idp("people", "replace-phone", rosa.address, "--reason", "phone lost")

    assert refused.exit_code == 2
    assert "--identity" in refused.output


def test_the_timeline_tells_the_identity_check(idp: CommandLine, rosa: Account) -> None:
    report(idp, rosa)

    assert "identity passport shown at the counter" in idp("people", "timeline", rosa.address).output


def test_a_person_unknown_is_one_sentence(app: Flask, idp: CommandLine) -> None:
    refused = idp("people", "replace-phone", "nobody@example.ch", "--reason", "r", "--identity", "i")

    assert refused.exit_code == 1
    assert "nobody has this" in refused.output


def test_a_portal_without_second_step_takes_a_new_number_only_with_the_mailbox(
    idp: CommandLine, rosa: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock, provider: Provider
) -> None:
    """NIST SP 800-63B-4 §4.1.2: a new factor rests on more than the password."""
    bend(provider, "e-services", policy={"second_step": "never", "phone": "required"})
    report(idp, rosa)
    mailbox.deliver()
    clock.forward(hours=COOLDOWN)

    visitor.get("/authorize?" + urlencode(RelyingParty(visitor.client.application, "e-services").request()))
    give_password(visitor, rosa)

    assert visitor.page.heading == "Your phone is being replaced"
    visitor.press("continue")
    give_code(visitor, mailbox, "email")
    assert visitor.page.heading == "Your mobile phone"
