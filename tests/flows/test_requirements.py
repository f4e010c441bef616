"""What a portal may still want after the sign-in: consent, a longer password, details, terms."""

from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from idp.credentials import passwords
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import accounts, completeness, person, phones, terms
from idp.people.birth_date import PartialDate
from idp.provider import Provider
from tests.flows.conftest import Account, arrived, give_code, give_password, make_account
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases


def sign_in_at(browser: Browser, portal: RelyingParty, account: Account, **changes: str) -> None:
    browser.get("/authorize?" + urlencode(portal.request(**changes)))
    give_password(browser, account)


# Consent


def test_a_portal_learns_what_the_person_allows(app: Flask, visitor: Browser, anne: Account) -> None:
    """OIDC Core §3.1.2.4"""
    portal = RelyingParty(app, "asks-consent")
    sign_in_at(visitor, portal, anne, scope="openid email")
    assert "your email address" in visitor.page.text

    visitor.press("allow")

    assert portal.redeem(arrived(visitor))["claims"]["sub"] == anne.id


def test_the_question_says_where_the_data_goes_and_for_how_long(app: Flask, visitor: Browser, anne: Account) -> None:
    """ASVS 10.7.2: an informed consent"""
    portal = RelyingParty(app, "asks-consent")

    sign_in_at(visitor, portal, anne, scope="openid email offline_access", prompt="consent")

    assert f"The data goes to {urlsplit(portal.redirect_uri).hostname}." in visitor.page.text
    assert "This applies until you withdraw it." in visitor.page.text
    assert "Access while you are away ends after 90 days at the latest." in visitor.page.text


def test_nothing_is_said_of_access_while_away_where_none_is_wanted(app: Flask, visitor: Browser, anne: Account) -> None:
    sign_in_at(visitor, RelyingParty(app, "asks-consent"), anne, scope="openid email")

    assert "This applies until you withdraw it." in visitor.page.text
    assert "while you are away" not in visitor.page.text


def test_a_portal_that_is_denied_is_told_so(app: Flask, visitor: Browser, anne: Account) -> None:
    """OIDC Core §3.1.2.6: access_denied"""
    portal = RelyingParty(app, "asks-consent")
    sign_in_at(visitor, portal, anne, scope="openid email")

    visitor.press("deny")

    assert arrived(visitor).error == "access_denied"


