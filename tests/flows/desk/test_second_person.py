"""Deleting, merging and closing for many: one supervisor prepares, and another one confirms."""

from dataclasses import replace
from functools import partial

import pytest

from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments
from idp.people import person as persons
from idp.provider import Provider
from idp.staff import appointments, employing
from idp.staff.appointments import Appointment, Role
from tests.flows.conftest import Account
from tests.flows.desk.conftest import OPERATOR, Colleague, Desk
from tests.flows.desk.conftest import SUPERVISOR as SUPERVISOR_OF_A_FUND
from tests.flows.desk.letters import csv_of, line
from tests.flows.desk.letters import prepared as prepared_letters
from tests.flows.desk.world import fund, open_record
from tests.support import people
from tests.support.browser import Browser, Page
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel
from tests.support.people import person

IDENTIFIED = {"identity": "document"}
SUPERVISOR = Appointment(Role.SUPERVISOR, portal="e-services")


@pytest.fixture
def appointment() -> Appointment:
    return SUPERVISOR


def prepare(browser: Browser, address: str, act: str = "erase", query: str = "") -> Page:
    open_record(browser, address)
    browser.get(f"{address}/acts/{act}{query}")
    assert browser.page.by_id("confirm"), browser.page.text
    return browser.fill(reason="asked by letter", **IDENTIFIED).press("confirm")


def decision(browser: Browser) -> Page:
    """The page of the one act that waits, reached from the first page."""
    page = browser.get("/desk")
    browser.get(next(each.get("href") for each in page.all("a") if "/prepared/" in str(each.get("href"))))
    while browser.page.by_id("open-record"):
        browser.fill(reason="second look").press("open-record")
    return browser.page


def state(provider: Provider, person_id: str) -> str:
    with provider.database.reading() as tx:
        found = persons.by_id(tx, person_id)
        assert found is not None
        return found.state


def test_an_account_is_deleted_by_two(
    desk: Desk, provider: Provider, anne: Account, author: Colleague, second: Browser, mailbox: Mailbox
) -> None:
    page = prepare(author.browser, f"/desk/people/{anne.id}")

    assert "Another supervisor must confirm it" in page.text
    assert state(provider, anne.id) == "active"
    assert "asked by letter" in decision(second).text
    page = second.press("confirm")

    assert "The account was deleted" in page.text
    assert state(provider, anne.id) == "erased"
    assert mailbox.last(anne.address).subject
    (acted,) = desk.events("DeskActed")
    (decided,) = desk.events("ActDecided")
    assert acted.details["reason"] == "asked by letter (Identity document seen)"
    assert decided.details["prepared_by"] == author.id
    assert decided.actor == acted.actor != f"clerk:{author.id}"


def test_the_author_can_only_withdraw(desk: Desk, provider: Provider, anne: Account, author: Colleague) -> None:
    browser = author.browser
    prepare(browser, f"/desk/people/{anne.id}")

    page = decision(browser)

    assert (page.by_id("confirm"), page.by_id("refuse")) == (None, None)
    form = {"csrf_token": page.value("csrf_token"), "decision": "confirmed"}
    assert browser.post(page.path, form).status == 409
    assert state(provider, anne.id) == "active"
    decision(browser)
    assert "Cancelled. Nothing was changed." in browser.press("withdraw").text
    assert browser.get("/desk").by_id("waiting") is None


def test_a_refused_act_is_over(provider: Provider, anne: Account, author: Colleague, second: Browser) -> None:
    prepare(author.browser, f"/desk/people/{anne.id}")
    page = decision(second)

    assert "Refused. Nothing was changed." in second.press("refuse").text

    form = {"csrf_token": second.page.value("csrf_token"), "decision": "confirmed"}
    assert second.post(page.path, form).status == 404
    assert state(provider, anne.id) == "active"


def test_an_act_of_someone_who_may_not_do_it_any_more_is_not_confirmed(
    provider: Provider, anne: Account, author: Colleague, second: Browser
) -> None:
    prepare(author.browser, f"/desk/people/{anne.id}")
    with provider.database.transaction() as tx:
        assert employing.disable(tx, author.id, by=OPERATOR, reason="left")
    decision(second)

    page = second.press("confirm")

    assert (page.status, page.by_id("refusal") is not None) == (409, True)
    assert state(provider, anne.id) == "active"
    assert second.press("refuse").status == 200


def test_an_author_who_lost_one_fund_of_the_person_is_not_entitled_any_more(desk: Desk, provider: Provider) -> None:
    """Deleting concerns every fund: for one of them alone the author could not have prepared it."""
    funds = [fund(provider, "AK01", "Rochat"), fund(provider, "AK00", "Zbinden")]
    with provider.database.transaction() as tx:
        of_both = people.person(tx, "both@example.ch").id
        for each in funds:
            memberships.join(tx, each.company, of_both, Rights())
    everywhere = [Appointment(Role.SUPERVISOR, fund=each.code) for each in funds]
    author, other = (desk.employed(*everywhere, email=f"{name}@fund.example.ch") for name in ("author", "other"))
    prepare(desk.signed_in(author), f"/desk/people/{of_both}")
    with provider.database.transaction() as tx:
        appointments.write(tx, author.id, everywhere[:1])
    browser = desk.signed_in(other)
    decision(browser)

    page = browser.press("confirm")

    assert (page.status, state(provider, of_both)) == (409, "active")


