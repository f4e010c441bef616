"""The pages of losses in Chromium: accessible, and no wider than a phone, in light and dark."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from idp.credentials import passwords
from idp.provider import Provider
from tests.flows.recovering import NEW, customer
from tests.support.authenticators import give_app
from tests.support.chromium import EVERY_LOOK, Chromium, flaws, serving
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of these pages, for who wants to look at them."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


def test_the_pages_of_losses_are_accessible_wide_and_narrow_light_and_dark(
    app: Flask, provider: Provider, mailbox: Mailbox, clock: MovableClock, chromium: Chromium
) -> None:
    """X-12, X-18, X-22: recovery by an app, what waits afterwards, and a method that is added on the way"""
    anne = customer(provider, "e-services", phone="")
    anne_with_phone = customer(provider, "e-services", "luc@example.ch")
    app_of_anne = give_app(provider, clock, anne.id)
    clock.forward(hours=49)
    with serving(app) as base, chromium.page(320, "dark", bypass_csp=True) as page:

        def seen(name: str) -> None:
            for look in EVERY_LOOK if PICTURES else ():
                look.wear(page)
                page.screenshot(path=Path(PICTURES) / f"{name}-{look.name}.png", full_page=True)
            assert flaws(page, EVERY_LOOK) == [], name

        page.goto(f"{base}/lost-access?portal=e-services")
        seen("lost-access")
        ask(page, base, anne.address)
        seen("requested")
        page.goto(mailbox.last(to=anne.address).link.replace("http://localhost/", base + "/"))
        seen("announced")
        page.click("#continue")
        page.click("#other-ways summary")
        seen("proof")
        page.fill("[name=code]", app_of_anne.code())
        page.click("#verify")
        seen("replace")
        page.fill("[name=new_password]", NEW)
        page.fill("[name=new_password_again]", NEW)
        page.click("#replace")
        seen("replaced")
        clock.forward(minutes=1)
        page.goto(f"{base}/change-email?portal=e-services")
        sign_in(page, anne.address, NEW)
        page.fill("[name=code]", app_of_anne.code())
        page.click("#verify")
        seen("changes-wait")
        page.goto(f"{base}/account/security?portal=e-services")
        seen("security")

        on_the_way = {"methods": ("passkey", "totp", "sms"), "enrol_on_the_way": True}
        bend(provider, "connect", policy={**on_the_way, "entry": "anyone"})
        page.goto(f"{base}/login?portal=connect")
        sign_in(page, anne_with_phone.address, anne_with_phone.password)
        seen("enrolment")
    with provider.database.reading() as tx:
        assert passwords.recovered_at(tx, anne.id) is not None


def ask(page: Page, base: str, address: str) -> None:
    page.goto(f"{base}/recovery?portal=e-services")
    page.fill("[name=identifier]", address)
    page.click("#reset")
    page.click("#no-phone summary")


def sign_in(page: Page, address: str, password: str) -> None:
    page.fill("[name=identifier]", address)
    page.fill("[name=password]", password)
    page.click("#sign-in")
