"""A clerk who was never trained: joins by the mail, and solves from the desk alone what callers ring about.

One desk, one browser with a virtual authenticator, and a caller for each case. On the way every page is looked at by
axe, at the width of a computer and of a telephone, light and dark.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from idp.actions.actor import Actor
from idp.audit.log import AuditEvent
from idp.credentials import passwords
from idp.invitations import issuing, status
from idp.invitations.issuing import RegistrationCodeRequest
from idp.invitations.registration_code import Channel, RegistrationCodeKind
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments, insured, person, phone_replacements
from idp.people.insured import Particulars, RegisterEntry
from idp.staff import employing
from idp.staff.appointments import Appointment, Role
from idp.staff.employing import StaffInvitation, StaffInvitee
from tests.e2e import people
from tests.e2e.sites import Sites
from tests.e2e.walks import desk
from tests.e2e.walks.looking import flaws, flaws_of
from tests.e2e.walks.visitor import Visitor
from tests.support.chromium import EVERY_LOOK, Chromium
from tests.support.inbox import Mailbox
from tests.support.people import email
from tests.support.virtual_device import Device

pytestmark = pytest.mark.e2e

PORTALS = ("connect", "connect-assures")
CLERK = "chloe@fund.example.ch"


@pytest.fixture
def client_ids() -> tuple[str, ...]:
    return PORTALS


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """The clerk's computer."""
    with chromium.page(bypass_csp=True, accept_downloads=True) as page:
        yield page


def join(page: Page, sites: Sites, who: str = CLERK, role: Role = Role.CLERK) -> None:
    """Follow the invitation's mail; the device makes the passkey."""
    provider = sites.provider
    wanted = tuple(Appointment(role, portal=portal) for portal in PORTALS)
    invitee = StaffInvitee(email(who), "Chloé Clerc", "fr", wanted)
    by = Actor.operator("test")
    with provider.database.transaction() as tx:
        sent = employing.invite(tx, provider.limiter, provider.settings, invitee, by=by, reason="test")
        assert isinstance(sent, StaffInvitation)
    mail = Mailbox(provider).last(who)
    page.goto(mail.link)
    look(page)
    page.fill("[name=code]", mail.code)
    page.click("#continue")
    look(page)
    page.click("#create-passkey")
    expect(page.get_by_text("Votre clé d’accès est enregistrée")).to_be_visible()
    look(page)


def look(page: Page) -> None:
    """Look at the page at both widths and in both schemes; it keeps its own width."""
    assert page.viewport_size is not None
    own = page.viewport_size["width"]
    assert flaws(page, sorted(EVERY_LOOK, key=lambda look: look.width == own)) == [], page.url


def find(page: Page, sites: Sites, typed: str, name: str) -> None:
    """Find and open a record, as a caller asks for it."""
    page.goto(f"{sites.issuer}/desk")
    page.fill("[name=q]", typed)
    page.click("#search")
    page.fill("[name=reason]", "cas 4711")
    look(page)
    page.get_by_role("button", name=re.compile(rf"Ouvrir\W+{re.escape(name)}$")).first.click()
    expect(page.locator("#why")).to_be_visible()
    look(page)


def confirm(page: Page) -> None:
    look(page)
    if page.locator("[name=identity]").count():
        page.get_by_label("Pièce d’identité vue").check()
    page.click("#confirm")
    expect(page.locator("[role=status]")).to_be_visible()


def reader(sites: Sites, number: str, *, expired: bool = False) -> str:
    """An insured person of the fund AK00 with an expired letter, or without any."""
    with sites.provider.database.transaction() as tx:
        details = Particulars(given_name="Rosa", family_name="Keller", address=("Rue du Lac 12", "1800 Vevey"))
        insured.store_many(tx, "AK00", [RegisterEntry(number, "fr", details)])
        found = insured.by_numbers(tx, "AK00", [number])[number]
        if expired:
            request = RegistrationCodeRequest(
                kind=RegistrationCodeKind.INSURED,
                channel=Channel.LETTER,
                client_id="connect-assures",
                subject_id=found.id,
                expires_at=tx.now - timedelta(days=1),
                language="fr",
                fund="AK00",
            )
            issuing.mark_sent(tx, [issuing.issue(tx, request).code_id])
        return found.id


def letter_of(page: Page, button: str) -> str:
    """Press the button that hands the letter over; returns the file's name."""
    with page.expect_download() as waiting:
        page.click(button)
    with open(waiting.value.path(), "rb") as file:
        assert file.read(5) == b"%PDF-"
    return waiting.value.suggested_filename


def events(sites: Sites, name: str) -> list[Any]:
    with sites.provider.database.reading() as tx:
        return list(tx.session.query(AuditEvent).filter_by(name=name))


