"""The migration in the words of its guide, page by page (seeds 000 and 001)."""

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.migrating import CHOSEN, NEW_ADDRESS, PHONE, begin, former_account
from tests.support.browser import Browser, Page
from tests.support.inbox import Mailbox

BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "’": "'"})


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Browser:
    """Luc's browser, at the first page."""
    former_account(provider)
    browser = Browser(app, language="fr-CH")
    begin(browser)
    return browser


def words(page: Page) -> str:
    return page.text.translate(BLANKS)


def labels(page: Page) -> list[str]:
    return [label.text.translate(BLANKS) for label in page.all("label")]


def to_phone(visitor: Browser, mailbox: Mailbox) -> None:
    visitor.fill(email=NEW_ADDRESS).press("Recevoir le code")
    visitor.fill(code=mailbox.last(NEW_ADDRESS).code).press("Vérifier le code")
    visitor.press("Continuer")


def to_details(visitor: Browser, mailbox: Mailbox) -> None:
    to_phone(visitor, mailbox)
    visitor.fill(phone="079 123 45 68").press("Recevoir le code")
    visitor.fill(code=mailbox.last(PHONE).code).press("Vérifier le code")


def test_the_first_page_explains_what_will_change(visitor: Browser) -> None:
    """A-05, A-06"""
    page = visitor.page

    assert page.heading == "Migration de compte"
    assert "votre identifiant" in words(page).lower()
    assert "adresse e-mail" in words(page)
    assert "mot de passe" in words(page)
    assert "à chaque connexion" in words(page).lower()
    assert "par e-mail" in words(page)
    assert "SMS" in words(page)
    assert "5 minutes" in words(page)
    assert "une seule personne" in words(page)
    assert "exemple.adresse@cifa.ch" in words(page)
    assert page.field("E-mail").get("type") == "email"
    assert page.button("Recevoir le code")


@pytest.mark.parametrize(
    ("language", "example"), [("de", "name@beispiel.ch"), ("it", "nome@esempio.ch"), ("en", "name@example.ch")]
)
def test_the_example_of_an_address_speaks_the_language_of_the_page(
    app: Flask, provider: Provider, language: str, example: str
) -> None:
    """A-05: the guide's own is French."""
    former_account(provider)
    browser = Browser(app, language=language)

    begin(browser)

    assert example in browser.page.text
    assert "exemple" not in browser.page.text


def test_the_address_stays_in_sight_while_its_code_is_typed(visitor: Browser) -> None:
    """A-07"""
    page = visitor.fill(email=NEW_ADDRESS).press("Recevoir le code")

    assert page.value("email") == NEW_ADDRESS
    assert page.field("Code reçu par e-mail").get("name") == "code"
    assert "111111" in words(page)
    assert "Ne communiquez ce code à personne" in words(page)
    assert "Je n'ai pas reçu de code" in words(page)
    assert page.button("Vérifier le code")


def test_the_confirmed_address_is_a_step_of_its_own(visitor: Browser, mailbox: Mailbox) -> None:
    """A-08"""
    visitor.fill(email=NEW_ADDRESS).press("Recevoir le code")
    page = visitor.fill(code=mailbox.last(NEW_ADDRESS).code).press("Vérifier le code")

    assert "confirmée" in page.heading
    onward = page.by_id("continue")
    assert onward is not None
    assert onward.text == "Continuer"
    assert visitor.press("continue").heading != page.heading


def test_the_phone_page_says_that_it_is_optional(visitor: Browser, mailbox: Mailbox) -> None:
    """A-09"""
    to_phone(visitor, mailbox)
    page = visitor.page

    assert "Cette étape est facultative" in words(page)
    assert "+41 79 123 45 67" in words(page)
    assert page.field("Téléphone").get("type") == "tel"
    assert page.button("Recevoir le code")
    assert page.button("Je ne souhaite pas donner mon numéro de téléphone")


def test_the_details_are_marked_as_in_the_guide(visitor: Browser, mailbox: Mailbox) -> None:
    """A-11: an asterisk where the guide prints one; address and phone are proved and fixed"""
    to_details(visitor, mailbox)
    page = visitor.page

    assert "Merci de compléter ces informations" in words(page)
    for label in (
        "Civilité *",
        "Nom *",
        "Prénom *",
        "Nouveau mot de passe *",
        "Confirmation du nouveau mot de passe *",
    ):
        assert label in labels(page), labels(page)
    assert any(label.startswith("Date de naissance") and "*" not in label for label in labels(page))
    assert "J'ai lu et j'accepte les conditions générales d'utilisation *" in labels(page)
    assert page.link("conditions générales d’utilisation")
    for proved in ("email", "proved_phone"):
        assert "readonly" in page.field(proved).attributes
    assert page.button("Mettre à jour le compte")


def test_the_end_congratulates_and_leads_to_the_new_sign_in(visitor: Browser, mailbox: Mailbox) -> None:
    """A-13, A-14"""
    to_details(visitor, mailbox)
    visitor.fill(new_password=CHOSEN, new_password_again=CHOSEN).tick("terms").press("Mettre à jour le compte")
    page = visitor.page

    assert "Félicitations, votre compte a bien été migré." in words(page)
    assert [each.get("class") for each in page.all("li") if each.get("class") in {"done", "now", "later"}] == [
        "done"
    ] * 4
    assert NEW_ADDRESS in words(page)
    assert "à chaque connexion" in words(page).lower()
    assert visitor.cookie("session-e-services") == ""
    assert "soit par e-mail, soit par SMS" in words(page)
    assert page.link("Se connecter à e-services")


def test_who_gave_no_phone_reads_of_no_text_message_at_the_end(visitor: Browser, mailbox: Mailbox) -> None:
    """A-13, A-22"""
    to_phone(visitor, mailbox)
    visitor.press("skip")
    visitor.fill(new_password=CHOSEN, new_password_again=CHOSEN).tick("terms").press("Mettre à jour le compte")

    assert "un code d'authentification vous sera envoyé par e-mail" in words(visitor.page)
    assert "SMS" not in words(visitor.page)
