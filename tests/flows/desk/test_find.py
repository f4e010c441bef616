"""Find: one field for everything a caller can name, exact before near; no search and no look without a trace."""

import pytest

from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.people import enrolments
from idp.provider import Provider
from idp.staff.appointments import Role
from tests.flows.conftest import Account
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import Fund, find, fund, hits, open_record
from tests.flows.migrating import IDENTIFIER, former_account
from tests.flows.registrations import Letters
from tests.support import people
from tests.support.browser import Browser


@pytest.fixture
def ours(provider: Provider) -> Fund:
    return fund(provider, "AK01", "Rochat")


@pytest.fixture
def clerk(desk: Desk) -> Browser:
    return desk.works(Role.CLERK, fund="AK01")


def test_each_term_finds_its_record(clerk: Browser, ours: Fund) -> None:
    person, company, insured = f"person:{ours.person}", f"company:{ours.company}", f"insured:{ours.insured}"

    assert hits(find(clerk, " ROCHAT@example.ch ")) == [person]
    assert hits(find(clerk, "anne rochat 16.7.1956")) == [person]
    assert hits(find(clerk, "Rochat, 1956-07-16")) == [person]
    assert hits(find(clerk, ours.number)) == [insured]
    assert hits(find(clerk, ours.company_number)) == [company]
    assert hits(find(clerk, "rochat sa")) == [company, person]
    assert hits(find(clerk, ours.event.lower().replace("-", " "))) == [person]


def test_a_company_is_shown_with_the_name_of_its_fund(clerk: Browser, ours: Fund) -> None:
    shown = find(clerk, ours.company_number).text

    assert f"Company · Example compensation fund (AK01) · {ours.company_number}" in shown


def test_an_entry_of_a_register_is_shown_with_the_name_of_its_fund(clerk: Browser, ours: Fund) -> None:
    assert "Insured person without an account · Example compensation fund (AK01)" in find(clerk, ours.number).text


def test_near_hits_stand_below_exact_ones(clerk: Browser, provider: Provider, ours: Fund) -> None:
    assert hits(find(clerk, "Bettina Rochat 16.07.1956")) == [f"person:{ours.person}"]
    assert "Similar" in clerk.page.text
    assert "Found" not in clerk.page.text
    with provider.database.transaction() as tx:
        people.person(tx, "other@example.ch", family_name="Rochat")  # of nobody's fund

    assert hits(find(clerk, "Anne Rochat"))[0] == f"person:{ours.person}"


def test_a_mistyped_domain_finds_the_likely_address(desk: Desk, provider: Provider, anne: Account) -> None:
    clerk = desk.works(Role.CLERK, portal="e-services")
    with provider.database.transaction() as tx:
        other = people.person(tx, "beat@bluewin.ch")
        enrolments.enrol(tx, other.id, "e-services", reason="test")

    assert hits(find(clerk, "beat@bluwin.ch")) == [f"person:{other.id}"]
    assert "Similar" in clerk.page.text


def test_a_letters_reference_finds_its_reader(desk: Desk, provider: Provider) -> None:
    issued = Letters(provider).insured()
    clerk = desk.works(Role.CLERK, fund="AK00")

    assert hits(find(clerk, issued.reference)) == [f"insured:{issued.request.subject_id}"]
    assert hits(find(desk.works(Role.CLERK, fund="AK01"), issued.reference)) == []


def test_a_former_identifier_finds_the_account_that_waits(desk: Desk, provider: Provider) -> None:
    waiting = former_account(provider)
    clerk = desk.works(Role.CLERK, portal="e-services")

    assert hits(find(clerk, IDENTIFIER.lower())) == [f"former:{waiting}"]
    assert "Old account, not moved yet · e-services CVCI" in clerk.page.text
    page = open_record(clerk, f"/desk/former/{waiting}")
    assert "has not been moved yet" in page.text


def test_a_record_opens_only_for_a_reason_and_the_look_is_recorded_once(desk: Desk, ours: Fund) -> None:
    clerk = desk.works(Role.CLERK, fund="AK01")
    find(clerk, ours.email)
    clerk.press("Open: Anne Rochat")
    assert clerk.page.errors
    assert desk.events("PersonLookedUp") == []

    clerk.fill(reason="case 4711").press("Open: Anne Rochat")
    assert clerk.page.heading == "Anne Rochat"
    clerk.get(f"/desk/people/{ours.person}")

    (look,) = desk.events("PersonLookedUp")
    assert (look.person_id, look.details["reason"], look.details["revealed"]) == (ours.person, "case 4711", False)
    assert look.actor.startswith("clerk:")


def test_a_record_reached_by_its_address_asks_again_where_the_reason_is_missing(clerk: Browser, ours: Fund) -> None:
    clerk.get(f"/desk/people/{ours.person}")

    page = clerk.press("open-record")

    assert (page.status, page.heading) == (422, "Open a record")
    assert page.by_id("reason")
    assert clerk.fill(reason="case 4711").press("open-record").path == f"/desk/people/{ours.person}"


def test_hits_of_one_name_are_told_apart_by_the_date_of_birth(clerk: Browser, ours: Fund) -> None:
    assert "Person · 16.07.1956" in find(clerk, ours.email).text


def test_the_address_of_the_hits_names_nobody_and_opens_in_its_session_alone(desk: Desk, ours: Fund) -> None:
    clerk = desk.works(Role.CLERK, fund="AK01")
    found = find(clerk, ours.email).url
    assert hits(clerk.get(found)) == [f"person:{ours.person}"]
    assert "rochat" not in found.lower()

    other = desk.works(Role.READER, fund="AK01")

    assert hits(other.get(found)) == []
    assert other.get(f"{found}x").status == 200


def test_the_reason_of_one_session_opens_nothing_in_another(desk: Desk, ours: Fund) -> None:
    open_record(desk.works(Role.CLERK, fund="AK01"), f"/desk/people/{ours.person}")

    other = desk.works(Role.READER, fund="AK01")

    assert "Rochat" not in other.get(f"/desk/people/{ours.person}").text


def test_a_search_is_recorded_without_what_was_typed(desk: Desk, clerk: Browser, ours: Fund) -> None:
    find(clerk, ours.email)

    (searched,) = desk.events("DeskSearched")
    assert searched.details == {"shape": "address", "exact": 1, "near": 0}


@pytest.mark.parametrize(
    "typed", ["", " ", "x" * 5000, "%", "_", "'; DROP TABLE people; --", "@", "🙂", "99.99.9999", "٠١.٠٢.١٩٥٦"]
)
def test_hostile_input_finds_nothing_and_breaks_nothing(clerk: Browser, ours: Fund, typed: str) -> None:
    page = find(clerk, typed)

    assert page.status == 200
    assert hits(page) == []


def test_hits_of_one_name_are_told_apart(clerk: Browser, provider: Provider, ours: Fund) -> None:
    """By birth date and masked address; by the moment of creation where both are alike."""
    with provider.database.transaction() as tx:
        twins = [people.person(tx, f"{name}@example.org", family_name="Rochat") for name in ("anna", "aline")]
        for twin in twins:
            memberships.join(tx, ours.company, twin.id, Rights())

    shown = {row.text for row in find(clerk, "Anne Rochat").all("li") if "Rochat" in row.text}

    assert "Anne Rochat Person · 16.07.1956 · r•••@example.ch Open: Anne Rochat" in shown
    assert "Anne Rochat Person · a•••@example.org · account created on 16.07.2026 at 14:00 Open: Anne Rochat" in shown
