"""« Nouveau »: an administrator invites a user."""

import pytest
from flask import Flask

from idp.organisations import memberships
from idp.organisations.memberships import Member, Rights
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.flows.organisation.conftest import Firm, signed_in
from tests.support import people
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

NEW = "jean.petit@example.ch"
PHONE = "+41794445566"


def listed(provider: Provider, firm: Firm, email: str) -> Member:
    with provider.database.reading() as tx:
        return next(each for each in memberships.of_organisation(tx, firm.id) if each.email == email)


def begin(browser: Browser, firm: Firm, email: str = NEW) -> None:
    browser.get(firm.new_user())
    browser.fill(email=email).press("Continue")


def name(browser: Browser) -> None:
    browser.fill(given_name="Jean", family_name="Petit").press("Create and continue")


def test_a_new_user_is_invited_with_a_proved_phone(
    admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm
) -> None:
    """B-22, B-23, B-24, B-25"""
    begin(admin, firm)
    name(admin)
    admin.fill(phone="079 444 55 66").press("get-code")
    admin.fill(code=mailbox.last(PHONE).code).press("verify")
    assert "Confirmed" in admin.page.text
    assert not [box for box in admin.page.all("input") if "checked" in box.attributes]
    admin.fill(topics="salaries").press("Save")

    assert admin.page.heading == "Jean Petit has been invited"
    membership = listed(provider, firm, NEW).membership
    assert (membership.state, membership.is_administrator, membership.topics) == ("invited", False, ["salaries"])
    assert membership.invited_as_phone == PHONE
    mail = mailbox.last(NEW)
    assert "Claire Favre" in mail.text
    assert "Menuiserie Favre SA" in mail.text
    assert len(mail.code.replace(" ", "")) == 12
    assert mail.link.endswith("/AK01/register")


def test_what_to_have_ready_is_said_first(admin: Browser, firm: Firm) -> None:
    """B-26"""
    text = admin.get(firm.new_user()).text

    for wanted in ("first name", "last name", "email address", "mobile number"):
        assert wanted in text


def test_the_phone_may_be_left_to_the_person(admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm) -> None:
    """B-50"""
    begin(admin, firm)
    name(admin)
    admin.press("skip")
    admin.fill(topics="salaries").press("Save")

    assert listed(provider, firm, NEW).membership.invited_as_phone == ""
    assert mailbox.sent(channel="sms") == []


def test_a_user_without_any_topic_is_asked_about_before_the_invitation_leaves(
    admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm
) -> None:
    """B-24, B-27: a forgotten box is seen; a wish is done by its own button"""
    begin(admin, firm)
    name(admin)
    admin.press("skip")
    assert "You can give administrator rights afterwards" in admin.page.text

    admin.press("Save")

    assert admin.page.errors == [
        "No topic is ticked: the user would see nothing in the portal. Tick at least one, or save without topics."
    ]
    assert mailbox.sent(NEW) == []
    admin.press("Save without topics")
    assert admin.page.heading == "Jean Petit has been invited"
    assert listed(provider, firm, NEW).membership.topics == []
    assert len(mailbox.sent(NEW)) == 1


def test_the_administrators_own_address_is_called_their_own(admin: Browser, firm: Firm) -> None:
    """B-22"""
    begin(admin, firm, "claire.favre@example.ch")

    assert admin.page.errors == ["This is your own address. Enter the address of the person you want to invite."]


def test_an_address_with_an_account_sees_the_very_same_pages(
    admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm
) -> None:
    """B-47"""
    from_account, fresh = "owner@example.ch", NEW
    seen = []
    with provider.database.transaction() as tx:
        owner = people.person(tx, from_account, given_name="Olga", family_name="Owner")
        owner_id = owner.id
    for address in (from_account, fresh):
        begin(admin, firm, address)
        pages = [admin.page.heading]
        name(admin)
        pages.append(admin.page.heading)
        admin.press("skip")
        pages.append(admin.page.text.replace(address, "…"))
        admin.fill(topics="salaries").press("Save")
        pages.append(admin.page.text.replace(address, "…"))
        detail = admin.get(f"{firm.users}/{listed(provider, firm, address).membership.id}")
        pages.append(detail.text.replace(address, "…"))
        seen.append(pages)

    assert seen[0] == seen[1]
    invited = listed(provider, firm, from_account)
    assert (invited.membership.person_id, invited.given_name) == (None, "Jean")
    assert mailbox.last(from_account).subject == mailbox.last(fresh).subject
    with provider.database.transaction() as tx:
        memberships.accept(tx, invited.membership.id, owner_id)
    assert listed(provider, firm, from_account).given_name == "Olga"


