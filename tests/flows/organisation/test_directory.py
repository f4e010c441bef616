"""« Automatic user management »: an administrator lets the company's directory in, and shuts it out."""

import re

import pytest
from flask import Flask

from idp.actions import companies
from idp.actions.actor import Actor
from idp.actions.administrators import replace_administrators
from idp.actions.invitations import Sender
from idp.invitations.letters import fund_letters
from idp.notices.notice import Occasion
from idp.organisations import memberships, organisation, scim_tokens
from idp.organisations.memberships import Rights
from idp.organisations.organisation import Organisation
from idp.provider import Provider
from tests.flows.conftest import Account
from tests.flows.organisation.conftest import Firm, events, signed_in
from tests.scim.conftest import DirectoryClient, token_for
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

TOKEN = re.compile(r"vestibule-scim-[\w-]{43}")


def begin(admin: Browser, firm: Firm) -> str:
    """Name a token, and return the one that is shown."""
    admin.get(f"{firm.users}/directory")
    admin.get(f"/new-directory-token?portal=connect&organisation={firm.id}")
    admin.fill(token_name="Entra ID", days="90").press("continue")
    shown = TOKEN.search(admin.page.text)
    assert shown, admin.page.text
    return shown.group()


def create(admin: Browser, firm: Firm) -> str:
    token = begin(admin, firm)
    admin.tick("kept").press("create")
    return token


def status(app: Flask, token: str) -> int:
    return DirectoryClient(app, token).get("/Users").status_code


def test_an_administrator_makes_a_token_that_is_shown_once(
    app: Flask, admin: Browser, firm: Firm, clock: MovableClock
) -> None:
    token = create(admin, firm)

    assert admin.page.path == f"{firm.users}/directory"
    assert "The token has been created" in admin.page.text
    assert "Entra ID" in admin.page.text
    assert "Claire Favre" in admin.page.text
    assert token not in admin.get(f"{firm.users}/directory").text
    found = DirectoryClient(app, token).get("/Users").get_json()["Resources"]
    assert firm.luca in {each["id"] for each in found}
    clock.forward(days=90, seconds=1)
    assert status(app, token) == 401


def test_a_token_opens_nothing_before_it_is_kept(app: Flask, admin: Browser, firm: Firm) -> None:
    token = begin(admin, firm)
    admin.press("create")

    assert admin.page.errors
    assert TOKEN.search(admin.page.text)
    assert status(app, token) == 401


def test_every_administrator_is_told(
    admin: Browser, provider: Provider, firm: Firm, luca: Account, mailbox: Mailbox
) -> None:
    with provider.database.transaction() as tx:
        memberships.change_rights(tx, firm.luca, Rights(is_administrator=True))

    create(admin, firm)

    for address in ("luca.bernasconi@example.ch", "claire.favre@example.ch"):
        mail = mailbox.last(address)
        assert "Claire Favre" in mail.text
        assert "Entra ID" in mail.text
        assert not TOKEN.search(mail.text)
    assert mailbox.sent("otto.ammann@example.ch") == []


def test_the_journal_names_the_directory(app: Flask, admin: Browser, firm: Firm) -> None:
    """B-51"""
    directory = DirectoryClient(app, create(admin, firm))
    directory.patch(f"/Users/{firm.luca}", {"op": "replace", "value": {"active": False}})

    journal = admin.get(f"{firm.users}/journal").text

    assert "Company directory (Entra ID)" in journal
    assert "Token for the company directory created" in journal


def test_a_revoked_token_is_refused(app: Flask, admin: Browser, provider: Provider, firm: Firm) -> None:
    token = create(admin, firm)
    admin.get(admin.page.link("Revoke"))
    assert admin.page.link("Do not revoke the token").endswith("/directory")
    assert status(app, token) == 200

    admin.press("confirm")

    assert "The token has been revoked" in admin.page.text
    assert status(app, token) == 401
    (event,) = events(provider, "ScimTokenRevoked")
    assert (event.organisation_id, event.details["name"]) == (firm.id, "Entra ID")


def test_the_token_of_another_company_cannot_be_revoked(
    app: Flask, admin: Browser, provider: Provider, firm: Firm, luca: Account
) -> None:
    with provider.database.transaction() as tx:
        other = organisation.register(tx, fund="AK01", number="10077", name="Boulangerie du Marché Sàrl").id
    token = token_for(provider, other, by=luca.id)
    with provider.database.reading() as tx:
        (theirs,) = scim_tokens.live(tx, other)

    assert admin.get(f"{firm.users}/directory/{theirs.id}/revoke").status == 404
    assert status(app, token) == 200
    assert "Boulangerie" not in admin.get(f"{firm.users}/directory").text


def test_a_token_needs_a_sign_in_of_the_last_minutes(admin: Browser, firm: Firm, clock: MovableClock) -> None:
    clock.forward(minutes=16)

    page = admin.get(f"/new-directory-token?portal=connect&organisation={firm.id}")

    assert "token_name" not in str(page.all("input"))
    assert page.path != "/new-directory-token"


def test_a_company_has_few_tokens(admin: Browser, provider: Provider, firm: Firm, claire: Account) -> None:
    for _ in range(scim_tokens.MOST):
        token_for(provider, firm.id, by=claire.id)

    assert "Revoke one first" in admin.get(f"{firm.users}/directory").text
    admin.get(f"/new-directory-token?portal=connect&organisation={firm.id}")
    admin.fill(token_name="Okta", days="365").press("continue")
    assert "Revoke one first" in admin.page.text


@pytest.mark.parametrize("act", ["close", "replace"])
def test_the_fund_shuts_the_directory_out(
    app: Flask, provider: Provider, firm: Firm, claire: Account, act: str
) -> None:
    """B-45: a token that a former administrator kept opens nothing"""
    token = token_for(provider, firm.id, by=claire.id)
    fund, by = Actor.clerk("anna"), "case 4711"
    with provider.database.transaction() as tx:
        company = tx.session.get_one(Organisation, firm.id)
        registry = provider.registry.current()
        letters = fund_letters.of_fund(registry, provider.settings, provider.wording, tx.now, "AK01")
        assert letters is not None
        occasion = Occasion(client_id="connect", issuer=provider.settings.server.issuer, language="fr")
        sender = Sender(letters.client, occasion, letters.zone)
        if act == "close":
            companies.close_company(tx, company, sender, by=fund, reason=by)
        else:
            replace_administrators(tx, company, sender, by=fund, reason=by)

    assert status(app, token) == 401
    with provider.database.reading() as tx:
        assert scim_tokens.live(tx, firm.id) == []


def test_a_former_administrators_session_makes_no_token(
    app: Flask, provider: Provider, firm: Firm, luca: Account
) -> None:
    """B-30"""
    browser = signed_in(app, provider, luca.id)

    assert browser.get(f"{firm.users}/directory").status == 403
    assert browser.get(f"/new-directory-token?portal=connect&organisation={firm.id}").status == 403
