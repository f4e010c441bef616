"""Our mails and SMS are nobody's megaphone."""

from typing import Any

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.migrating import begin as begin_migration
from tests.flows.migrating import former_account
from tests.flows.registrations import Letters, give_letter
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


@pytest.fixture
def overrides() -> dict[str, Any]:
    a_day = {"window": 86_400}
    return {"limits": {"destinations": {"times": 2, **a_day}}}


def test_one_letter_mails_codes_to_a_few_addresses_only_however_often_it_is_begun(
    app: Flask, provider: Provider, mailbox: Mailbox
) -> None:
    letter = Letters(provider).insured()

    for number in range(4):
        browser = Browser(app, address=f"192.0.2.{number}", language="en")
        give_letter(browser, letter.code)
        browser.fill(email=f"somebody{number}@example.ch").press("continue")

    assert browser.page.status == 429
    assert [mail.to for mail in mailbox.sent()] == ["somebody0@example.ch", "somebody1@example.ch"]


def test_one_former_account_mails_codes_to_a_few_addresses_only(
    app: Flask, provider: Provider, mailbox: Mailbox
) -> None:
    former_account(provider)

    for number in range(4):
        browser = Browser(app, address=f"192.0.2.{number}", language="en")
        begin_migration(browser)
        browser.fill(email=f"somebody{number}@example.ch").press("get-code")

    assert browser.page.status == 429
    assert len(mailbox.sent()) == 2