def test_consent_is_asked_once_and_again_for_more(
    app: Flask, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    portal = RelyingParty(app, "asks-consent")
    sign_in_at(visitor, portal, anne, scope="openid email")
    visitor.press("allow")
    clock.forward(seconds=5)

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid email")))
    assert arrived(visitor).code
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid email profile")))

    assert "your name, language and date of birth" in visitor.page.text


def test_only_who_is_signed_in_can_consent(app: Flask, visitor: Browser, anne: Account) -> None:
    portal = RelyingParty(app, "asks-consent")
    sign_in_at(visitor, portal, anne, scope="openid email")
    visitor.client.delete_cookie("session-asks-consent")

    visitor.press("allow")

    assert visitor.page.heading == "Please sign in to Test client asks-consent"


# A longer password


@pytest.fixture
def strict(app: Flask, provider: Provider) -> RelyingParty:
    """A portal whose floor is above the twelve characters of Anne's password."""
    bend(provider, "basic", policy={"password_floor": 16})
    return RelyingParty(app, "basic")


def test_a_password_below_the_portals_floor_is_replaced(
    provider: Provider, visitor: Browser, anne: Account, strict: RelyingParty, mailbox: Mailbox
) -> None:
    """Rulings 6; X-15"""
    sign_in_at(visitor, strict, anne)
    assert visitor.page.heading == "This portal requires a longer password"
    assert visitor.page.value("username") == anne.address

    long = "sept petits mots bien plus longs"
    visitor.fill(new_password=long, new_password_again=long).press("continue")

    assert strict.redeem(arrived(visitor))["claims"]["sub"] == anne.id
    with provider.database.reading() as tx:
        stored = passwords.current(tx, anne.id)
    assert stored is not None
    assert stored.floor == 16
    assert provider.hasher.verify(long, stored.hash).ok
    assert "mot de passe" in mailbox.last(to=anne.address).subject


@pytest.mark.parametrize(
    ("chosen", "again", "error"),
    [
        ("", "", "Choose a new password."),
        ("trop court", "trop court", "Choose at least 16 characters. A phrase of several words works well."),
        ("sept petits mots bien longs", "autre chose", "The two passwords do not match."),
        ("quatre mots sans aucun lien", "quatre mots sans aucun lien", "This is the password you had before."),
        ("Anne Rochat à Vevey", "Anne Rochat à Vevey", "Do not use your name"),
        ("aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", "This password is easy to guess ("),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(
    visitor: Browser, anne: Account, strict: RelyingParty, chosen: str, again: str, error: str
) -> None:
    """A-25, D-16"""
    sign_in_at(visitor, strict, anne)

    visitor.fill(new_password=chosen, new_password_again=again).press("continue")

    assert visitor.page.status == 422
    assert any(line.startswith(error) for line in visitor.page.errors), visitor.page.errors
    assert chosen not in visitor.page.response.text or not chosen


def test_other_sessions_end_with_the_old_password(
    visitor: Browser, stranger: Browser, anne: Account, app: Flask, provider: Provider
) -> None:
    """ASVS 7.4.3"""
    portal = RelyingParty(app, "basic")
    sign_in_at(stranger, portal, anne)
    bend(provider, "basic", policy={"password_floor": 16})
    sign_in_at(visitor, portal, anne)
    long = "sept petits mots bien plus longs"
    visitor.fill(new_password=long, new_password_again=long).press("continue")
    assert arrived(visitor).code

    stranger.get("/authorize?" + urlencode(portal.request()))

    assert stranger.page.heading == "Please sign in to Test client basic"


# What is missing


def test_a_new_version_of_the_terms_is_asked_for(
    app: Flask, provider: Provider, visitor: Browser, anne: Account
) -> None:
    """A-24, rulings 10"""
    bend(provider, "basic", policy={"terms_version": "2027-01"})
    portal = RelyingParty(app, "basic")
    sign_in_at(visitor, portal, anne)
    assert visitor.page.heading == "Terms of use"

    visitor.press("continue")
    assert visitor.page.errors == ["Accept the terms of use to continue."]
    visitor.tick("terms").press("continue")

    assert portal.redeem(arrived(visitor))["claims"]["sub"] == anne.id


def test_missing_details_and_phone_are_asked_for_and_proved(
    app: Flask, provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    without = make_account(provider, Account("", address="luc@example.ch", phone=""))
    changes = {"phone": "required", "birth_date": "required", "terms_version": ""}
    bend(provider, "basic", policy=changes)
    portal = RelyingParty(app, "basic")
    sign_in_at(visitor, portal, without)
    assert visitor.page.value("given_name") == "Anne"

    visitor.fill(birth_date="16.07.1956").press("continue")
    visitor.fill(phone="079 123 45 68").press("get-code")
    assert mailbox.last().to == "+41791234568"
    give_code(visitor, mailbox)

    assert portal.redeem(arrived(visitor))["claims"]["sub"] == without.id
    with provider.database.reading() as tx:
        client = provider.registry.current().client("basic")
        assert client is not None
        assert completeness.missing(tx, without.id, client.policy, portal="basic") == frozenset()
        found = person.by_id(tx, without.id)
        assert found is not None
        assert str(found.birth_date) == "1956-07-16"


def test_a_date_known_in_part_is_enough_and_shown_as_it_is(
    app: Flask, provider: Provider, visitor: Browser, anne: Account
) -> None:
    """eCH-0044: some people's day of birth nobody knows"""
    bend(provider, "basic", policy={"birth_date": "required", "terms_version": ""})
    with provider.database.transaction() as tx:
        accounts.change_profile(tx, anne.id, {"birth_date": PartialDate(1956, 7), "given_name": "", "family_name": ""})
    portal = RelyingParty(app, "basic")
    sign_in_at(visitor, portal, anne)
    assert visitor.page.value("birth_date") == "07.1956"  # as a Swiss portal writes it, in every language

    visitor.fill(given_name="Anne", family_name="Rochat").press("continue")

    assert portal.redeem(arrived(visitor))["claims"]["sub"] == anne.id
    with provider.database.reading() as tx:
        found = person.by_id(tx, anne.id)
        assert found is not None
        assert found.born == PartialDate(1956, 7)


def test_a_required_phone_cannot_be_skipped(app: Flask, provider: Provider, visitor: Browser) -> None:
    without = make_account(provider, Account("", address="luc@example.ch", phone=""))
    bend(provider, "basic", policy={"phone": "required"})
    sign_in_at(visitor, RelyingParty(app, "basic"), without)
    sent = visitor.page.submission(visitor.page.button("get-code"))

    visitor.post(visitor.page.url, {**sent, "action": "skip"})

    assert visitor.page.errors == ["Enter your mobile number. This portal requires it."]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter your mobile number."),
        ("021 613 35 67", "This number cannot receive text messages."),
        ("+1 212 555 0100", "We can only send text messages to numbers starting with"),
        ("abc", "This is not a complete phone number."),
    ],
)
def test_a_number_without_text_messages_is_refused(
    app: Flask, provider: Provider, visitor: Browser, typed: str, error: str
) -> None:
    """A-36"""
    without = make_account(provider, Account("", address="luc@example.ch", phone=""))
    bend(provider, "basic", policy={"phone": "required"})
    sign_in_at(visitor, RelyingParty(app, "basic"), without)

    visitor.fill(phone=typed).press("get-code")

    assert visitor.page.errors[0].startswith(error)
    assert visitor.page.value("phone") == typed


def test_the_first_sign_in_may_bring_the_first_phone(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """B-50"""
    without = make_account(provider, Account("", address="luc@example.ch", phone=""))
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="1", name="Menuiserie Rochat SA")
        memberships.join(tx, company.id, without.id, Rights())
    visitor.get("/login?portal=connect")
    give_password(visitor, without)
    assert visitor.page.heading == "Your mobile phone"

    visitor.fill(phone="079 123 45 68").press("get-code")
    assert visitor.page.heading == "Your confirmation code"
    assert "confirms this phone number" in mailbox.last(channel="sms").text
    give_code(visitor, mailbox)

    assert visitor.cookie("session-connect")
    with provider.database.reading() as tx:
        phone = phones.of_person(tx, without.id)
        assert phone is not None
        assert phone.number == "+41791234568"
        assert phone.verified_at is not None


def test_who_has_a_phone_already_cannot_name_another_one_at_sign_in(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """B-50: only the very first number can come from the password alone"""
    visitor.get("/login?portal=connect")
    give_password(visitor, anne)

    assert visitor.page.heading == "Your sign-in code"
    assert mailbox.last().to == anne.phone


# Which company


def test_who_has_several_companies_says_for_which_one_they_come(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """Rulings 11"""
    with provider.database.transaction() as tx:
        for number, name in (("1", "Menuiserie Rochat SA"), ("2", "Fiduciaire du Lac")):
            company = organisation.register(tx, fund="AK01", number=number, name=name)
            memberships.join(tx, company.id, anne.id, Rights())
        terms.accept(tx, anne.id, "connect", "2026-01", language="fr")
    portal = RelyingParty(app, "connect")
    sign_in_at(visitor, portal, anne, scope="openid organisations")
    give_code(visitor, mailbox)
    assert visitor.page.heading == "Which company do you want to act for?"

    visitor.press("continue")
    assert visitor.page.errors == ["Select a company."]
    chosen = next(label for label in visitor.page.all("label") if label.text == "Fiduciaire du Lac")
    radio = visitor.page.by_id(chosen.get("for"))
    assert radio is not None
    visitor.fill(organisation=radio.get("value")).press("continue")

    claims = portal.redeem(arrived(visitor))["claims"]
    assert [company["name"] for company in claims["organisations"]] == ["Fiduciaire du Lac"]
    clock.forward(seconds=5)
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid organisations")))
    assert arrived(visitor).code

    visitor.get("/organisation?portal=connect")
    other = next(label for label in visitor.page.all("label") if label.text == "Menuiserie Rochat SA")
    visitor.fill(organisation=visitor.page.by_id(other.get("for")).get("value")).press("continue")
    assert visitor.page.url.startswith("https://connect.example.ch/login")
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid organisations")))
    claims = portal.redeem(arrived(visitor))["claims"]
    assert [company["name"] for company in claims["organisations"]] == ["Menuiserie Rochat SA"]
