"""A company's administrator and its users register with the code of their invitation: the story and its wrong turns."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.invitations import status, withdrawal
from idp.invitations.registration_code import RegistrationCodeState
from idp.organisations import memberships, organisation
from idp.organisations.membership import ACTIVE, Membership
from idp.people import emails, person, phones, terms
from idp.people.person import Person
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, make_account
from tests.flows.registrations import (
    ADDRESS,
    COMPANY,
    PASSWORD,
    Letters,
    dialogue,
    give_address,
    give_letter,
    give_mail_code,
    give_phone,
    give_sms_code,
)
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel
from tests.support.people import email

NEUTRAL = "This code is not valid, has expired or has already been used."


@pytest.fixture
def letters(provider: Provider) -> Letters:
    return Letters(provider)


@pytest.fixture
def claire(app: Flask) -> Browser:
    """The administrator's browser."""
    return Browser(app, language="en")


def up_to_review(browser: Browser, mailbox: Mailbox, code: str) -> None:
    give_letter(browser, code, "AK01")
    give_address(browser)
    give_mail_code(browser, mailbox)
    dialogue(browser, given_name="Claire", family_name="Favre")
    give_phone(browser)
    give_sms_code(browser, mailbox)


def memberships_of(provider: Provider, person_id: str) -> list[Membership]:
    with provider.database.reading() as tx:
        found = memberships.of_person(tx, person_id)
        tx.session.expunge_all()
        return found


def owner(provider: Provider, address: str = ADDRESS) -> str:
    with provider.database.reading() as tx:
        return emails.owner(tx, email(address))


# The administrator


