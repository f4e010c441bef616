"""The inbox shows development and tests what would have been sent, on this machine only (X-28, rulings 23)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from idp.app import create_app
from idp.database import Database
from idp.messages.catalogue import CATALOGUE
from idp.provider import Provider
from idp.settings import SettingsError
from idp.settings_loader import load_settings
from tests.messages.support import enqueue, message
from tests.support.application import TEST_SECRETS
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

HERE = {"REMOTE_ADDR": "127.0.0.1"}


def test_mails_and_sms_can_be_read_by_a_program(app: Flask, database: Database, mailbox: Mailbox) -> None:
    """X-28"""
    enqueue(database, message("sign_in_code"), message("sign_in_code", "sms"))
    mailbox.deliver()

    newest, first = app.test_client().get("/_inbox.json", environ_base=HERE).get_json()

    assert set(first) == {"id", "channel", "to", "subject", "text", "html", "sent_at"}
    assert (first["channel"], first["to"]) == ("email", "anna@example.ch")
    assert (newest["channel"], newest["to"]) == ("sms", "+41791234567")


def test_and_by_people(app: Flask, database: Database, mailbox: Mailbox) -> None:
    (mail_id,) = enqueue(database, message("new_device", values={**message("new_device").values, "device": "<b>x</b>"}))
    mailbox.deliver()

    page = app.test_client().get("/_inbox", environ_base=HERE)
    mail = app.test_client().get(f"/_inbox/{mail_id}", environ_base=HERE)

    assert page.status_code == mail.status_code == 200
    assert "<b>x</b>" not in page.text + mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert app.test_client().get("/_inbox/unknown", environ_base=HERE).status_code == 404


def test_the_page_shows_the_newest_first_with_its_codes_links_and_local_time(
    app: Flask, database: Database, mailbox: Mailbox, clock: MovableClock
) -> None:
    """X-28"""
    enqueue(database, message("sign_in_code"))
    mailbox.deliver()
    clock.forward(minutes=1)
    enqueue(database, message("password_required", "email"))
    mailbox.deliver()

    page = Browser(app, address="127.0.0.1").get("/_inbox")

    newest, first = [item for item in page.all("li") if item.get("id")]
    assert "https://login.example.ch/recovery" in [element.get("href") for element in newest.walk()]
    assert clock.now().astimezone(ZoneInfo("Europe/Zurich")).strftime("%d.%m.%Y %H:%M:%S") in newest.text
    (code,) = [item.text for item in first.walk() if item.get("class") == "reference"]
    assert code.replace("\u00a0", "") in mailbox.sent()[0].text.replace("\u00a0", "")
    assert page.response.headers["Refresh"] == "5"


@pytest.mark.parametrize("brand", ["neutral", "espace-personnel"])
@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_the_code_of_mixed_case_can_be_copied_too(
    app: Flask, database: Database, mailbox: Mailbox, language: str, brand: str
) -> None:
    values = {**CATALOGUE["recovery_code"].sample, "code": "nukyQ"}
    enqueue(database, message("recovery_code", "sms", language=language, values=values, brand=brand))
    mailbox.deliver()

    page = Browser(app, address="127.0.0.1").get("/_inbox")

    assert [item.text for item in page.all("li") if item.get("class") == "reference"] == ["nukyQ"]


def test_the_page_is_short_and_may_be_of_one_person(app: Flask, database: Database, mailbox: Mailbox) -> None:
    """X-28"""
    enqueue(database, *(message("new_device") for _ in range(25)), message("sign_in_code", "sms"))
    mailbox.deliver()
    browser = Browser(app, address="127.0.0.1")

    everybody = browser.get("/_inbox")
    assert len([item for item in everybody.all("li") if item.get("id")]) == 20

    browser.get(everybody.link("+41791234567"))
    assert len([item for item in browser.page.all("li") if item.get("id")]) == 1


@pytest.mark.parametrize(
    ("environ", "headers"),
    [
        ({"REMOTE_ADDR": "192.0.2.7"}, {}),
        (HERE, {"Host": "evil.example"}),
        (HERE, {"Host": "localhost.evil.example:8000"}),
        (HERE, {"X-Forwarded-For": "192.0.2.7"}),
        (HERE, {"X-Real-IP": "192.0.2.7"}),
        (HERE, {"Via": "1.1 proxy"}),
    ],
)
def test_others_find_nothing(app: Flask, environ: dict[str, str], headers: dict[str, str]) -> None:
    for path in ("/_inbox", "/_inbox.json", "/_inbox/1"):
        assert app.test_client().get(path, environ_base=environ, headers=headers).status_code == 404


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_every_name_of_this_machine_will_do(app: Flask, host: str) -> None:
    assert app.test_client().get("/_inbox", environ_base=HERE, headers={"Host": host}).status_code == 200


def test_where_mails_really_leave_there_is_no_inbox(settings: Any, provider: Provider) -> None:
    sending = load_settings(
        {"IDP_ENVIRONMENT": "testing"},
        overrides={
            "database": {"url": settings.database.url},
            "files": {"variable": settings.files.variable, "clients": settings.files.clients},
            "secrets": TEST_SECRETS,
            "mail": {"transport": "smtp"},
            "sms": {"transport": "http"},
        },
    )

    app = create_app(sending, flows=())

    assert app.test_client().get("/_inbox", environ_base=HERE).status_code == 404
    app.extensions["provider"].database.dispose()


@pytest.mark.parametrize("environment", ["production", "conformance"])
@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_production_refuses_to_start_with_an_inbox(environment: str, channel: str) -> None:
    """Rulings 23"""
    with pytest.raises(SettingsError, match="inbox"):
        load_settings(
            {"IDP_ENVIRONMENT": environment},
            overrides={"secrets": TEST_SECRETS, channel: {"transport": "inbox"}},
        )