def test_who_is_in_the_list_already_is_not_invited_again(admin: Browser, firm: Firm) -> None:
    """B-22"""
    for address, words in (
        ("NINA.neu@example.ch", "already been invited"),
        ("luca.bernasconi@example.ch", "already a user"),
        ("otto.ammann@example.ch", "deactivated"),
    ):
        begin(admin, firm, address)
        assert (admin.page.status, words in admin.page.errors[0]) == (422, True)


def test_the_spoken_code_looks_like_no_other(admin: Browser, mailbox: Mailbox, firm: Firm) -> None:
    """B-49"""
    begin(admin, firm)
    name(admin)
    admin.fill(phone=PHONE).press("get-code")

    sms = mailbox.last(PHONE)
    code = sms.code.replace(" ", "")
    assert (len(code), code.isalpha()) == (8, True)
    assert "@" not in sms.text
    assert "#" not in sms.text
    assert "Menuiserie Favre SA" in sms.text
    assert "Claire Favre" in sms.text
    assert len(sms.text) <= 160


def test_the_spoken_code_is_good_for_this_creation_only(
    admin: Browser, mailbox: Mailbox, clock: MovableClock, firm: Firm
) -> None:
    """B-49"""
    begin(admin, firm)
    name(admin)
    admin.fill(phone=PHONE).press("get-code")
    code = mailbox.last(PHONE).code
    clock.forward(minutes=1)
    begin(admin, firm, "another@example.ch")
    name(admin)
    admin.fill(phone=PHONE).press("get-code")

    admin.fill(code=code).press("verify")

    assert admin.page.status == 422
    assert admin.page.errors


def test_a_company_sends_so_many_codes_a_day(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-49"""
    limiter = provider.limiter
    with provider.database.transaction() as tx:
        for _ in range(30):
            limiter.debit(tx, "company_phone_proofs", firm.id)
    begin(admin, firm)
    name(admin)

    admin.fill(phone=PHONE).press("get-code")

    assert admin.page.status == 429
    assert "Try again on" in admin.page.errors[0]


def test_saving_twice_invites_once(admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm) -> None:
    """X-02"""
    begin(admin, firm)
    name(admin)
    admin.press("skip")
    admin.fill(topics="salaries")

    admin.send("Save")
    admin.press("Save")

    assert admin.page.heading == "Jean Petit has been invited"
    assert len(mailbox.sent(NEW)) == 1
    with provider.database.reading() as tx:
        assert len([each for each in memberships.of_organisation(tx, firm.id) if each.email == NEW]) == 1


def test_two_administrators_who_invite_the_same_address_at_once_invite_once(
    app: Flask, admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm, luca: Account
) -> None:
    """B-22, B-48"""
    with provider.database.transaction() as tx:
        memberships.change_rights(tx, firm.luca, Rights(is_administrator=True))
    other = signed_in(app, provider, luca.id)
    for browser in (admin, other):
        begin(browser, firm)
        name(browser)
        browser.press("skip")
        browser.fill(topics="salaries")

    pages = in_parallel(lambda: admin.press("Save"), lambda: other.press("Save"))

    refused, done = sorted(pages, key=lambda page: page.heading == "Jean Petit has been invited")
    assert done.heading == "Jean Petit has been invited"
    assert refused.status in {409, 422}
    assert refused.errors == ["This address has already been invited. You can resend the invitation from the list."]
    assert refused.link("Cancel") == firm.users
    assert len(mailbox.sent(NEW)) == 1


def test_an_address_that_joined_meanwhile_is_not_invited(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-22"""
    begin(admin, firm)
    name(admin)
    admin.press("skip")
    with provider.database.transaction() as tx:
        memberships.join(tx, firm.id, people.person(tx, NEW).id, Rights())

    admin.fill(topics="salaries").press("Save")

    assert (admin.page.status, "already a user" in admin.page.errors[0]) == (422, True)
