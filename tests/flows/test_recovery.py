"""A forgotten password: the story at every portal, on one device and on two."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.messages.outbox import OutboxRow
from idp.provider import Provider
from tests.flows import recovering
from tests.flows.conftest import Account, give_code, give_password
from tests.flows.recovering import NEW, PORTALS, ask, customer, finish, open_link
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("portal", PORTALS)
def test_a_forgotten_password_is_replaced_at_every_portal(
    provider: Provider, visitor: Browser, mailbox: Mailbox, portal: str
) -> None:
    """D-01, D-02, D-04, D-07, D-10, A-40: from the login page to the portal's button; nobody is signed in"""
    anne = customer(provider, portal)
    visitor.get(f"/login?portal={portal}")
    visitor.get(visitor.page.link("Forgot"))
    ask(visitor, portal, anne.address)
    assert visitor.page.heading == "Check your email"

    open_link(visitor, mailbox)
    finish(visitor, mailbox)

    assert visitor.page.errors == []
    assert visitor.page.by_id("to-portal") is not None
    assert not any(name.startswith("session") for name in visitor.cookies)
    visitor.get(f"/login?portal={portal}")
    assert visitor.page.value("identifier") == anne.address
    give_password(visitor, Account(anne.id, password=NEW))
    assert visitor.page.path.startswith("/login/")


def test_the_guide_of_espace_personnel_word_by_word(provider: Provider, app: Flask, mailbox: Mailbox) -> None:
    """D-01, D-02, D-05, D-06, D-07, D-08, D-10, D-14"""
    anne, browser = customer(provider, "espace-personnel"), Browser(app, language="fr")
    browser.get("/login?portal=espace-personnel")
    browser.get(browser.page.link("Code d'accès oublié"))
    browser.fill(identifier=recovering.CUSTOMER_NUMBER, birth_date="16/07/1956")
    browser.press("REINITIALISER VOTRE CODE D'ACCÈS")
    lifetime = "Le code d’activation est valable 10 minutes."
    assert lifetime in browser.page.text.replace("\u00a0", " ")
    mail, sms = mailbox.last(to=anne.address), mailbox.last(to=anne.phone)

    assert mail.subject == "CREDIT MUNICIPAL DE PARIS : Réinitialisation code d'accès"
    for sentence in (
        "Vous avez demandé la réinitialisation de votre code d'accès dans votre espace personnel.",
        "Vous allez recevoir un code d'activation par SMS",
        "Ce lien a une durée de validité de 12h",
        lifetime,
        "Veuillez ne pas répondre à ce courriel.",
        "55 rue des Francs-Bourgeois",
        "ouvert du lundi au samedi de 9 h 00 à 17 h 00",
    ):
        assert sentence in mail.text.replace("\u00a0", " ")
    words = f"pour valider votre nouveau code d'accès, veuillez saisir le code {sms.code}."
    assert sms.text.startswith("CREDIT MUNICIPAL DE PARIS : " + words)
    assert len(sms.code) == 5

    browser.get(mail.link)
    assert "majuscules" in browser.page.text
    browser.fill_in("Code d'activation", sms.code)
    browser.fill(new_password=NEW, new_password_again=NEW).press("VALIDER")
    assert browser.page.link("ESPACE PERSONNEL").startswith("https://espace-personnel.example.ch/login")


def test_the_request_of_the_portal_is_kept_on_the_way_back_to_sign_in(
    visitor: Browser, provider: Provider, mailbox: Mailbox
) -> None:
    """D-01"""
    anne = customer(provider, "e-services")
    start = (
        "/authorize?client_id=e-services&response_type=code&scope=openid&code_challenge_method=S256"
        "&redirect_uri=https%3A%2F%2Fe-services.example.ch%2Fcallback&state=xyz&code_challenge=" + "a" * 43
    )
    visitor.get(start)
    visitor.get(visitor.page.link("Forgot"))
    visitor.fill(identifier=anne.address).press("reset")
    open_link(visitor.tab(), mailbox)

    visitor.get(visitor.page.link("Back to sign-in"))
    give_password(visitor, anne)
    give_code(visitor, mailbox, "sms")

    assert "state=xyz" in visitor.left_for