def test_an_invitation_makes_an_administrator(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-02, B-03, B-04, B-05, B-06, B-07"""
    invitation = letters.administrator()

    up_to_review(claire, mailbox, invitation.grouped)
    assert claire.page.heading == "Check your details"
    assert COMPANY in claire.page.text
    claire.press("create")

    assert claire.left_for.startswith("https://connect.example.ch/login")
    assert not [name for name in claire.cookies if name.startswith("session")]
    (membership,) = memberships_of(provider, owner(provider))
    assert (membership.state, membership.is_administrator) == (ACTIVE, True)
    with provider.database.reading() as tx:
        found, phone = person.by_id(tx, owner(provider)), phones.of_person(tx, owner(provider))
        assert found is not None
        assert found.full_name == "Claire Favre"
        assert phone is not None
        assert (phone.number, phone.provisional_for) == ("+41793334455", "")
        assert terms.has_accepted(tx, found.id, "connect", "2026-01")
        assert status.of_subject(tx, invitation.request.subject_id)[0].state == RegistrationCodeState.USED
    assert COMPANY in mailbox.last(ADDRESS, "email").text


def test_the_company_is_named_as_soon_as_the_code_is_known(
    app: Flask, claire: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """B-02, B-03: and to nobody who only has the mail with the link"""
    give_letter(claire, letters.administrator().code, "AK01")
    asked_for_address = claire.page.text
    give_address(claire)
    somebody = Browser(app, language="en")
    somebody.get(mailbox.last(ADDRESS).link)

    assert f"Your invitation is for {COMPANY}." in asked_for_address
    assert f"Your invitation is for {COMPANY}." in claire.page.text
    assert somebody.page.heading == claire.page.heading
    assert COMPANY not in somebody.page.text


def test_the_administrator_signs_in_with_password_and_sms(claire: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """B-08"""
    up_to_review(claire, mailbox, letters.administrator().code)
    claire.press("create")

    claire.get("/login?portal=connect")
    claire.fill(identifier=ADDRESS, password=PASSWORD).press("sign-in")
    give_code(claire, mailbox, "sms")

    assert claire.left_for.startswith("https://connect.example.ch/")


def test_the_pages_bear_the_words_of_the_guide(app: Flask, letters: Letters, mailbox: Mailbox) -> None:
    """B-02, B-03, B-05"""
    claire, seen = Browser(app, language="fr"), []
    claire.get("/AK01/register")
    seen.append(claire.page.heading)
    claire.fill(code=letters.administrator().code).press("continue")
    seen.append(claire.page.heading)
    give_address(claire)
    give_mail_code(claire, mailbox)
    dialogue(claire, given_name="Claire", family_name="Favre")
    give_phone(claire)
    give_sms_code(claire, mailbox)
    seen.append(claire.page.button("create").text)

    assert seen == ["Code d’accès", "Saisissez votre adresse e-mail en tant qu’administrateur", "Créer"]


def test_the_dialogue_refuses_what_is_missing_and_keeps_the_rest(
    claire: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """B-06, A-23, A-25"""
    give_letter(claire, letters.administrator().code, "AK01")
    give_address(claire)
    give_mail_code(claire, mailbox)

    claire.fill(given_name="Claire", family_name="Favre", new_password="abc", new_password_again="abd").press(
        "continue"
    )
    short = "Choose at least 8 characters. A phrase of several words works well."
    assert claire.page.errors == [short, "The two passwords do not match.", "Accept the terms of use to continue."]
    claire.tick("terms").fill(new_password="abc", new_password_again="abd").press("continue")
    assert claire.page.errors == [short, "The two passwords do not match."]
    claire.tick("terms").fill(new_password="claire.favre", new_password_again="claire.favre").press("continue")

    assert len(claire.page.errors) == 1
    assert claire.page.value("given_name") == "Claire"
    assert claire.page.value("new_password") == ""


def test_back_from_the_phone_asks_the_password_again(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """X-03, rulings 7"""
    give_letter(claire, letters.administrator().code, "AK01")
    give_address(claire)
    give_mail_code(claire, mailbox)
    dialogue(claire, given_name="Claire", family_name="Favre")

    claire.press("back")

    assert claire.page.heading == "Create your account"
    assert claire.page.value("given_name") == "Claire"
    with provider.database.reading() as tx:
        assert tx.session.scalar(sa.text("SELECT count(*) FROM pending_passwords")) == 0


def test_the_link_in_another_browser_asks_for_both_codes(
    app: Flask, claire: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """B-11, B-12"""
    invitation = letters.administrator()
    give_letter(claire, invitation.code, "AK01")
    give_address(claire)
    telephone = Browser(app, address="198.51.100.7", language="en")
    link = mailbox.last(ADDRESS).link
    for _ in range(3):
        telephone.head(link)
        telephone.get(link)

    telephone.fill(code=invitation.code).press("verify")
    assert telephone.page.errors == [
        "That is the code from your invitation. Enter the code from the email we have just sent you."
    ]
    give_mail_code(telephone, mailbox)
    assert telephone.page.heading == "Access code"
    telephone.fill(code="7KQ4 M2XT 9HWD").press("continue")
    assert NEUTRAL in telephone.page.errors[0]
    telephone.fill(code=invitation.code).press("continue")

    assert telephone.page.heading == "Create your account"


def test_an_invited_users_code_typed_after_the_link_proves_its_own_mailbox_only(
    app: Flask, claire: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """B-11: whoever proved one mailbox does not get the account of another."""
    give_letter(claire, letters.administrator().code, "AK01")
    give_address(claire)
    telephone = Browser(app, language="en")
    telephone.get(mailbox.last(ADDRESS).link)
    give_mail_code(telephone, mailbox)

    telephone.fill(code=letters.member("luca@example.ch").code).press("continue")

    assert telephone.page.heading == "Create your account"
    assert "luca@example.ch" in telephone.page.response.get_data(as_text=True)
    assert ADDRESS not in telephone.page.response.get_data(as_text=True)


def test_a_company_is_added_to_an_account_that_is_there(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-10"""
    account = make_account(provider, Account("", address=ADDRESS))
    give_letter(claire, letters.administrator().code, "AK01")
    give_address(claire)
    give_mail_code(claire, mailbox)

    claire.fill(password=account.password).press("sign-in")
    assert claire.page.heading != "Create your account"
    give_sms_code(claire, mailbox)
    assert COMPANY in claire.page.text
    claire.press("create")

    assert claire.left_for
    (membership,) = memberships_of(provider, account.id)
    assert membership.is_administrator
    assert "accès de l’entreprise Menuiserie Favre SA a été ajouté" in mailbox.last(ADDRESS, "email").text


def test_a_disabled_account_gets_no_company(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-10, X-13"""
    account = make_account(provider, Account("", address=ADDRESS))
    with provider.database.transaction() as tx:
        tx.session.execute(sa.update(Person).where(Person.id == account.id).values(state="disabled"))
    give_letter(claire, letters.administrator().code, "AK01")
    give_address(claire)
    give_mail_code(claire, mailbox)

    claire.fill(password=account.password).press("sign-in")

    assert claire.page.errors == ["This password is not correct."]


@pytest.mark.parametrize("how", ["withdrawn", "replaced", "expired", "closed"])
def test_an_invitation_that_ended_reads_like_a_wrong_one(
    claire: Browser, letters: Letters, provider: Provider, clock: MovableClock, how: str
) -> None:
    """B-09, B-45"""
    invitation = letters.administrator()
    with provider.database.transaction() as tx:
        if how == "withdrawn":
            withdrawal.withdraw(tx, invitation.code_id, reason="test")
        if how == "closed":
            organisation.close(tx, invitation.request.subject_id)
    if how == "replaced":
        letters.administrator()
    if how == "expired":
        clock.forward(days=31)

    give_letter(claire, invitation.code, "AK01")

    assert NEUTRAL in claire.page.errors[0]
    assert "390 23 25" in claire.page.response.get_data(as_text=True).replace("\u00a0", " ")


def test_an_invitation_withdrawn_on_the_way_creates_nothing(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-09"""
    invitation = letters.administrator()
    up_to_review(claire, mailbox, invitation.code)
    with provider.database.transaction() as tx:
        withdrawal.withdraw(tx, invitation.code_id, reason="test")

    claire.press("create")

    assert "has since been used or replaced" in claire.page.text
    assert owner(provider) == ""


def test_the_last_button_pressed_twice_creates_once(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """X-02"""
    up_to_review(claire, mailbox, letters.administrator().code)
    again = claire.tab()
    again.page = claire.page

    claire.press("create")
    again.press("create")

    assert claire.left_for == again.left_for
    assert len(memberships_of(provider, owner(provider))) == 1


@pytest.mark.both_databases
def test_of_two_who_finish_at_once_one_becomes_administrator(
    app: Flask, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-09, single use"""
    invitation = letters.administrator()
    browsers = []
    for name in ("claire@example.ch", "paul@example.ch"):
        browser = Browser(app, language="en")
        give_letter(browser, invitation.code, "AK01")
        give_address(browser, name)
        give_mail_code(browser, mailbox, name)
        dialogue(browser, given_name="Claire", family_name="Favre")
        give_phone(browser)
        give_sms_code(browser, mailbox)
        browsers.append(browser)

    in_parallel(*(lambda browser=browser: browser.press("create") for browser in browsers))

    assert len([browser for browser in browsers if browser.left_for]) == 1
    with provider.database.reading() as tx:
        assert memberships.count_administrators(tx, invitation.request.subject_id) == 1


# The invited user


def test_an_invited_user_sets_a_password_and_joins(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-25, B-50"""
    invitation = letters.member()

    give_letter(claire, invitation.code, "AK01")
    assert claire.page.heading == "Create your account"
    assert claire.page.value("given_name") == "Rosa"
    assert "We will ask for your mobile number when you first sign in." in claire.page.text
    dialogue(claire)
    claire.press("create")

    assert claire.left_for.startswith("https://connect.example.ch/login")
    (membership,) = memberships_of(provider, owner(provider))
    assert (membership.state, membership.is_administrator, membership.topics) == (ACTIVE, False, ["salaries"])
    claire.get("/login?portal=connect")
    claire.fill(identifier=ADDRESS, password=PASSWORD).press("sign-in")
    give_phone(claire)
    give_code(claire, mailbox, "sms")
    assert claire.left_for.startswith("https://connect.example.ch/")


def test_a_phone_that_the_administrator_had_proved_is_provisional(
    claire: Browser, letters: Letters, provider: Provider
) -> None:
    """B-40"""
    invitation = letters.member()
    with provider.database.transaction() as tx:
        change = sa.update(Membership).where(Membership.id == invitation.request.subject_id)
        tx.session.execute(change.values(invited_as_phone="+41791112233"))

    give_letter(claire, invitation.code, "AK01")
    shown = claire.page.by_id("phone")
    assert shown is not None
    assert ("readonly" in shown.attributes, shown.get("value").endswith("33")) == (True, True)
    assert "Your company has already confirmed this number with you." in claire.page.text
    dialogue(claire)
    assert "+41 79 ••• •• 33" in claire.page.text.replace("\u00a0", " ")
    claire.press("create")

    with provider.database.reading() as tx:
        phone = phones.of_person(tx, owner(provider))
        assert phone is not None
        assert phone.number == "+41791112233"
        assert phone.provisional_for == memberships_of(provider, owner(provider))[0].organisation_id


def test_an_invited_owner_of_an_account_accepts_by_signing_in(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-47"""
    account = make_account(provider, Account("", address=ADDRESS))

    give_letter(claire, letters.member().code, "AK01")
    assert claire.page.heading == "You already have an account"
    assert claire.page.by_id("other-address") is None
    claire.fill(password=account.password).press("sign-in")
    give_sms_code(claire, mailbox)
    claire.press("create")

    (membership,) = memberships_of(provider, account.id)
    assert (membership.state, membership.topics) == (ACTIVE, ["salaries"])
    with provider.database.reading() as tx:
        found = person.by_id(tx, account.id)
        assert found is not None
        assert found.full_name == "Anne Rochat"


def test_an_invitation_cancelled_by_the_administrator_opens_nothing(
    claire: Browser, letters: Letters, provider: Provider
) -> None:
    """B-48, B-09"""
    invitation = letters.member()
    with provider.database.transaction() as tx:
        memberships.withdraw(tx, invitation.request.subject_id)

    give_letter(claire, invitation.code, "AK01")

    assert NEUTRAL in claire.page.errors[0]


def test_a_portal_without_a_phone_policy_asks_none(
    claire: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """B-50"""
    bend(provider, "connect", policy={"phone": "optional"})
    give_letter(claire, letters.administrator().code, "AK01")
    give_address(claire)
    give_mail_code(claire, mailbox)
    dialogue(claire, given_name="Claire", family_name="Favre")

    claire.press("skip")
    claire.press("create")

    assert claire.left_for
