"""Sign in at a portal, from its own button to its greeting."""

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.e2e.walks.visitor import Visitor


@dataclass(frozen=True)
class Keys:
    """What somebody signs in with, and where the code comes to (`email` or `sms`)."""

    portal: str
    identifier: str
    password: str
    channel: str = "sms"


def sign_in(visitor: Visitor, keys: Keys) -> Iterator[str]:
    visitor.open(visitor.sites.url(keys.portal) + "/login")
    yield from give_keys(visitor, keys)


def give_keys(visitor: Visitor, keys: Keys) -> Iterator[str]:
    """From the page that asks for identifier and password, wherever it was reached from."""
    yield "sign-in"
    yield from visitor.stumble("sign-in", "sign-in", identifier=keys.identifier, password="wrong")
    visitor.fill(identifier=keys.identifier, password=keys.password)
    visitor.press("sign-in")
    yield "sign-in-code"
    yield from visitor.stumble("sign-in-code", "verify", code="000000")
    visitor.type_code(channel=keys.channel)
    expect(visitor.page.locator("#log-out")).to_be_visible()
    assert visitor.page.url == visitor.sites.url(keys.portal) + "/"
    yield "portal"
