"""The printed configuration in a real browser: pages that go on by themselves do so under their security policy."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Page

from tests.support.chromium import Chromium
from tests.support.relying_party import LONG_STATE
from tests.support.suite import Suite
from tests.support.suite_script import matches

pytestmark = pytest.mark.e2e

PATIENCE = 30_000  # milliseconds


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    with chromium.page(locale="en-US", ignore_https_errors=True) as opened:
        opened.set_default_timeout(PATIENCE)
        yield opened


def drive(page: Page, configuration: list[dict[str, Any]], address: str) -> None:
    """Go to an address and do what the configuration says about it."""
    entry = next(entry for entry in configuration if matches(entry["match"], address))
    page.goto(address)
    for task in entry["tasks"]:
        if not task.get("optional"):
            page.wait_for_url(lambda url, task=task: matches(task["match"], url))
        if matches(task["match"], page.url):
            for command in task.get("commands", []):
                obey(page, *command)


def obey(page: Page, name: str, kind: str, target: str, *more: Any) -> None:
    if name == "text":
        page.fill(f"[{kind}={target}]", more[0])
    elif name == "click":
        with page.expect_navigation():
            page.click(f"#{target}")
    elif kind == "contains":
        page.wait_for_url(lambda url: target in url)
    else:
        page.wait_for_selector(f"#{target}", state="attached")


@pytest.mark.parametrize("mode", ["", "form_post"])
def test_a_person_signs_in_and_out(suite: Suite, plan: dict[str, Any], page: Page, mode: str) -> None:
    """form-post/oidcc-server, oidcc-frontchannel-rp-initiated-logout"""
    suite.mode = mode
    way_back = suite.address("post_logout_redirect")
    told = {"frontchannel_logout_uri": suite.address("frontchannel_logout")}

    with suite.registered(post_logout_redirect_uris=[way_back], **told):
        drive(page, plan["browser"], f"{suite.metadata['authorization_endpoint']}?{urlencode(suite.request())}")
        tokens = suite.redeem(suite.arrived()["code"])
        leaving = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": way_back, "state": LONG_STATE}
        drive(page, plan["browser"], f"{suite.metadata['end_session_endpoint']}?{urlencode(leaving)}")
        framed = suite.seen("frontchannel_logout")

    assert page.url == f"{way_back}?state={LONG_STATE}"
    assert dict(parse_qsl(urlsplit(framed.path).query)) == {"iss": suite.issuer, "sid": tokens["claims"]["sid"]}