@pytest.mark.parametrize(
    ("typed", "shown"),
    [(("c 204518",), "c 204518"), (("C-999999", "C-204518"), "C-204518"), (("C-204518", "C-999999"), "C-204518")],
)
def test_the_sign_in_afterwards_has_what_the_owner_typed_filled_in(
    provider: Provider, visitor: Browser, mailbox: Mailbox, typed: tuple[str, ...], shown: str
) -> None:
    """D-10: the customer number, where they asked by it; a slip is not theirs"""
    customer(provider, "espace-personnel")
    for identifier in typed:
        ask(visitor, "espace-personnel", identifier)
    open_link(visitor, mailbox)
    finish(visitor, mailbox)

    visitor.get("/login?portal=espace-personnel")

    assert visitor.page.value("identifier") == shown


def test_another_device_that_was_told_nothing_has_the_address_filled_in(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """D-10: the mail was read there, so the address is known there"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", recovering.CUSTOMER_NUMBER)
    open_link(stranger, mailbox)
    finish(stranger, mailbox)

    for browser, shown in ((stranger, anne.address), (visitor, "")):
        browser.get("/login?portal=espace-personnel")
        assert browser.page.value("identifier") == shown


def test_the_link_works_on_another_device(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """D-07, X-25: neither device is signed in by it"""
    ask(visitor, "e-services", customer(provider, "e-services").address)

    open_link(stranger, mailbox)
    finish(stranger, mailbox)

    assert stranger.page.by_id("to-portal") is not None
    assert not any(name.startswith("session") for name in [*stranger.cookies, *visitor.cookies])


def test_the_token_leaves_the_address_with_the_first_accepted_post(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """D-22"""
    for portal, address in (("e-services", "a@example.ch"), ("espace-personnel", "b@example.ch")):
        ask(visitor, portal, customer(provider, portal, address).address)
        link = mailbox.last(to=address, channel="email").link
        token = link.partition("link=")[2]
        visitor.get(link)
        assert visitor.page.response.headers["Referrer-Policy"] == "no-referrer"
        assert visitor.page.response.headers["Cache-Control"] == "no-store"
        clock.forward(seconds=31)

        visitor.press("get-code" if portal == "e-services" else "resend")

        assert visitor.page.path.startswith("/reset/")
        assert token not in visitor.page.url + visitor.page.response.text
        if portal == "espace-personnel":  # the link outlives the page
            clock.forward(minutes=61)
            visitor.get(visitor.page.url)
            visitor.press("continue")
        finish(visitor, mailbox)
        assert visitor.page.by_id("to-portal") is not None


def test_who_has_no_phone_waits_a_day_where_the_portal_allows_it(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40, D-19: the link comes after 24 h, works once, and until then the old password does"""
    anne = customer(provider, "e-services", phone="")
    ask(visitor, "e-services", anne.address)
    assert "/reset" not in mailbox.last(to=anne.address).text

    clock.forward(hours=23, minutes=59)
    assert len(mailbox.sent(to=anne.address)) == 1
    clock.forward(minutes=2)
    link = mailbox.last(to=anne.address).link
    visitor.get(link)
    visitor.fill(new_password=NEW, new_password_again=NEW).press("replace")
    assert visitor.page.by_id("to-portal") is not None
    visitor.get(link)
    assert visitor.page.heading == "This link has already been used"


@pytest.mark.parametrize("identifier", ["anne.rochat@example.ch", "nobody@example.ch"])
def test_the_link_leaves_before_notices_and_bulk(provider: Provider, visitor: Browser, identifier: str) -> None:
    """Rulings 21: somebody waits for it at the screen, known or not"""
    customer(provider, "e-services")

    ask(visitor, "e-services", identifier)

    with provider.database.reading() as tx:
        assert set(tx.execute(sa.select(OutboxRow.lane).where(OutboxRow.kind == "email")).scalars()) == {"codes"}


def test_a_node_whose_clock_is_behind_asks_for_patience(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40: the row enforces the delay, wherever the mail was sent from"""
    anne = customer(provider, "e-services", phone="")
    ask(visitor, "e-services", anne.address)
    clock.forward(hours=24, minutes=1)
    link = mailbox.last(to=anne.address).link

    clock.forward(minutes=-2)
    visitor.get(link)

    assert visitor.page.heading == "You need to wait before using this link"
    assert "replace" not in [button.get("id") for button in visitor.page.all("button")]


def test_no_mailed_link_lives_longer_than_a_day(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """NIST SP 800-63B-4 §4.2.1.2: counted from its sending"""
    anne = customer(provider, "e-services", phone="")
    ask(visitor, "e-services", anne.address)
    clock.forward(hours=24)
    link = mailbox.last(to=anne.address).link

    clock.forward(hours=24)
    visitor.get(link)

    assert visitor.page.heading == "This link is no longer valid"
