"""Companies and letters at the desk: who acts for a company, and a letter that never came."""

import re

import pytest

from idp.actions import disabling, letter_jobs
from idp.actions.actor import Actor
from idp.actions.letter_jobs import NumberedLetters
from idp.invitations import campaigns, status
from idp.invitations.letters.job import LetterChoice
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from idp.staff.appointments import Role
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import work
from tests.flows.desk.world import Fund, fund, open_record
from tests.support import people
from tests.support.browser import Browser
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox


@pytest.fixture
def ours(provider: Provider) -> Fund:
    return fund(provider, "AK01", "Rochat")


@pytest.fixture
def clerk(desk: Desk) -> Browser:
    return desk.works(Role.CLERK, fund="AK01")


def test_a_letter_that_never_came_is_drawn_again(clerk: Browser, provider: Provider, ours: Fund, desk: Desk) -> None:
    page = open_record(clerk, f"/desk/insured/{ours.insured}")
    assert "No letter was issued yet" in page.text

    answer = clerk.send("create-letter")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert "no-store" in answer.headers["Cache-Control"]
    assert re.fullmatch(r'attachment; filename="AK01-.{9}\.pdf"', answer.headers["Content-Disposition"])
    assert "The letter was sent on" in clerk.get(f"/desk/insured/{ours.insured}").text
    clerk.send("create-letter")
    with provider.database.reading() as tx:
        states = [code.state for code in status.of_subject(tx, ours.insured)]
    assert states == ["sent", "replaced"]
    assert [each.actor[:6] for each in desk.events("RegistrationCodeIssued")] == ["clerk:"] * 2


def test_an_expired_letter_is_told_and_a_live_one_is_withdrawn(
    desk: Desk, provider: Provider, ours: Fund, clock: MovableClock
) -> None:
    clerk = desk.works(Role.CLERK, fund="AK01")
    open_record(clerk, f"/desk/insured/{ours.insured}")
    clerk.send("create-letter")
    clerk.get(f"/desk/insured/{ours.insured}")
    clerk.press("withdraw-letter")
    assert "The letter was withdrawn" in clerk.page.text
    clerk.send("create-letter")

    clock.forward(days=40)

    late = desk.works(Role.CLERK, fund="AK01", email="late@fund.example.ch")
    assert "The letter expired on" in open_record(late, f"/desk/insured/{ours.insured}").text


def test_what_a_program_did_stands_under_its_name(desk: Desk, provider: Provider, ours: Fund) -> None:
    """Not under « The system »: who asks why has somebody to turn to."""
    bend(provider, "fund-software", client_name="Accounting software")
    program, choice = Actor.client("fund-software"), LetterChoice(design="portal", language="", format="print-shop")
    with provider.database.transaction() as tx:
        wanted = NumberedLetters(client_id="connect-assures", fund="AK01", numbers=[ours.number])
        letter_jobs.order_numbers(tx, wanted, choice, by=program, reason="wave 1")
        disabling.disable(tx, ours.person, by=program, reason="register of 1 June")
    work(provider)
    clerk = desk.works(Role.SUPERVISOR, fund="AK01")

    assert "Accounting software" in open_record(clerk, f"/desk/insured/{ours.insured}").text
    assert "Accounting software" in open_record(clerk, f"/desk/people/{ours.person}").text
    assert "Accounting software" in clerk.get("/desk/letters").text


def test_a_letter_needs_a_reason_and_a_clerk(desk: Desk, clerk: Browser, ours: Fund) -> None:
    open_record(clerk, f"/desk/insured/{ours.insured}")
    assert clerk.fill(reason=" ").press("create-letter").status == 422
    reader = desk.works(Role.READER, fund="AK01")
    page = open_record(reader, f"/desk/insured/{ours.insured}")
    assert page.by_id("create-letter") is None

    form = {"csrf_token": page.value("csrf_token"), "reason": "x"}

    assert reader.post(f"/desk/insured/{ours.insured}/letter", form).status == 404
    assert desk.events("RegistrationCodeIssued") == []


