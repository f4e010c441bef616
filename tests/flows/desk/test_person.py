"""A person's page: the one sentence that says why they cannot sign in, the next step, and what else there is."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.credentials import passwords
from idp.messages.outbox import OutboxRow
from idp.organisations import memberships
from idp.people import enrolments, phones, portal_identifiers
from idp.people.person import Person
from idp.provider import Provider
from idp.staff import checks, employing
from idp.staff.appointments import Appointment, Role
from tests.flows.conftest import Account, sign_in
from tests.flows.desk.conftest import OPERATOR, Desk
from tests.flows.desk.world import fund, open_record
from tests.flows.passkeys import give_passkey
from tests.rules.source import ROOT
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Page
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox


@pytest.fixture
def clerk(desk: Desk) -> Browser:
    return desk.works(Role.CLERK, portal="e-services")


def why(page: Page) -> str:
    found = page.by_id("why")
    assert found is not None, page.text[:200]
    return found.text


def seen(browser: Browser, person: Account) -> Page:
    return open_record(browser, f"/desk/people/{person.id}")


def test_the_sentence_follows_what_happens_to_the_person(
    clerk: Browser, provider: Provider, anne: Account, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    assert "has never signed in" in why(seen(clerk, anne))

    sign_in(visitor, anne, mailbox)
    assert "Nothing prevents sign-in" in why(seen(clerk, anne))

    with provider.database.transaction() as tx:
        disabling.disable(tx, anne.id, by=Actor.operator("test"), reason="stolen, case 1")
    assert "was deactivated on" in why(seen(clerk, anne))
    assert "stolen, case 1" in why(clerk.page)
    assert clerk.page.by_id("next").text == "Activate the account again"  # type: ignore[union-attr]


def test_wrong_passwords_are_told_with_the_time_of_the_next_try(
    clerk: Browser, anne: Account, stranger: Browser, clock: MovableClock
) -> None:
    for _ in range(5):
        stranger.get("/login?portal=e-services")
        stranger.fill(identifier=anne.address, password="nicht das richtige").press("sign-in")

    assert "After wrong passwords" in why(seen(clerk, anne))
    assert clerk.page.by_id("next").text == "Unlock"  # type: ignore[union-attr]
    clock.forward(minutes=10)
    assert "After wrong passwords" not in why(seen(clerk, anne))


def _blocked(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        for _ in range(passwords.MOST_FAILURES):
            passwords.count_failure(tx, person_id)


def _retired(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        passwords.retire(tx, person_id, reason="test")


def _undelivered(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        row = OutboxRow(
            id="m", kind="email", lane="notices", payload="", template="new_device", masked="a•••@example.ch",
            person_id=person_id, client_id="", about="", attempts=16, created_at=tx.now, due_at=tx.now,
            expires_at=tx.now, lease="", done_at=tx.now, outcome="dead", fault="550",
        )  # fmt: skip
        tx.add(row)


def _without_portal(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        enrolments.end(tx, person_id, "e-services", reason="test")
        portal_identifiers.attach(tx, person_id, portal="e-services", kind="customer", value="1")


@pytest.mark.parametrize(
    ("arrange", "sentence"),
    [
        (_blocked, "too many wrong passwords in a row"),
        (_retired, "was made invalid"),
        (_undelivered, "a•••@example.ch could not be delivered"),
        (_without_portal, "does not open any of your portals"),
    ],
)
def test_each_cause_has_its_sentence(
    clerk: Browser, provider: Provider, anne: Account, arrange: Callable[[Provider, str], None], sentence: str
) -> None:
    arrange(provider, anne.id)

    assert sentence in why(seen(clerk, anne))


def test_a_member_whose_access_ended_is_told_by_the_companys_name(desk: Desk, provider: Provider) -> None:
    ours = fund(provider, "AK01", "Rochat")
    with provider.database.transaction() as tx:
        (member,) = memberships.of_organisation(tx, ours.company)
        memberships.dismiss_administrators(tx, ours.company, reason="test")
        memberships.deactivate(tx, member.membership.id, reason="left")

    page = open_record(desk.works(Role.CLERK, fund="AK01"), f"/desk/people/{ours.person}")

    assert "The access for Rochat SA was deactivated" in why(page)


def test_a_portal_that_wants_a_second_step_is_named(desk: Desk, provider: Provider) -> None:
    ours = fund(provider, "AK01", "Rochat")
    with provider.database.transaction() as tx:
        phones.remove(tx, ours.person)
        tx.session.get_one(Person, ours.person).last_sign_in_at = tx.now - timedelta(days=1)

    page = open_record(desk.works(Role.CLERK, fund="AK01"), f"/desk/people/{ours.person}")

    assert "connect asks for a second step" in why(page)


def test_addresses_are_masked_until_a_supervisor_reveals_them(desk: Desk, anne: Account) -> None:
    clerk, supervisor = desk.works(Role.CLERK, portal="e-services"), desk.works(Role.SUPERVISOR, portal="e-services")
    assert anne.address not in seen(clerk, anne).text
    assert clerk.page.by_id("reveal") is None
    form = {"csrf_token": clerk.page.value("csrf_token"), "reason": "x"}
    assert clerk.post(f"/desk/people/{anne.id}/reveal", form).status == 404
    assert anne.address not in seen(supervisor, anne).text

    supervisor.press("reveal")

    assert anne.address in supervisor.page.text
    assert "+41 79 123 45 67" in supervisor.page.text
    assert [each.details["revealed"] for each in desk.events("PersonLookedUp")] == [False, False, True]


def test_addresses_are_masked_again_for_whoever_is_no_supervisor_any_more(
    desk: Desk, provider: Provider, anne: Account
) -> None:
    colleague = desk.employed(Appointment(Role.SUPERVISOR, portal="e-services"))
    browser = desk.signed_in(colleague)
    seen(browser, anne)
    assert anne.address in browser.press("reveal").text

    with provider.database.transaction() as tx:
        employing.appoint(tx, colleague.id, [Appointment(Role.CLERK, portal="e-services")], by=OPERATOR, reason="x")

    assert anne.address not in browser.get(f"/desk/people/{anne.id}").text


def test_the_timeline_tells_what_when_from_where_and_by_whom(
    clerk: Browser, anne: Account, visitor: Browser, mailbox: Mailbox
) -> None:
    sign_in(visitor, anne, mailbox)

    text = seen(clerk, anne).text

    for words in (
        "Signed in",
        "Code sent",
        "e-services",
        "Firefox, Linux",
        "192.0.2.x",
        "Record opened",
        "Chloé Clerc",
    ):
        assert words in text
    assert anne.address not in text


def test_no_secret_is_on_the_page(
    clerk: Browser, provider: Provider, anne: Account, visitor: Browser, mailbox: Mailbox
) -> None:
    sign_in(visitor, anne, mailbox)
    code, device = mailbox.last(channel="sms").code, Authenticator()
    give_passkey(provider, anne.id, device)

    html = seen(clerk, anne).response.get_data(as_text=True)

    assert "iPhone" in html
    for secret in (code, device.id, device.public_key, anne.password, anne.phone, "argon2"):
        assert secret not in html


def test_every_check_stands_in_the_docs_in_its_order() -> None:
    page = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")

    places = [page.find(f"`{check.__name__}`") for check in checks.CHECKS]

    assert -1 not in places
    assert places == sorted(places)
