"""A copy of everything that is held about a person, for nobody but them."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask

from flows.account.export.message_words import ABOUT
from idp import methods
from idp.audit import timeline
from idp.credentials import authenticator_apps, passkeys, recovery_codes
from idp.database import Base
from idp.grants import consents
from idp.messages.catalogue import CATALOGUE
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import portal_identifiers
from idp.people.portal_identifiers import CUSTOMER
from idp.provider import Provider
from tests.flows.account.conftest import HOME, RECENT, elsewhere, signed_in
from tests.flows.conftest import Account, give_code, make_account
from tests.flows.passkeys import give_passkey
from tests.support.authenticator import Authenticator
from tests.support.authenticators import SECRET, give_app
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/account/data?portal=e-services"
DOWNLOAD = "/download-data?portal=e-services"
SECTIONS = {
    "person", "identifiers", "portals", "companies", "methods", "sessions", "activity", "messages", "letters",
}  # fmt: skip
SECRET_COLUMNS = ("hash", "digest", "fingerprint", "secret", "sealed", "token", "stop", "public_key", "credential_id")


def ask(browser: Browser) -> str:
    """Ask for the file; returns where it is."""
    browser.get(DOWNLOAD)
    browser.press("make")
    assert browser.page.heading == "My data", browser.page.text
    return browser.page.link("Download the file")


def fetched(browser: Browser, address: str) -> ZipFile:
    response = browser.get(address).response
    assert response.mimetype == "application/zip", response.status
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="my-data-20')
    return ZipFile(BytesIO(response.get_data()))


def content(browser: Browser) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(fetched(browser, ask(browser)).read("my-data.json"))
    return held


def test_the_file_holds_everything_twice_to_read_and_for_programs(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """X-16"""
    give_passkey(provider, anne.id, Authenticator(), name="Blue key")
    give_app(provider, clock, anne.id)
    elsewhere(provider, anne.id, ["e-services"])
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())
        consents.grant(tx, anne.id, "connect", ["openid", "email"])
        portal_identifiers.attach(tx, anne.id, portal="e-services", kind=CUSTOMER, value="CVCI-4711")
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA")
        memberships.join(tx, company.id, anne.id, Rights(topics=("salaries",)))

    home.get(home.get(PAGE).link("Get a copy of my data"))
    home.press("make")
    archive = fetched(home, home.page.link("Download the file"))
    held, page = json.loads(archive.read("my-data.json")), archive.read("my-data.html").decode()

    assert held.keys() == {"made_at", *SECTIONS}
    assert {"what": "First name", "value": "Anne"} in held["person"]
    values = {line.get("value") for lines in held.values() if isinstance(lines, list) for line in lines}
    assert {anne.address, anne.phone, "CVCI-4711", "email openid", "salaries", "Blue key", "Phone"} <= values
    assert HOME in {line.get("network") for line in held["sessions"]}
    assert "Signed in" in {line["what"] for line in held["activity"]}
    for words in (anne.address, "CVCI-4711", "Menuiserie Favre SA", "Blue key", "e-services CVCI"):
        assert words in page


def test_messages_are_named_by_what_they_were_about(home: Browser, provider: Provider) -> None:
    """X-16: in words, not by our own names of them"""
    ask(home)
    home.get(DOWNLOAD)

    assert "Personal data downloaded" in {line["what"] for line in content(home)["messages"]}
    assert ABOUT.keys() == CATALOGUE.keys()


def test_no_secret_and_no_digest_is_in_it(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    device = Authenticator()
    give_passkey(provider, anne.id, device)
    give_app(provider, clock, anne.id)
    drawn = recovery_codes.draw()
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne.id, drawn)
    archive = fetched(home, ask(home))
    told = archive.read("my-data.json").decode() + archive.read("my-data.html").decode()

    hidden = [*secrets_of(provider), *drawn, SECRET, anne.password, device.id, home.cookie("browser")]
    assert len(hidden) > 20
    assert [each for each in hidden if each in told] == []


def secrets_of(provider: Provider) -> Iterator[str]:
    """Every value that the database holds in a column named like a secret."""
    with provider.database.reading() as tx:
        for table in Base.metadata.sorted_tables:
            for column in table.c:
                if any(word in column.name for word in SECRET_COLUMNS):
                    yield from (value for value in tx.execute(sa.select(column)).scalars() if value and len(value) > 7)


def test_nothing_of_anybody_else_is_in_it(home: Browser, provider: Provider, clock: MovableClock) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", "+41791110000"), names=("Luc", "Perrin"))
    give_app(provider, clock, luc.id, name="Luc's phone")

    told = json.dumps(content(home))

    assert not any(words in told for words in (luc.id, luc.address, luc.phone, "Perrin", "Luc's phone"))


def test_the_person_is_told_and_the_activity_says_so(
    home: Browser, provider: Provider, anne: Account, mailbox: Mailbox
) -> None:
    """X-15"""
    ask(home)

    assert "téléchargées" in mailbox.last(to=anne.address).subject
    with provider.database.reading() as tx:
        assert len(timeline.recent(tx, anne.id, names={"DataDownloaded"}, limit=9)) == 1


def test_the_link_is_good_for_five_minutes_in_this_browser(
    home: Browser, app: Flask, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    """A stolen session or a link that was copied gets nothing"""
    address = ask(home)
    other = signed_in(app, provider, anne.id)

    assert other.get(address).path == "/account/data"
    clock.forward(seconds=299)
    assert fetched(home, address).namelist() == ["my-data.json", "my-data.html"]
    clock.forward(seconds=2)

    assert home.get(address).path == "/account/data"
    assert home.page.by_id("file") is None


def test_nobody_else_gets_the_file(home: Browser, app: Flask, provider: Provider) -> None:
    address = ask(home)
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    token = signed_in(app, provider, luc.id).cookie("session-e-services")

    home.client.set_cookie("session-e-services", token)

    assert home.get(address).path == "/account/data"


def test_a_sixth_file_waits_until_tomorrow(home: Browser, provider: Provider, anne: Account) -> None:
    for _ in range(5):
        ask(home)

    home.get(DOWNLOAD)
    home.press("make")

    assert home.page.status == 429
    assert "Too many tries." in home.page.errors[0]


def test_a_stolen_session_alone_gets_no_file(home: Browser, clock: MovableClock) -> None:
    """ASVS 7.5.1"""
    clock.forward(seconds=RECENT.total_seconds() + 1)

    assert home.get(DOWNLOAD).heading == "Enter your password again"


def test_the_strongest_method_is_asked(app: Flask, provider: Provider, anne: Account, mailbox: Mailbox) -> None:
    """X-18: a mailbox code is not enough for who has a phone"""
    browser = signed_in(app, provider, anne.id, proofs=(methods.PASSWORD, methods.EMAIL))

    browser.get(DOWNLOAD)
    browser.press("continue")
    give_code(browser, mailbox, "sms")

    assert browser.page.heading == "A copy of my data"


def test_a_long_history_makes_a_bounded_file(
    home: Browser, provider: Provider, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.account.export.access.MOST_EVENTS", 3)
    for _ in range(4):
        elsewhere(provider, anne.id)

    assert len(content(home)["activity"]) == 3


def test_methods_are_listed_by_name(home: Browser, provider: Provider, anne: Account, clock: MovableClock) -> None:
    give_app(provider, clock, anne.id)

    with provider.database.reading() as tx:
        assert passkeys.listed(tx, anne.id) == []
        assert [app.name for app in authenticator_apps.listed(tx, anne.id)] == ["Phone"]
    assert [line["what"] for line in content(home)["methods"]] == ["Password", "Authenticator app"]
