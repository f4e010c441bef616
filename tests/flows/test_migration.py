"""Moving a former account here: the guide's way as a story, then who may leave what out."""

from urllib.parse import urlencode

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.credentials import passwords
from idp.people import emails, enrolments, legacy, person, phones, portal_identifiers
from idp.people.emails import EmailAddress
from idp.people.terms import TermsAcceptance
from idp.provider import Provider
from tests.flows.conftest import arrived
from tests.flows.migrating import (
    CHOSEN,
    FORMER,
    IDENTIFIER,
    LOGIN,
    NEW_ADDRESS,
    PHONE,
    account,
    begin,
    conclude,
    former_account,
    give_address,
    give_code,
    to_details,
    to_phone,
)
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.people import email
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases


def owner_of(provider: Provider, address: str = NEW_ADDRESS) -> str:
    with provider.database.reading() as tx:
        return emails.owner(tx, email(address))


def test_the_guides_way(app: Flask, provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-02, A-04, A-08, A-10, A-11, A-12, A-13, A-14, A-16, A-24, A-29, A-36, A-37, C-24"""
    id_ = former_account(provider)
    portal = RelyingParty(app, "e-services")

    begin(visitor, start="/authorize?" + urlencode(portal.request(scope="openid profile phone legacy")))
    assert visitor.page.heading == "Update your account"
    assert visitor.cookie("session-e-services") == ""
    give_address(visitor)
    assert visitor.page.value("email") == NEW_ADDRESS
    give_code(visitor, mailbox, to=NEW_ADDRESS)
    assert visitor.page.heading == "Update your account: your address is confirmed"
    visitor.press("continue")
    visitor.fill(phone="079 123 45 68").press("get-code")
    give_code(visitor, mailbox, to=PHONE)

    assert visitor.page.heading == "Update your account: your details"
    assert visitor.page.value("family_name") == "Perrin"
    assert visitor.page.value("birth_date") == "16.07.1956"
    assert visitor.page.value("email") == NEW_ADDRESS
    assert visitor.page.value("proved_phone").replace("\u00a0", " ") == "+41 79 123 45 68"
    conclude(visitor)

    assert visitor.page.heading == "Your account has been updated"
    assert "Your account has been updated" in visitor.page.title
    assert visitor.page.text.count("Done:") == 4
    assert visitor.cookie("session-e-services") == ""
    assert account(provider, id_).state == legacy.MIGRATED
    assert account(provider, id_).hash == ""

    visitor.get(visitor.page.link("Sign in to e-services"))
    assert visitor.page.value("identifier") == NEW_ADDRESS
    visitor.fill(password=CHOSEN).press("sign-in")
    give_code(visitor, mailbox, to=PHONE)
    claims = portal.redeem(arrived(visitor))["claims"]
    assert claims["sub"] == owner_of(provider)
    with provider.database.reading() as tx:
        assert portal_identifiers.of_person(tx, claims["sub"], "e-services", "legacy") == [IDENTIFIER]
        accepted = tx.session.scalars(sa.select(TermsAcceptance)).one()
        assert (accepted.person_id, accepted.version) == (claims["sub"], "2026-01")
        found = person.by_id(tx, claims["sub"])
        assert found is not None
        assert (found.full_name, found.honorific, str(found.birth_date)) == ("Luc Perrin", "mr", "1956-07-16")


def test_the_portal_hears_the_former_identifier(
    app: Flask, provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-37"""
    former_account(provider)
    to_details(visitor, mailbox)
    conclude(visitor)
    portal = RelyingParty(app, "e-services")

    visitor.get("/authorize?" + urlencode(portal.request(scope="openid legacy")))
    visitor.fill(identifier=NEW_ADDRESS, password=CHOSEN).press("sign-in")
    give_code(visitor, mailbox, to=NEW_ADDRESS)
    tokens = portal.redeem(arrived(visitor))

    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = app.test_client().get("/userinfo", headers=bearer).json
    assert answer is not None
    assert answer["legacy_identifiers"] == [IDENTIFIER]


def test_who_declines_the_phone_gets_codes_by_mail(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-09, A-22, A-40: and is offered recovery codes at the end"""
    former_account(provider)

    to_details(visitor, mailbox)
    assert visitor.page.value("proved_phone") == "No phone (codes by email)"
    conclude(visitor)
    assert visitor.page.link("Create recovery codes") == "/recovery-codes?portal=e-services"
    visitor.get(LOGIN)
    visitor.fill(identifier=NEW_ADDRESS, password=CHOSEN).press("sign-in")

    give_code(visitor, mailbox, to=NEW_ADDRESS)
    assert visitor.cookie("session-e-services")


@pytest.mark.parametrize("policy", ["off", "required"])
def test_the_portal_decides_whether_a_phone_is_asked(
    provider: Provider, visitor: Browser, mailbox: Mailbox, policy: str
) -> None:
    """A-09"""
    bend(provider, "e-services", policy={"phone": policy})
    former_account(provider)
    begin(visitor)
    give_address(visitor)
    give_code(visitor, mailbox)
    visitor.press("continue")

    if policy == "off":
        assert visitor.page.heading == "Update your account: your details"
    else:
        assert visitor.page.by_id("skip") is None


def test_both_addresses_hear_of_beginning_and_end(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-38, X-15: in the language of the directory, and once a day"""
    former_account(provider, address="luc@ancien.example.ch")
    begin(visitor)
    begin(visitor)

    begun = mailbox.sent(to="luc@ancien.example.ch")
    assert len(begun) == 1
    assert "16.07.2026" in begun[0].text  # written as in French, on an English page
    assert "Référence" in begun[0].text
    assert "192.0.2.x" in begun[0].text
    assert "CVCI••••••34" in begun[0].text
    assert "/stop-migration?link=" in begun[0].link

    give_address(visitor)
    give_code(visitor, mailbox, to=NEW_ADDRESS)
    visitor.press("continue")
    visitor.press("skip")
    conclude(visitor)

    ended = mailbox.last(to="luc@ancien.example.ch")
    assert "192.0.2.x" in ended.text
    assert "l•••@example.ch" in ended.text
    assert NEW_ADDRESS not in ended.text
    assert "your account has been updated" in mailbox.last(to=NEW_ADDRESS).subject


def test_the_known_address_as_new_login_is_told_once(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-38"""
    former_account(provider, address=NEW_ADDRESS)
    to_details(visitor, mailbox)
    before = len(mailbox.sent(to=NEW_ADDRESS))
    conclude(visitor)

    assert len(mailbox.sent(to=NEW_ADDRESS)) == before + 1


def test_the_portal_may_ask_for_a_code_from_the_known_address(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-38"""
    demand(provider, code_to_known_address=True)
    former_account(provider, address="luc@ancien.example.ch")
    begin(visitor)
    assert visitor.page.heading == "Update your account: check your email"

    give_code(visitor, mailbox, to="luc@ancien.example.ch")

    assert visitor.page.heading == "Update your account"
    give_address(visitor)
    give_code(visitor, mailbox, to=NEW_ADDRESS)
    assert visitor.page.heading == "Update your account: your address is confirmed"


def test_after_the_last_day_a_letter_is_needed(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-38: the last day counts as a whole, by local time"""
    last = clock.now().astimezone(provider.wording.translator("fr").zone).date()
    demand(provider, last_day=last)
    former_account(provider)
    begin(visitor)
    assert visitor.page.heading == "Update your account"

    clock.forward(days=1)
    begin(visitor)

    assert visitor.page.heading == "You can no longer update your account here"
    assert "letter" in visitor.page.text


def demand(provider: Provider, **changes: object) -> None:
    client = provider.registry.current().client("e-services")
    assert client is not None
    assert client.policy.legacy is not None
    bend(provider, "e-services", policy={"legacy": msgspec.structs.replace(client.policy.legacy, **changes)})


# Locks and closures


@pytest.mark.parametrize("state", [legacy.LOCKED, legacy.CLOSED, legacy.CONTESTED])
def test_a_closed_account_fails_like_any_other_and_staff_see_why(
    provider: Provider, visitor: Browser, state: str
) -> None:
    """A-31, A-35"""
    former_account(provider, state=state)

    begin(visitor)

    assert visitor.page.errors[0].startswith("Your user ID or password is incorrect. If you have already")
    with provider.database.reading() as tx:
        reasons = tx.session.scalars(sa.select(AuditEvent.details).where(AuditEvent.name == "SignInRefused"))
        assert [details["reason"] for details in reasons] == [f"legacy-{state}"]


def test_the_former_login_is_gone_after_the_migration(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-29, A-31"""
    former_account(provider)
    to_details(visitor, mailbox)
    conclude(visitor)

    begin(visitor)

    assert visitor.page.errors[0].startswith("Your user ID or password is incorrect.")


def test_until_the_end_the_former_login_works_and_nothing_is_written(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """A-29"""
    id_ = former_account(provider)
    to_details(visitor, mailbox)

    assert account(provider, id_).state == legacy.OPEN
    with provider.database.reading() as tx:
        assert tx.session.scalars(sa.select(EmailAddress)).all() == []
    begin(stranger)
    assert stranger.page.heading == "Update your account"


def test_a_crash_in_the_last_step_leaves_the_former_account(
    provider: Provider, app: Flask, visitor: Browser, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A-29"""
    id_ = former_account(provider)
    to_details(visitor, mailbox)

    def breaks(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("idp.notices.migration.ended", breaks)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        conclude(visitor)
    assert visitor.page.status == 500
    assert account(provider, id_).state == legacy.OPEN
    assert owner_of(provider) == ""

    begin(visitor)
    conclude(visitor)

    assert account(provider, id_).state == legacy.MIGRATED
    assert owner_of(provider)


# Attaching to an account


def test_a_second_identifier_joins_the_same_person(
    app: Flask, provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-27, A-28"""
    former_account(provider)
    to_details(visitor, mailbox)
    conclude(visitor)
    second = former_account(provider, "CVCI00009999")
    first_owner = owner_of(provider)

    begin(visitor, "CVCI00009999")
    give_address(visitor)
    give_code(visitor, mailbox, to=NEW_ADDRESS)
    assert "There is already an account for" in visitor.page.text
    visitor.fill(password=CHOSEN).press("sign-in")
    give_code(visitor, mailbox, to=NEW_ADDRESS)
    assert visitor.page.heading == "Link your old user ID"
    visitor.press("attach")

    assert "is now linked to your account" in visitor.page.text
    assert ", as before. You can no longer sign in with your old user ID." in visitor.page.text
    assert "is now your user ID" not in visitor.page.text
    assert visitor.cookie("session-e-services") == ""
    assert account(provider, second).person_id == first_owner
    with provider.database.reading() as tx:
        identifiers = portal_identifiers.of_person(tx, first_owner, "e-services", "legacy")
        current = passwords.current(tx, first_owner)
        assert identifiers == [IDENTIFIER, "CVCI00009999"]
        assert current is not None
        assert current.version == 1
        assert enrolments.is_enrolled(tx, first_owner, "e-services")
        assert phones.of_person(tx, first_owner) is None


def test_the_account_is_told_only_after_the_mailbox_was_proved(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-27: the same page, the same words in the mail"""
    former_account(provider)
    to_details(visitor, mailbox)
    conclude(visitor)
    former_account(provider, "CVCI00009999")
    seen = []

    for address in (NEW_ADDRESS, "free@example.ch"):
        begin(visitor, "CVCI00009999")
        if visitor.page.heading != "Update your account":
            visitor.press("change")
        give_address(visitor, address)
        mail = next(mail for mail in reversed(mailbox.sent(to=address)) if "code" in mail.subject)
        text = visitor.page.text.replace(address, "x@example.ch")
        seen.append((visitor.page.status, visitor.page.heading, text, mail.text.replace(mail.code, "000000")))

    assert seen[0] == seen[1]


def test_another_address_can_be_used_instead(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-27"""
    former_account(provider)
    to_details(visitor, mailbox)
    conclude(visitor)
    former_account(provider, "CVCI00009999")
    begin(visitor, "CVCI00009999")
    give_address(visitor)
    give_code(visitor, mailbox, to=NEW_ADDRESS)

    visitor.press("other-address")
    give_address(visitor, "other@example.ch")
    give_code(visitor, mailbox, to="other@example.ch")

    assert visitor.page.heading == "Update your account: your address is confirmed"


def test_attaching_needs_the_password_of_the_account(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-28"""
    former_account(provider)
    to_details(visitor, mailbox)
    conclude(visitor)
    former_account(provider, "CVCI00009999")
    begin(visitor, "CVCI00009999")
    give_address(visitor)
    give_code(visitor, mailbox, to=NEW_ADDRESS)

    visitor.fill(password=FORMER).press("sign-in")

    assert visitor.page.errors == ["This password is not correct."]
    visitor.post(
        visitor.page.url, {**visitor.page.submission(visitor.page.button("sign-in")), "step": "attach-identifier"}
    )
    assert "There is already an account for" in visitor.page.text


def test_the_phone_page_says_what_it_is_for(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """A-09"""
    former_account(provider)

    to_phone(visitor, mailbox)

    assert "This step is optional" in visitor.page.text
    assert visitor.page.button("skip").text.replace("’", "'") == "I do not want to give my phone number"
    visitor.fill(phone="021 613 35 67").press("get-code")
    assert visitor.page.errors[0].startswith("This number cannot receive text messages.")
    assert visitor.page.button("skip")