def test_an_untrained_clerk_solves_what_callers_ring_about(page: Page, sites: Sites) -> None:
    provider = sites.provider
    Device(page)
    join(page, sites)
    anne, company = people.administrator(provider)
    people.give_password(provider, anne, people.PASSWORD)

    # No letter arrived; the letter expired.
    waiting, late = reader(sites, "756.1"), reader(sites, "756.2", expired=True)
    find(page, sites, "756.1", "756.1")
    assert letter_of(page, "#create-letter").startswith("AK00-")
    find(page, sites, "756.2", "756.2")
    expect(page.locator("#why")).to_contain_text("expiré")
    letter_of(page, "#create-letter")
    with provider.database.reading() as tx:
        assert [code.live_at(tx.now) for each in (waiting, late) for code in status.of_subject(tx, each)] == [
            True,
            True,
            False,
        ]

    # Locked out.
    with provider.database.transaction() as tx:
        for _ in range(passwords.MOST_FAILURES):
            passwords.count_failure(tx, anne)
    find(page, sites, "anne.rochat@example.ch", "Anne Rochat")
    page.click("#next")
    confirm(page)
    with provider.database.reading() as tx:
        assert passwords.current(tx, anne).failures == 0  # type: ignore[union-attr]

    # The phone is lost.
    find(page, sites, "Anne Rochat", "Anne Rochat")
    page.click("#replace-phone")
    confirm(page)
    with provider.database.reading() as tx:
        assert phone_replacements.is_begun(tx, anne)

    # Somebody left the company.
    luca = people.insured(provider, "connect", address="luca@example.ch", given_name="Luca", family_name="Bernasconi")
    with provider.database.transaction() as tx:
        seat = memberships.join(tx, company, luca, Rights()).id
    find(page, sites, "Menuiserie Favre SA", "Menuiserie Favre SA")
    page.locator("summary", has_text="Luca Bernasconi").click()
    page.locator("button:visible", has_text="Luca Bernasconi").click()
    expect(page.locator("[role=status]")).to_be_visible()
    with provider.database.reading() as tx:
        assert memberships.by_id(tx, seat).state == "deactivated"  # type: ignore[union-attr]

    # The last administrator is gone: the letter to the registered address lets another one in.
    registered = {"lines": ["Rue du Lac 12"], "postal_code": "1800", "locality": "Vevey", "country": "CH"}
    with provider.database.transaction() as tx:
        organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA", address=registered)
    find(page, sites, "Menuiserie Favre SA", "Menuiserie Favre SA")
    expect(page.locator("#why")).to_contain_text("Une seule personne")
    letter_of(page, "#replace-administrators")
    with provider.database.reading() as tx:
        assert memberships.count_administrators(tx, company) == 0
        assert [code.live_at(tx.now) for code in status.of_subject(tx, company)] == [True]
    page.reload()
    expect(page.locator("#why")).to_contain_text("Personne n’administre")

    # Reported stolen.
    find(page, sites, "luca@example.ch", "Luca Bernasconi")
    page.click("#disable")
    confirm(page)
    with provider.database.reading() as tx:
        assert not person.by_id(tx, luca).is_active  # type: ignore[union-attr]

    assert {event.actor[:6] for event in events(sites, "DeskActed")} == {"clerk:"}


def test_the_clerk_comes_back_with_the_passkey_alone_on_a_telephone_too(chromium: Chromium, sites: Sites) -> None:
    with chromium.page(320, bypass_csp=True) as page:
        Device(page)
        join(page, sites)
        page.click("#desk-sign-out")
        look(page)

        page.click("#use-passkey")

        expect(page.locator("#search")).to_be_visible()
        look(page)


def test_back_leads_to_the_hits_and_to_the_page_before(chromium: Chromium, sites: Sites) -> None:
    people.insured(sites.provider, "connect")
    with chromium.page(bypass_csp=True) as page:
        Device(page)
        join(page, sites)
        page.goto(f"{sites.issuer}/desk")
        page.fill("[name=q]", "anne.rochat@example.ch")
        page.click("#search")
        page.fill("[name=reason]", "cas 4711")
        page.get_by_role("button", name=re.compile("Anne Rochat")).click()
        expect(page.locator("#why")).to_be_visible()
        page.click("#replace-phone")
        expect(page.locator("#confirm")).to_be_visible()

        page.go_back()
        expect(page.locator("#why")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("button", name=re.compile("Anne Rochat"))).to_be_visible()
        expect(page.locator("#q")).to_have_value("anne.rochat@example.ch")
        page.go_back()
        expect(page.locator("#q")).to_have_value("")


def test_the_same_person_twice_is_made_one_by_two_supervisors(chromium: Chromium, sites: Sites) -> None:
    """Anne has an account by her letter and one by her company; one supervisor prepares, another one confirms."""
    provider = sites.provider
    anne = people.insured(provider, "connect-assures")
    twin = people.insured(provider, "connect", address="anne@work.example.ch")
    with chromium.page(1280, bypass_csp=True) as author, chromium.page(320, bypass_csp=True) as second:
        for page, who in ((author, "author@fund.example.ch"), (second, "second@fund.example.ch")):
            Device(page)
            join(page, sites, who, Role.SUPERVISOR)

        for address in ("anne@work.example.ch", "anne.rochat@example.ch"):
            find(author, sites, address, "Anne Rochat")
        author.click("#merge")
        look(author)
        author.click("#candidates a")
        confirm(author)

        second.goto(f"{sites.issuer}/desk")
        look(second)
        second.click("#waiting a")
        while second.locator("#open-record").count():
            second.fill("[name=reason]", "cas 4711, deuxième regard")
            second.click("#open-record")
        confirm(second)

    with provider.database.reading() as tx:
        assert enrolments.portals(tx, anne) == ["connect-assures", "connect"]
        assert person.by_id(tx, twin).state == person.ERASED  # type: ignore[union-attr]


def test_letters_figures_staff_and_health_are_accessible_in_each_width_and_scheme(
    chromium: Chromium, town: Sites
) -> None:
    """X-12, X-22, with and without errors"""
    with chromium.page(bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        found = flaws_of(visitor, desk.write_letters(visitor), EVERY_LOOK)
        found += flaws_of(visitor, desk.order_by_two(visitor), EVERY_LOOK)
        found += flaws_of(visitor, desk.oversee(visitor), EVERY_LOOK)

    assert found == []
