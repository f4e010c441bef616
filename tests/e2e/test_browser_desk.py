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


def press(page: Page, words: str) -> None:
    """Press the first link or button with these words that the clerk sees."""
    page.locator("a:visible, button:visible, summary:visible").filter(has_text=words).first.click()


def act(page: Page, words: str, *, instead: str = "") -> None:
    """Do what the page offers under these words; `instead` are those of the last button."""
    press(page, words)
    expect(page.locator("#act")).to_be_visible()
    look(page)
    if page.locator("[name=identity]").count():
        page.get_by_label("Pièce d’identité vue").check()
    page.locator("#act button").filter(has_text=instead or words).click()
    expect(page.locator("[role=status]")).to_be_visible()


def reader(sites: Sites, number: str, *, days: int) -> str:
    """An insured person of the fund AK00 whose letter was sent, and is valid for so many days from now."""
    with sites.provider.database.transaction() as tx:
        details = Particulars(given_name="Rosa", family_name="Keller", address=("Rue du Lac 12", "1800 Vevey"))
        insured.store_many(tx, "AK00", [RegisterEntry(number, "fr", details)])
        found = insured.by_numbers(tx, "AK00", [number])[number]
        request = RegistrationCodeRequest(
            kind=RegistrationCodeKind.INSURED,
            channel=Channel.LETTER,
            client_id="connect-assures",
            subject_id=found.id,
            expires_at=tx.now + timedelta(days=days),
            language="fr",
            fund="AK00",
        )
        issuing.mark_sent(tx, [issuing.issue(tx, request).code_id])
        return found.id


def letter_of(page: Page, words: str) -> str:
    """Press the button that hands the letter over; returns the file's name."""
    with page.expect_download() as waiting:
        press(page, words)
    with open(waiting.value.path(), "rb") as file:
        assert file.read(5) == b"%PDF-"
    return waiting.value.suggested_filename


def events(sites: Sites, name: str) -> list[Any]:
    with sites.provider.database.reading() as tx:
        return list(tx.session.query(AuditEvent).filter_by(name=name))


def test_an_untrained_clerk_solves_what_callers_ring_about(page: Page, sites: Sites) -> None:
    """The clerk presses what the pages name in words, and types what a caller says."""
    provider = sites.provider
    Device(page)
    join(page, sites)
    anne, company = people.administrator(provider)
    people.give_password(provider, anne, people.PASSWORD)
    why = page.locator("#why")

    # No letter arrived: one was sent, and is valid.
    lost, late = reader(sites, "756.1", days=20), reader(sites, "756.2", days=-1)
    find(page, sites, "756.1", "756.1")
    expect(why).to_contain_text("Son code n’a pas encore été saisi.")
    assert letter_of(page, "Créer la lettre").startswith("AK00-")

    # The letter expired.
    find(page, sites, "756.2", "756.2")
    expect(why).to_contain_text("La lettre a expiré")
    letter_of(page, "Créer la lettre")
    with provider.database.reading() as tx:
        live = [[code.live_at(tx.now) for code in status.of_subject(tx, each)] for each in (lost, late)]
        assert live == [[True, False], [True, False]]

    # Locked out.
    with provider.database.transaction() as tx:
        for _ in range(passwords.MOST_FAILURES):
            passwords.count_failure(tx, anne)
    find(page, sites, "anne.rochat@example.ch", "Anne Rochat")
    expect(why).to_contain_text("La connexion est bloquée")
    act(page, "Débloquer")
    expect(why).to_contain_text("Rien n’empêche la connexion")
    with provider.database.reading() as tx:
        assert passwords.current(tx, anne).failures == 0  # type: ignore[union-attr]

    # The phone is lost.
    find(page, sites, "Anne Rochat", "Anne Rochat")
    act(page, "Téléphone perdu")
    expect(why).to_contain_text("Un nouveau numéro peut être")
    with provider.database.reading() as tx:
        assert phone_replacements.is_begun(tx, anne)

    # Somebody left the company: the caller knows the name alone, and the person's page leads to the company.
    luca = people.insured(provider, "connect", address="luca@example.ch", given_name="Luca", family_name="Bernasconi")
    with provider.database.transaction() as tx:
        seat = memberships.join(tx, company, luca, Rights()).id
    find(page, sites, "Luca Bernasconi", "Luca Bernasconi")
    press(page, "Menuiserie Favre SA")
    press(page, "Ouvrir")
    page.locator("summary", has_text="Luca Bernasconi").click()
    press(page, "Désactiver l’accès")
    expect(page.locator("[role=status]")).to_contain_text("L’accès a été désactivé")
    with provider.database.reading() as tx:
        assert memberships.by_id(tx, seat).state == "deactivated"  # type: ignore[union-attr]

    # The last administrator is gone: the letter to the registered address lets another one in.
    registered = {"lines": ["Rue du Lac 12"], "postal_code": "1800", "locality": "Vevey", "country": "CH"}
    with provider.database.transaction() as tx:
        organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA", address=registered)
    find(page, sites, "Menuiserie Favre SA", "Menuiserie Favre SA")
    expect(why).to_contain_text("Une seule personne administre cette entreprise")
    letter_of(page, "Remplacer l’administration")
    with provider.database.reading() as tx:
        assert memberships.count_administrators(tx, company) == 0
        assert [code.live_at(tx.now) for code in status.of_subject(tx, company)] == [True]
    page.reload()
    expect(why).to_contain_text("Personne n’administre cette entreprise")

    # The same person twice: the page says who can help, and how.
    people.insured(provider, "connect-assures", address="anne@work.example.ch")
    find(page, sites, "Anne Rochat", "Anne Rochat")
    expect(page.get_by_role("heading", name="Ce que peut faire une personne responsable")).to_be_visible()
    expect(page.locator("#for-supervisors")).to_contain_text("La même personne a deux comptes.")

    # Reported stolen.
    find(page, sites, "luca@example.ch", "Luca Bernasconi")
    expect(page.get_by_text("À utiliser si le compte a été volé.")).to_be_visible()
    act(page, "Désactiver le compte")
    expect(why).to_contain_text("Le compte a été désactivé")
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

        find(author, sites, "anne@work.example.ch", "Anne Rochat")
        press(author, "Fusionner avec un autre compte")
        expect(author.get_by_text("Cherchez et ouvrez d’abord l’autre compte.")).to_be_visible()
        look(author)
        find(author, sites, "anne.rochat@example.ch", "Anne Rochat")
        press(author, "Fusionner avec un autre compte")
        look(author)
        act(author, "Choisir", instead="Préparer")

        second.goto(f"{sites.issuer}/desk")
        look(second)
        press(second, "Décider")
        while second.locator("#reason-form").count():
            second.get_by_label("Motif").fill("cas 4711, deuxième regard")
            second.click("#open-record")
        look(second)
        second.get_by_role("button", name="Fusionner avec un autre compte").click()
        expect(second.locator("[role=status]")).to_be_visible()

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
