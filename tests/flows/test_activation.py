"""An insured person opens an account with the letter of their fund: the story, and the ways into it."""

import re

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.clients.policy import LetterPolicy
from idp.credentials import passwords
from idp.database import Transaction
from idp.invitations import status
from idp.invitations.registration_code import RegistrationCodeState
from idp.people import emails, enrolments, insured, person, phones, terms
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, make_account
from tests.flows.registrations import (
    ADDRESS,
    PASSWORD,
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
from tests.support.authenticators import code_at
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.people import email


@pytest.fixture
def letters(provider: Provider) -> Letters:
    return Letters(provider)


@pytest.fixture
def rosa(app: Flask) -> Browser:
    """Rosa's browser."""
    return Browser(app, language="en")


def test_a_letter_becomes_an_account(rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider) -> None:
    """C-03, C-04, C-05, C-06, C-07, C-08, C-09, C-10, C-20, A-24"""
    letter = letters.insured()

    up_to_sms_code(rosa, mailbox, letter.grouped)
    give_sms_code(rosa, mailbox)

    assert rosa.left_for.startswith("https://connect-assures.example.ch/login")
    assert not [name for name in rosa.cookies if name.startswith("session")]
    with provider.database.reading() as tx:
        owner = emails.owner(tx, email(ADDRESS))
        found, phone = person.by_id(tx, owner), phones.of_person(tx, owner)
        assert found is not None
        assert (found.given_name, found.family_name, found.language) == ("Rosa", "Keller", "en")
        assert phone is not None
        assert phone.number == "+41793334455"
        assert phone.verified_at is not None
        assert enrolments.portals(tx, owner) == ["connect-assures"]
        assert terms.has_accepted(tx, owner, "connect-assures", "2026-01")
        assert passwords.current(tx, owner) is not None
        assert status.of_subject(tx, letter.request.subject_id)[0].state == RegistrationCodeState.USED
        subject = insured.by_id(tx, letter.request.subject_id)
        assert subject is not None
        assert subject.person_id == owner


def test_the_new_account_signs_in_with_a_new_code(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-10"""
    up_to_sms_code(rosa, mailbox, letters.insured().code)
    first = mailbox.last(channel="sms").code
    give_sms_code(rosa, mailbox)

    rosa.get("/login?portal=connect-assures")
    assert "Your account has been created. Sign in" in rosa.page.text
    assert rosa.page.value("identifier") == ADDRESS
    rosa.fill(password=PASSWORD).press("sign-in")

    assert mailbox.last(channel="sms").code != first
    give_code(rosa, mailbox, "sms")
    assert rosa.left_for.startswith("https://connect-assures.example.ch/")


def test_the_end_of_a_registration_is_said_in_its_own_browser_until_the_first_sign_in(
    app: Flask, rosa: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """C-10"""
    up_to_sms_code(rosa, mailbox, letters.insured().code)
    give_sms_code(rosa, mailbox)
    page = "/login?portal=connect-assures"
    assert "Your account has been created" not in Browser(app, language="en").get(page).text
    assert "Your account has been created" not in rosa.get("/login?portal=e-services").text
    rosa.get(page)
    rosa.fill(password=PASSWORD).press("sign-in")
    give_code(rosa, mailbox, "sms")

    assert "Your account has been created" not in rosa.get(page).text


def test_the_pages_bear_the_words_of_the_guide(app: Flask, letters: Letters, mailbox: Mailbox) -> None:
    """C-03, C-04, C-05, C-06, C-09"""
    rosa, seen = Browser(app, language="fr"), []

    rosa.get("/AK00/register")
    seen.append(rosa.page.text)
    rosa.fill(code=letters.insured().code).press("continue")
    seen.append(rosa.page.text)
    give_address(rosa)
    seen.append(rosa.page.text)
    give_mail_code(rosa, mailbox)
    seen.append(rosa.page.text)
    give_account(rosa)
    give_password(rosa)
    give_phone(rosa)
    seen.append(rosa.page.text)

    stars = "Les champs marqués d’un astérisque (*) sont obligatoires."
    assert [stars in page for page in seen] == ["\u00a0*" in page or " *" in page for page in seen]
    for page, words in zip(
        seen,
        (
            ("Entrez le code d’accès", "Code d’accès", "XXXX XXXX XXXX", "Continuer"),
            ("Identifier le compte utilisateur", "Veuillez indiquer quelle adresse e-mail vous voulez utiliser"),
            ("Entrez le code d’accès", "code d’accès d’activation a été envoyé"),
            ("Ouverture de compte", "Veuillez compléter les informations manquantes et accepter les conditions"),
            ("Confirmer et conclure",),
        ),
        strict=True,
    ):
        assert [word for word in words if word not in page] == []


def test_the_address_of_the_fund_is_forgiving(rosa: Browser) -> None:
    """C-01, C-25"""
    for address in ("/AK00/register", "/ak00/register", "/AK00/register/", "/AK00/REGISTER", "/Ak00/Register/"):
        rosa.get(address)
        assert (rosa.page.path, rosa.page.status) == ("/activation", 200), address
        assert rosa.head(address) == 303


def test_an_unknown_fund_is_answered_with_help(rosa: Browser) -> None:
    """C-25"""
    rosa.get("/AK99/register")

    assert rosa.page.status == 200
    assert rosa.page.link("Enter the code from AK00") == "/AK00/register"
    assert "390 23 25" in rosa.page.text


@pytest.mark.parametrize("address", ["/AK00", "/ak00/", "/register", "/Register/"])
def test_half_an_address_leads_to_the_list_of_funds(rosa: Browser, address: str) -> None:
    """C-25"""
    rosa.get(address)

    assert rosa.page.status == 200
    assert rosa.page.link("Enter the code from AK00") == "/AK00/register"
    assert "does not belong" not in rosa.page.text


def test_half_an_address_is_that_of_a_fund_by_its_name_alone(provider: Provider, rosa: Browser) -> None:
    """C-25: the list of funds says what a fund is, not how codes usually look."""
    shipped = provider.registry.current().client("connect-assures")
    assert shipped is not None
    bend(provider, "connect-assures", funds=(msgspec.structs.replace(shipped.funds[0], code="MODELE"),))

    assert rosa.get("/modele").status == 200
    assert rosa.page.link("Enter the code from MODELE") == "/MODELE/register"


@pytest.mark.parametrize("address", ["/AK99", "/nothing-here", "/a1%2F", "/1"])
def test_other_addresses_are_unknown_as_before(rosa: Browser, address: str) -> None:
    """C-25"""
    assert rosa.get(address).status == 404


def test_the_code_is_read_however_it_is_typed(app: Flask, letters: Letters) -> None:
    """C-12"""
    code = letters.insured().code
    for typed in (
        code.lower(),
        f"  {code[:4]}-{code[4:8]}-{code[8:]} ",
        f"{code[:4]}\u00a0{code[4:8]}\u2013{code[8:]}",
        f"Votre code : {code[:4]} {code[4:8]} {code[8:]}.",
    ):
        browser = Browser(app, language="en")
        give_letter(browser, typed)
        assert browser.page.heading == "Choose your user account", typed


def test_the_birth_date_is_asked_where_the_portal_wants_it(rosa: Browser, letters: Letters, provider: Provider) -> None:
    """C-03, rulings 9"""
    bend(provider, "connect-assures", policy={"letters": LetterPolicy(second_knowledge="birth_date")})
    code = letters.insured().code

    rosa.get("/AK00/register")
    rosa.fill(code=code).press("continue")
    assert rosa.page.errors == ["Enter the date."]
    rosa.fill(code=code, birth_date="17.07.1956").press("continue")
    assert "This code is not valid, has expired or has already been used." in rosa.page.errors[0]
    rosa.fill(code=code, birth_date="16.07.1956").press("continue")

    assert rosa.page.heading == "Choose your user account"


def test_names_may_be_corrected_and_are_flagged(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-20"""
    letter = letters.insured()
    give_letter(rosa, letter.code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    assert rosa.page.value("given_name") == "Rosa"
    give_account(rosa, family_name="Keller-Favre")
    give_password(rosa)
    give_phone(rosa)
    give_sms_code(rosa, mailbox)

    with provider.database.reading() as tx:
        found = person.by_id(tx, emails.owner(tx, email(ADDRESS)))
        register = insured.by_id(tx, letter.request.subject_id)
        assert found is not None
        assert found.family_name == "Keller-Favre"
        assert register is not None
        assert register.particulars.family_name == "Keller"
        assert "NamesDifferFromRegister" in events(tx)


def test_names_of_the_register_are_fixed_where_the_portal_says_so(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-20"""
    bend(provider, "connect-assures", policy={"names_from_register": "read-only"})
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    assert "readonly" in rosa.page.field("given_name").attributes
    give_account(rosa, given_name="Another", family_name="Person")
    give_password(rosa)
    give_phone(rosa)
    give_sms_code(rosa, mailbox)

    with provider.database.reading() as tx:
        found = person.by_id(tx, emails.owner(tx, email(ADDRESS)))
        assert found is not None
        assert found.full_name == "Rosa Keller"


def test_the_chosen_language_is_spoken_from_then_on(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-14"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    options = [option.text for option in rosa.page.field("language").walk() if option.tag == "option"]
    assert options == ["Français", "Deutsch", "Italiano", "English"]

    give_account(rosa, language="de")

    assert rosa.page.language == "de"
    give_password(rosa)
    give_phone(rosa)
    assert "bestätigt diese Nummer" in mailbox.last(channel="sms").text
    give_sms_code(rosa, mailbox)
    assert "Ihr Benutzerkonto wurde" in mailbox.last(ADDRESS, "email").subject


def test_a_foreign_mobile_is_as_good(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-21"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    give_account(rosa)
    give_password(rosa)
    give_phone(rosa, "+33 6 12 34 56 78")

    assert mailbox.last(channel="sms").to == "+33612345678"


def test_a_phone_is_needed_and_the_page_knows_another_way(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-08, C-21, X-31: the guide's page has one button; the other way stands under a question"""
    to_the_phone(rosa, letters, mailbox)

    assert rosa.page.by_id("skip") is None
    assert rosa.page.by_id("without-phone") is not None
    assert "contact our helpdesk" in rosa.page.text


def test_the_risk_of_text_messages_stands_beside_what_is_safer(
    rosa: Browser, letters: Letters, mailbox: Mailbox
) -> None:
    """ASVS 6.6.1: where there is no choice, it would only frighten"""
    risk = "Someone who takes over your number receives your codes."
    to_the_phone(rosa, letters, mailbox)

    told = [each for each in rosa.page.all("p") if each.text.startswith(risk)]
    choice = next(each for each in rosa.page.all("details") if each.get("id") == "no-phone")
    assert len(told) == 1
    assert told[0] in list(choice.walk())


def test_where_the_portal_spares_nobody_the_desk_knows_another_way(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-21, X-31"""
    bend(provider, "connect-assures", policy={"without_phone": False})
    to_the_phone(rosa, letters, mailbox)

    assert rosa.page.by_id("without-phone") is None
    assert "If you do not have a mobile phone, contact our helpdesk" in rosa.page.text
    assert "takes over your number" not in rosa.page.text


def test_who_has_no_mobile_phone_signs_in_with_an_app(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider, clock: MovableClock
) -> None:
    """X-31: from the letter to the portal, at a portal that requires a phone; the mailbox is proved before the app"""
    to_the_phone(rosa, letters, mailbox)
    rosa.press("without-phone")
    rosa.press("create")
    rosa.get("/login?portal=connect-assures")
    rosa.fill(identifier=ADDRESS, password=PASSWORD).press("sign-in")
    rosa.press("without-phone")
    assert rosa.page.heading == "This portal asks for a stronger sign-in method"
    rosa.press("add-totp")
    rosa.fill(code=mailbox.last(to=ADDRESS).code).press("verify")
    key = rosa.page.by_id("key")
    assert key is not None
    rosa.fill(code=code_at(key.text.replace(" ", ""), clock.now())).press("add-app")

    assert rosa.left_for.startswith("https://connect-assures.example.ch/")
    assert rosa.get("/complete?portal=connect-assures").by_id("phone") is None
    assert mailbox.sent(channel="sms") == []


def test_the_rule_of_a_password_stands_at_its_field(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-07, X-07"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    give_account(rosa)

    hint = rosa.page.by_id("new_password-hint")
    assert hint is not None
    assert hint.text.startswith("At least 8 characters.")
    assert "new_password-hint" in rosa.page.field("new_password").get("aria-describedby")


def to_the_phone(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    give_account(rosa)
    give_password(rosa)


def test_the_owner_is_told_that_an_account_was_opened(rosa: Browser, letters: Letters, mailbox: Mailbox) -> None:
    """C-22"""
    letter = letters.insured()
    up_to_sms_code(rosa, mailbox, letter.code)
    give_sms_code(rosa, mailbox)

    mail = mailbox.last(ADDRESS, "email")
    assert mail.subject == "connect@Insured: your account was created"
    assert letter.reference in mail.text


def test_a_known_mailbox_signs_in_and_is_linked(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-19"""
    account = make_account(provider, Account("", address=ADDRESS))
    letter = letters.insured()
    give_letter(rosa, letter.code)
    give_address(rosa)
    assert rosa.page.heading == "Enter the access code from the email"  # nothing tells yet
    give_mail_code(rosa, mailbox)
    assert rosa.page.heading == "You already have an account"

    rosa.fill(password="a wrong password").press("sign-in")
    assert rosa.page.errors == ["This password is not correct."]
    rosa.fill(password=account.password).press("sign-in")
    give_sms_code(rosa, mailbox)
    assert rosa.page.heading == "Add to your account"
    rosa.press("create")

    assert rosa.left_for.startswith("https://connect-assures.example.ch/login")
    with provider.database.reading() as tx:
        subject = insured.by_id(tx, letter.request.subject_id)
        assert subject is not None
        assert subject.person_id == account.id
        assert enrolments.is_enrolled(tx, account.id, "connect-assures")
        assert found_phone(tx, account.id) == "+41791234567"
    assert "un accès a été ajouté" in mailbox.last(ADDRESS, "email").subject


def test_a_known_mailbox_may_be_left_for_another(
    rosa: Browser, letters: Letters, mailbox: Mailbox, provider: Provider
) -> None:
    """C-19"""
    make_account(provider, Account("", address=ADDRESS))
    give_letter(rosa, letters.insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)

    rosa.press("other-address")
    give_address(rosa, "rosa2@example.ch")
    give_mail_code(rosa, mailbox, "rosa2@example.ch")

    assert rosa.page.heading == "Create your account"


def test_the_letter_may_be_given_up_for_signing_in(rosa: Browser) -> None:
    """C-16"""
    rosa.get("/AK00/register")

    assert rosa.page.link("Sign in").startswith("https://connect-assures.example.ch/login")


def test_a_day_later_the_mail_still_says_until_when(
    rosa: Browser, letters: Letters, mailbox: Mailbox, clock: MovableClock
) -> None:
    """C-05, X-26"""
    give_letter(rosa, letters.insured().code)
    give_address(rosa)

    mail = mailbox.last(ADDRESS)
    assert re.search("valid until .*2026 at", mail.text)
    assert re.search("Valid until .*2026 at", rosa.page.text)
    assert mail.link.endswith(rosa.page.path)


def events(tx: Transaction) -> set[str]:
    return set(tx.session.scalars(sa.select(AuditEvent.name)))


def found_phone(tx: Transaction, person_id: str) -> str:
    phone = phones.of_person(tx, person_id)
    return phone.number if phone is not None else ""


def give_the_portal_a_second_fund(provider: Provider) -> None:
    """Each has a desk of its own, which is not the brand's."""
    client = provider.registry.current().client("connect-assures")
    assert client is not None
    first = client.funds[0]
    funds = [
        msgspec.structs.replace(
            first, code=code, desk=msgspec.structs.replace(first.desk, email=f"desk@{code.lower()}.ch")
        )
        for code in (first.code, "AK77")
    ]
    bend(provider, "connect-assures", funds=tuple(funds))


def test_whoever_begins_at_the_wrong_fund_sees_the_desk_of_the_one_that_wrote(
    rosa: Browser, letters: Letters, provider: Provider
) -> None:
    """Rulings 2, X-11"""
    give_the_portal_a_second_fund(provider)
    letter = letters.insured()

    rosa.get("/AK77/register")
    give_letter(rosa, letter.code)

    assert "/activation/" in rosa.page.path
    assert "desk@ak00.ch" in rosa.page.first("footer").text


def test_a_portal_of_several_funds_shows_the_desk_of_the_one_that_wrote(
    rosa: Browser, letters: Letters, provider: Provider
) -> None:
    """Rulings 2, X-11: from the typed address on, and once the code is known."""
    give_the_portal_a_second_fund(provider)
    letter = letters.insured()

    rosa.get("/AK77/register")
    assert "desk@ak77.ch" in rosa.page.first("footer").text
    rosa.get("/ak00/register")
    assert "desk@ak00.ch" in rosa.page.first("footer").text
    give_letter(rosa, letter.code)
    assert "/activation/" in rosa.page.path
    assert "desk@ak00.ch" in rosa.page.first("footer").text