def test_whoever_left_the_company_loses_access(
    clerk: Browser, provider: Provider, ours: Fund, mailbox: Mailbox
) -> None:
    with provider.database.transaction() as tx:
        luca = people.person(tx, "luca@example.ch", given_name="Luca", family_name="Bernasconi")
        memberships.join(tx, ours.company, luca.id, Rights())
    open_record(clerk, f"/desk/companies/{ours.company}")

    clerk.press("Deactivate access: Luca Bernasconi")

    assert "The access has been deactivated" in clerk.page.text
    assert mailbox.last("luca@example.ch").subject
    assert clerk.page.button("Activate access again: Luca Bernasconi")


def test_the_last_administrator_is_replaced_by_letter(clerk: Browser, provider: Provider, ours: Fund) -> None:
    page = open_record(clerk, f"/desk/companies/{ours.company}")
    assert "One person administers this company" in page.text
    assert "This is the last administrator" in clerk.press("Deactivate access: Anne Rochat").text
    clerk.get(f"/desk/companies/{ours.company}")

    answer = clerk.send("replace-administrators")

    assert answer.data.startswith(b"%PDF-")
    page = clerk.get(f"/desk/companies/{ours.company}")
    assert "Nobody administers this company" in page.text
    with provider.database.reading() as tx:
        assert [code.state for code in status.of_subject(tx, ours.company)] == ["sent"]


def test_an_administrator_is_invited_by_mail(clerk: Browser, ours: Fund, mailbox: Mailbox) -> None:
    open_record(clerk, f"/desk/companies/{ours.company}")
    assert clerk.fill(email="nonsense").press("send-invitation").status == 422

    clerk.fill(email="nina@example.ch").press("send-invitation")

    assert "has been sent" in clerk.page.text
    assert "AK01/register" in mailbox.last("nina@example.ch").text


def test_users_of_another_company_are_not_changed_here(clerk: Browser, provider: Provider, ours: Fund) -> None:
    other = fund(provider, "AK00", "Zbinden")
    with provider.database.reading() as tx:
        (member,) = memberships.of_organisation(tx, other.company)
    page = open_record(clerk, f"/desk/companies/{ours.company}")
    form = {"csrf_token": page.value("csrf_token"), "reason": "x"}

    for act in ("deactivated", "resent", "withdrawn", "nothing"):
        path = f"/desk/companies/{ours.company}/users/{member.membership.id}/{act}"
        assert clerk.post(path, form).status == 404


def test_nobody_is_invited_to_a_company_that_is_closed(
    clerk: Browser, provider: Provider, ours: Fund, desk: Desk
) -> None:
    page = open_record(clerk, f"/desk/companies/{ours.company}")
    form = {"csrf_token": page.value("csrf_token"), "reason": "x", "email": "neu@example.ch"}
    with provider.database.transaction() as tx:
        assert organisation.close(tx, ours.company)

    for act in ("invite", "replace"):
        assert clerk.post(f"/desk/companies/{ours.company}/{act}", form).status == 422

    assert desk.events("RegistrationCodeIssued") == []


def test_invitations_of_the_desk_count_with_all_others_of_the_company(
    clerk: Browser, provider: Provider, ours: Fund, desk: Desk
) -> None:
    open_record(clerk, f"/desk/companies/{ours.company}")
    with provider.database.transaction() as tx:
        for _ in range(provider.limiter.times("company_invitations")):
            provider.limiter.debit(tx, "company_invitations", ours.company)

    assert clerk.fill(email="neu@example.ch").press("send-invitation").status == 429

    assert desk.events("RegistrationCodeIssued") == []


def test_a_letter_that_cannot_be_written_begins_no_campaign(clerk: Browser, provider: Provider, ours: Fund) -> None:
    open_record(clerk, f"/desk/insured/{ours.insured}")
    with provider.database.transaction() as tx:
        nowhere = Particulars(given_name="Léa", family_name="Rochat")
        insured.store_many(tx, "AK01", [RegisterEntry(ours.number, "fr", nowhere)])

    assert clerk.press("create-letter").status == 422

    with provider.database.reading() as tx:
        assert list(campaigns.newest(tx, fund="AK01", limit=9)) == []
