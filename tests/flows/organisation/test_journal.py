"""The journal of a company names the author of each act: an administrator, the person themselves, or the fund."""

import pytest
from flask import Flask

from idp.audit.log import AuditEvent
from idp.database import Origin
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.people import phones
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.flows.organisation.conftest import Firm, events
from tests.flows.registrations import dialogue, give_letter
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

NINA = "nina.neu@example.ch"


def newest(browser: Browser, firm: Firm) -> dict[str, str]:
    """Return the newest line of the journal by its columns."""
    row = browser.get(f"{firm.users}/journal").all("tr")[1]
    return {cell.get("data-label"): cell.text for cell in row.walk() if cell.tag == "td"}


def joined(provider: Provider) -> AuditEvent:
    return events(provider, "MemberJoined")[-1]


def test_a_person_who_accepts_an_invitation_is_the_author_of_it(
    app: Flask, admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm
) -> None:
    """B-51"""
    admin.get(f"{firm.users}/{firm.nina}")
    admin.press("resend")
    nina = Browser(app, language="en")

    give_letter(nina, mailbox.last(NINA).code, "AK01")
    dialogue(nina)
    nina.press("create")

    line = newest(admin, firm)
    assert (line["Changed by"], line["What"], line["User affected"]) == ("Nina Neu", "Access created", "Nina Neu")
    assert joined(provider).actor == joined(provider).person_id


def test_a_person_who_was_not_signed_in_is_the_author_of_what_concerns_them(
    admin: Browser, provider: Provider, firm: Firm, luca: Account
) -> None:
    """B-51: a provisional number, written before anybody is signed in."""
    with provider.database.transaction() as tx:
        phones.give(tx, luca.id, "+41794445566", verified=True, provisional_for=firm.id)

    line = newest(admin, firm)

    assert (line["Changed by"], line["User affected"]) == ("Luca Bernasconi", "Luca Bernasconi")


def test_what_a_clerk_of_the_fund_does_is_the_funds(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-51"""
    with provider.database.transaction(Origin(actor="cli:anna")) as tx:
        memberships.change_rights(tx, firm.luca, Rights(topics=()))

    assert newest(admin, firm)["Changed by"] == "Compensation fund or system"


def test_an_author_whose_account_was_erased_is_not_taken_for_the_fund(
    admin: Browser, provider: Provider, firm: Firm
) -> None:
    """B-51"""
    with provider.database.transaction(Origin(actor="019f2c3e-0000-7000-8000-000000000000")) as tx:
        memberships.change_rights(tx, firm.luca, Rights(topics=()))

    assert newest(admin, firm)["Changed by"] == "Someone whose account was deleted"


def test_an_administrator_whose_browser_is_used_is_not_the_author(
    admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm
) -> None:
    """B-51: the invited person opens the link at the administrator's desk; the number had been proved there before."""
    admin.get(f"{firm.users}/{firm.nina}")
    admin.press("resend")
    with provider.database.transaction() as tx:
        invited = memberships.by_id(tx, firm.nina)
        assert invited is not None
        invited.invited_as_phone = "+41794445566"

    give_letter(admin, mailbox.last(NINA).code, "AK01")
    dialogue(admin)
    admin.press("create")

    (number,) = [event for event in events(provider, "PhoneChanged") if event.organisation_id == firm.id]
    assert number.person_id == joined(provider).person_id
    assert joined(provider).actor == number.person_id
    assert number.actor == ""
    assert newest(admin, firm)["Changed by"] == "Nina Neu"