def test_nobody_confirms_a_merge_without_a_look_at_both_accounts(
    provider: Provider, anne: Account, author: Colleague, second: Browser
) -> None:
    with provider.database.transaction() as tx:
        twin = people.person(tx, "anne@work.example.ch").id
        enrolments.enrol(tx, twin, "e-services", reason="test")
    open_record(author.browser, f"/desk/people/{twin}")
    prepare(author.browser, f"/desk/people/{anne.id}", "merge", f"?other={twin}")
    page = second.get("/desk")
    address = next(str(each.get("href")) for each in page.all("a") if "/prepared/" in str(each.get("href")))
    open_record(second, f"/desk/people/{anne.id}")

    form = {"csrf_token": second.page.value("csrf_token"), "decision": "confirmed"}
    page = second.post(address, form)

    assert page.by_id("open-record") is not None
    assert state(provider, twin) == "active"


def test_clerks_and_other_funds_cannot_decide_and_only_the_clerks_know(
    desk: Desk, anne: Account, author: Colleague
) -> None:
    prepare(author.browser, f"/desk/people/{anne.id}")
    address = decision(author.browser).path
    clerk = desk.works(Role.CLERK, portal="e-services")
    open_record(clerk, f"/desk/people/{anne.id}")
    elsewhere = desk.works(Role.SUPERVISOR, fund="AK01")

    page = clerk.get(f"/desk/people/{anne.id}")
    assert "Another supervisor decides." in page.text
    for browser in (clerk, elsewhere):
        assert browser.get("/desk").by_id("waiting") is None
        form = {"csrf_token": browser.page.value("csrf_token"), "decision": "confirmed"}
        assert (browser.get(address).status, browser.post(address, form).status) == (404, 404)


def test_a_clerk_reads_what_a_supervisor_can_do(desk: Desk, anne: Account, author: Colleague) -> None:
    clerk = desk.works(Role.CLERK, portal="e-services")

    left = open_record(clerk, f"/desk/people/{anne.id}").by_id("for-supervisors")

    assert left is not None
    assert ("Merge with another account" in left.text, "Delete the account" in left.text) == (True, True)
    assert open_record(author.browser, f"/desk/people/{anne.id}").by_id("for-supervisors") is None


def test_the_sole_administrator_of_a_company_stays(desk: Desk, provider: Provider) -> None:
    ours = fund(provider, "AK01", "Rochat")
    first, other = (
        desk.signed_in(desk.employed(Appointment(Role.SUPERVISOR, fund="AK01"), email=f"{name}@fund.example.ch"))
        for name in ("first", "other")
    )
    prepare(first, f"/desk/people/{ours.person}")
    decision(other)

    page = other.press("confirm")

    assert "only administrator" in page.text
    assert state(provider, ours.person) == "active"


def test_two_accounts_of_one_person_are_merged_by_two_who_saw_both(
    provider: Provider, anne: Account, author: Colleague, second: Browser, mailbox: Mailbox
) -> None:
    with provider.database.transaction() as tx:
        twin = people.person(tx, "anne@work.example.ch").id
        enrolments.enrol(tx, twin, "e-services", reason="test")
    address, browser = f"/desk/people/{anne.id}", author.browser
    open_record(browser, address)
    assert browser.get(f"{address}/acts/merge").by_id("candidates") is None  # the other record is not open yet
    open_record(browser, f"/desk/people/{twin}")
    browser.get(f"{address}/acts/merge")
    browser.get(browser.page.link("Select: Anne Rochat"))
    assert "a•••@work.example.ch" in browser.page.text
    browser.fill(reason="same person, case 8", **IDENTIFIED).press("confirm")

    assert "a•••@work.example.ch" in decision(second).text
    page = second.press("confirm")

    assert "The accounts were merged" in page.text
    assert (state(provider, anne.id), state(provider, twin)) == ("active", "erased")
    for mailed in (anne.address, "anne@work.example.ch"):
        assert "fusionné" in mailbox.last(mailed).text


def test_an_account_of_another_fund_cannot_be_merged_away(desk: Desk, provider: Provider) -> None:
    ours, theirs = fund(provider, "AK01", "Rochat"), fund(provider, "AK00", "Zbinden")
    with provider.database.transaction() as tx:
        memberships.join(tx, ours.company, theirs.person, Rights())
    supervisor = desk.works(Role.SUPERVISOR, fund="AK01")
    open_record(supervisor, f"/desk/people/{theirs.person}")
    open_record(supervisor, f"/desk/people/{ours.person}")

    page = supervisor.get(f"/desk/people/{ours.person}/acts/merge?other={theirs.person}")

    assert (page.by_id("confirm"), page.by_id("candidates")) == (None, None)
    form = {
        "csrf_token": supervisor.get("/desk").value("csrf_token"),
        "reason": "x",
        "other": theirs.person,
        **IDENTIFIED,
    }
    supervisor.post(f"/desk/people/{ours.person}/acts/merge", form)
    assert supervisor.get("/desk").by_id("waiting") is None


