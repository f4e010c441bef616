"""Following an address changes nothing, whoever follows it and however often (X-30): scanners of mails, prefetching
browsers, a link in somebody else's page."""

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from idp import interaction
from idp.database import Base
from idp.provider import Provider
from tests.flows.organisation.conftest import Firm, admin, claire, firm, luca
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

__all__ = ["admin", "claire", "firm", "luca"]

pytestmark = pytest.mark.both_databases

# By name in X-30: artefacts of a finished authorization, a throttled last-seen, replay caches, the audit trail.
MAY_CHANGE = {
    "audit_events",
    "authorization_codes",
    "client_sessions",
    "sessions",
    "spent_identifiers",
    "stored_requests",
}


def contents(provider: Provider) -> dict[str, list[Any]]:
    with provider.database.reading() as tx:
        return {
            table.name: sorted(map(str, tx.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
            if table.name not in MAY_CHANGE
        }


def path_of(rule: Rule, values: dict[str, str]) -> str:
    """The address of the rule with these values in their places."""
    places = r"<(?:any\((\w+)[^>]*\):|\w+:)?(\w+)>"
    return re.sub(places, lambda found: found.group(1) or values.get(found.group(2), "x"), rule.rule)


@pytest.fixture
def device(app: Flask) -> str:
    """The sealed request of a television that waits for its owner."""
    asked = app.test_client().post("/device_authorization", data={"client_id": "television", "scope": "openid"})
    browser = Browser(app, language="en")
    browser.get("/device")
    sent = browser.fill(code=asked.get_json()["user_code"]).send("continue")
    return parse_qs(urlsplit(sent.headers["Location"]).query)["request"][0]


@pytest.fixture
def run(admin: Browser, firm: Firm) -> str:
    """The address of a journey that is under way in the administrator's browser."""
    admin.get(firm.new_user())
    admin.fill(email="jean.petit@example.ch").press("Continue")
    return admin.page.path.rpartition("/")[2]


@pytest.fixture
def links(app: Flask, provider: Provider, mailbox: Mailbox) -> list[str]:
    """What a mail about a forgotten password leads to."""
    browser = Browser(app, language="en")
    browser.get("/recovery?portal=connect")
    browser.fill(identifier="luca.bernasconi@example.ch").press("reset")
    found = re.findall(r"http://localhost(/\S+)", "".join(mail.text for mail in mailbox.sent(channel="email")))
    assert found
    return found


def test_no_address_changes_anything_when_it_is_followed(
    app: Flask, admin: Browser, provider: Provider, firm: Firm, device: str, run: str, links: list[str]
) -> None:
    """X-30"""
    values = {"organisation_id": firm.id, "membership_id": firm.nina, "run_id": run, "fund": "AK01"}
    queries = (
        {},
        {"portal": "connect", "organisation": firm.id, "user": firm.luca, "q": "a"},
        {"request": device},
        {"request": device, interaction.REFUSED: "yes"},
    )
    paths = {path_of(rule, values) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    addresses = [f"{path}?{urlencode(query)}" for path in sorted(paths) for query in queries] + links
    stranger = Browser(app)
    stranger.get("/jwks.json")  # the worker's work, done by whoever needs the first key
    before = contents(provider)

    statuses = [
        browser.client.open(address, method=method, headers=browser.headers).status_code
        for browser in (admin, stranger)
        for address in addresses
        for method in ("GET", "HEAD")
    ]

    assert contents(provider) == before
    assert statuses.count(200) > 100  # they were looked at
