"""An administrator changes a user's mobile number."""

from datetime import timedelta

import pytest

from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import accounts, enrolments, phones
from idp.people.phones import Phone
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.flows.organisation.conftest import Firm, events
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

NEW = "+41795556677"


def phone_of(provider: Provider, account: Account) -> Phone:
    with provider.database.reading() as tx:
        found = phones.of_person(tx, account.id)
        assert found is not None
        return found


def change(browser: Browser, mailbox: Mailbox, firm: Firm) -> None:
    browser.get(firm.phone(firm.luca))
    browser.fill(phone="079 555 66 77").press("get-code")
    browser.fill(code=mailbox.last(NEW).code.lower()).press("verify")


def test_the_new_number_is_proved_and_everybody_is_told(
    admin: Browser, user: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm
) -> None:
    """B-28, B-40"""
    assert admin.get(f"{firm.users}/{firm.luca}").link("Change the mobile number") == firm.phone(firm.luca)
    change(admin, mailbox, firm)

    assert "The mobile number was changed." in admin.page.text
    assert phone_of(provider, luca).number == NEW
    mail, (sms,) = mailbox.last(luca.address, "email"), mailbox.sent(luca.phone, "sms")
    assert mail.subject == "connect\u00a0: votre entreprise a modifié votre numéro de portable"
    for notice in (mail, sms):
        assert "Claire Favre" in notice.text
        assert "Menuiserie Favre SA" in notice.text
    assert user.get("/reauthentication?portal=connect").path == "/login"  # the sessions are over
    (event,) = events(provider, "PhoneChanged")[-1:]
    assert (event.details["old"], event.details["new"]) == ("+41 79 ••• •• 44", "+41 79 ••• •• 77")
    assert NEW not in str(event.details)


def test_the_new_number_serves_this_company_only_and_recovers_nothing(
    admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, clock: MovableClock, firm: Firm
) -> None:
    """B-40"""
    clock.forward(minutes=1)  # the account is older than the new number
    change(admin, mailbox, firm)

    phone, cooling = phone_of(provider, luca), timedelta(hours=48)
    assert phone.serves_sign_in(frozenset({firm.id}))
    assert not phone.serves_sign_in(frozenset())
    assert not phone.serves_recovery(clock.now() + timedelta(days=30), cooling=cooling)
    with provider.database.transaction() as tx:
        phones.confirm(tx, luca.id, NEW)
    own = phone_of(provider, luca)
    assert not own.serves_recovery(clock.now() + timedelta(hours=47), cooling=cooling)
    assert own.serves_recovery(clock.now() + timedelta(hours=48), cooling=cooling)


def test_the_code_is_written_in_the_language_of_who_reads_it(
    admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm
) -> None:
    """B-28, B-49"""
    with provider.database.transaction() as tx:
        accounts.change_profile(tx, luca.id, {"language": "it"})

    admin.get(firm.phone(firm.luca))
    admin.fill(phone="079 555 66 77").press("get-code")

    assert admin.page.language == "en"
    assert "codice" in mailbox.last(NEW).text.lower()


def test_the_page_promises_a_message_to_the_old_number_only_where_there_is_one(
    admin: Browser, provider: Provider, luca: Account, firm: Firm
) -> None:
    """B-40"""
    promised = "We will then tell them by email and by text message to the old number."
    assert promised in admin.get(firm.phone(firm.luca)).text
    with provider.database.transaction() as tx:
        phones.remove(tx, luca.id)

    page = admin.get(firm.phone(firm.luca))

    assert promised not in page.text
    assert "We will then tell them by email." in page.text


def test_a_first_number_is_added_and_no_message_speaks_of_a_former_one(
    admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm
) -> None:
    """B-40"""
    with provider.database.transaction() as tx:
        phones.remove(tx, luca.id)

    change(admin, mailbox, firm)

    mail = mailbox.last(luca.address, "email")
    assert mail.subject == "connect\u00a0: votre entreprise a ajouté votre numéro de portable"
    assert "a ajouté un numéro de portable à votre compte" in mail.text
    assert "modifié" not in mail.text


@pytest.mark.parametrize("known_as", ["member elsewhere", "insured person", "oneself"])
def test_who_is_known_elsewhere_manages_the_own_number(
    admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm, known_as: str
) -> None:
    """B-41"""
    with provider.database.transaction() as tx:
        if known_as == "member elsewhere":
            other = organisation.register(tx, fund="AK01", number="10077", name="Boulangerie du Marché Sàrl")
            memberships.join(tx, other.id, luca.id, Rights())
        elif known_as == "insured person":
            enrolments.enrol(tx, luca.id, "connect-assures", reason="test")
    target = firm.claire if known_as == "oneself" else firm.luca

    page = admin.get(firm.phone(target))

    said = "This is your own number." if known_as == "oneself" else "This person manages their own number."
    assert said in page.text
    assert "Change the mobile number" not in admin.get(f"{firm.users}/{target}").text
    assert mailbox.sent(channel="sms") == []


def test_the_pages_of_ones_own_number_lead_to_ones_own_account(admin: Browser, firm: Firm) -> None:
    for address in (f"{firm.users}/{firm.claire}", firm.phone(firm.claire)):
        page = admin.get(address)
        assert "This is your own number." in page.text
        assert admin.get(page.link("Change it in your account")).heading == "Sign-in and security"


def test_it_needs_a_recent_sign_in(admin: Browser, clock: MovableClock, firm: Firm) -> None:
    """B-53"""
    clock.forward(minutes=16)

    assert admin.get(firm.phone(firm.luca)).path.startswith("/reauthentication")
