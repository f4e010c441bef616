"""The small steps that every journey shares, and what they know of the world."""

import pytest

from flows.methods.table import METHODS
from flows.steps.email_address import likely_meant
from idp import methods
from idp.limits import networks
from idp.messages import health
from idp.provider import Provider
from tests.flows import migrating
from tests.flows.conftest import Account, give_password
from tests.support.browser import Browser
from tests.support.inbox import Mailbox


def test_the_methods_a_portal_can_count_on_are_those_with_a_page() -> None:
    assert METHODS.keys() == methods.served()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anne@gmial.com", "anne@gmail.com"),
        ("anne@gmail.con", "anne@gmail.com"),
        ("anne@bluewn.ch", "anne@bluewin.ch"),
        ("anne@gmail.com", ""),
        ("anne@gmx.de", ""),
        ("anne@cifa.ch", ""),
        ("anne@mail.example.ch", ""),
    ],
)
def test_a_mistyped_domain_is_noticed(typed: str, meant: str) -> None:
    """X-08, P27"""
    assert likely_meant(typed) == meant


def test_a_mistyped_address_is_asked_about_and_never_corrected(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """X-08"""
    migrating.former_account(provider)
    migrating.begin(visitor)

    visitor.fill(email=" luc@gmial.com ").press("get-code")
    assert "Did you mean luc@gmail.com?" in visitor.page.text
    assert visitor.page.field("email").get("type") == "email"
    assert visitor.page.value("email").strip() == "luc@gmial.com"
    assert mailbox.sent(channel="email") == []

    visitor.press("Keep this address")
    assert mailbox.last(channel="email").to == "luc@gmial.com"


def test_neither_enter_nor_the_strong_button_sends_a_code_to_a_mistyped_address(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """X-08"""
    migrating.former_account(provider)
    migrating.begin(visitor)
    visitor.fill(email="luc@gmial.com").press("get-code")
    strong = [each.text for each in visitor.page.all("button") if each.get("class") == "primary" and each.get("id")]

    visitor.press("Continue")  # the unseen button that Enter presses

    assert strong == ["Use luc@gmail.com"]
    assert "Did you mean luc@gmail.com?" in visitor.page.text
    assert mailbox.sent(channel="email") == []
    visitor.fill(email="luc@gmail.com").press("Continue")
    assert [mail.to for mail in mailbox.sent(channel="email")] == ["luc@gmail.com"]


def test_the_likely_address_is_taken_by_one_press_at_the_field(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """X-08"""
    migrating.former_account(provider)
    migrating.begin(visitor)
    visitor.fill(email="luc@gmial.com").press("get-code")

    proposal = visitor.page.by_id("email-meant")
    assert proposal is not None
    assert proposal.get("role") == "alert"
    assert "email-meant" in visitor.page.field("email").get("aria-describedby")
    visitor.press("Use luc@gmail.com")

    assert [mail.to for mail in mailbox.sent(channel="email")] == ["luc@gmail.com"]


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("unknown", "unknown")],
)
def test_a_household_is_one_network(address: str, network: str) -> None:
    """ASVS 2.4.1: /64 for IPv6"""
    assert networks.network_of(address) == network


def test_a_page_says_when_its_channel_is_down(
    provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """X-27: the same for everybody, and another channel is offered"""
    with provider.database.transaction() as tx:
        for _ in range(health.RULES.tolerated):
            health.failed(tx, "sms", "the gateway does not answer", began=tx.shared.now)

    visitor.get("/login?portal=e-services")
    give_password(visitor, anne)

    assert "Text messages are delayed at the moment." in visitor.page.text
    visitor.press("use-email")
    assert "delayed" not in visitor.page.text