class TestManyPeople:
    """`desk.second_person_above`"""

    @pytest.fixture
    def overrides(self) -> dict[str, dict[str, int]]:
        return {"desk": {"second_person_above": 1}}

    def close(self, desk: Desk, company: str) -> Browser:
        supervisor = desk.works(Role.SUPERVISOR, fund="AK01", email="first@fund.example.ch")
        open_record(supervisor, f"/desk/companies/{company}")
        supervisor.press("close-company")
        return supervisor

    def closed(self, provider: Provider, company: str) -> bool:
        with provider.database.reading() as tx:
            found = organisation.by_id(tx, company)
            return found is not None and found.state == organisation.CLOSED

    def test_a_company_of_few_is_closed_by_one(self, desk: Desk, provider: Provider, mailbox: Mailbox) -> None:
        ours = fund(provider, "AK01", "Rochat")

        assert "The company was closed" in self.close(desk, ours.company).page.text

        assert self.closed(provider, ours.company)
        assert mailbox.last(ours.email).subject

    def test_a_company_of_many_is_closed_by_two(self, desk: Desk, provider: Provider) -> None:
        ours, other = fund(provider, "AK01", "Rochat"), fund(provider, "AK00", "Zbinden")
        with provider.database.transaction() as tx:
            memberships.join(tx, ours.company, other.person, Rights())

        assert "Another supervisor must confirm it" in self.close(desk, ours.company).page.text

        assert not self.closed(provider, ours.company)
        second = desk.works(Role.SUPERVISOR, fund="AK01")
        assert "2 people lose access" in decision(second).text
        assert "The company was closed" in second.press("confirm").text
        assert self.closed(provider, ours.company)

    def test_many_small_closings_of_one_day_need_two_like_a_large_one(
        self, desk: Desk, provider: Provider, author: Colleague, clock: MovableClock
    ) -> None:
        companies = [self.company(provider, number) for number in ("10043", "10044", "10045")]
        said = [self.closed_by(author, company).text for company in companies[:2]]
        clock.forward(hours=25)
        desk.signed_in(author)
        said.append(self.closed_by(author, companies[2]).text)

        done, waits = "The company was closed", "Another supervisor must confirm it"
        assert [(done in page, waits in page) for page in said] == [(True, False), (False, True), (True, False)]
        assert [self.closed(provider, company) for company in companies] == [True, False, True]

    def test_letters_that_one_ordered_alone_count_for_a_closing_of_the_same_fund(
        self, provider: Provider, author: Colleague
    ) -> None:
        assert "The letters have been ordered" in prepared_letters(author.browser, provider, csv_of([line(1)])).text

        assert "Another supervisor must confirm it" in self.closed_by(author, self.company(provider, "10043")).text

    def test_a_closing_that_two_decided_counts_for_neither(
        self, desk: Desk, provider: Provider, author: Colleague, second: Browser
    ) -> None:
        large = self.company(provider, "10043", people=2)
        assert "Another supervisor must confirm it" in self.closed_by(author, large).text
        decision(second)
        assert "The company was closed" in second.press("confirm").text

        for colleague, number in ((author.browser, "10044"), (second, "10045")):
            company = self.company(provider, number)
            open_record(colleague, f"/desk/companies/{company}")
            colleague.press("close-company")
            assert self.closed(provider, company)

    @pytest.mark.both_databases
    def test_of_small_closings_at_the_same_moment_one_is_alone(
        self, desk: Desk, provider: Provider, author: Colleague
    ) -> None:
        companies = [self.company(provider, number) for number in ("10043", "10044", "10045")]
        presses = []
        for company in companies:
            browser = desk.signed_in(replace(author, browser=Browser(desk.app, language="en")))
            open_record(browser, f"/desk/companies/{company}")
            presses.append(partial(browser.press, "close-company"))

        in_parallel(*presses)

        assert sorted(self.closed(provider, company) for company in companies) == [False, False, True]

    @pytest.fixture
    def author(self, desk: Desk) -> Colleague:
        colleague = desk.employed(SUPERVISOR_OF_A_FUND, email="author@fund.example.ch")
        desk.signed_in(colleague)
        return colleague

    @pytest.fixture
    def second(self, desk: Desk) -> Browser:
        return desk.signed_in(desk.employed(SUPERVISOR_OF_A_FUND, email="second@fund.example.ch"))

    def company(self, provider: Provider, number: str, *, people: int = 1) -> str:
        """A company of the fund AK01 with so many users."""
        with provider.database.transaction() as tx:
            company = organisation.register(tx, fund="AK01", number=number, name=f"Garage {number}").id
            for each in range(people):
                memberships.join(tx, company, person(tx, f"user{each}-{number}@example.ch").id, Rights())
            return company

    def closed_by(self, colleague: Colleague, company: str) -> Page:
        open_record(colleague.browser, f"/desk/companies/{company}")
        return colleague.browser.press("close-company")
