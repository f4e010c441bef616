"""The day of waiting protects the owner of a mailbox, and keeps nobody out."""

import pytest

from idp.provider import Provider
from tests.flows.conftest import stranger, visitor
from tests.flows.recovering import NEW, ask, customer
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

__all__ = ["stranger", "visitor"]

pytestmark = pytest.mark.both_databases


def test_who_asks_again_and_again_does_not_keep_the_owners_link_shut(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """D-18, A-40: three requests a day, evenly, end no link in the moment in which it opens"""
    anne = customer(provider, "e-services", phone="")
    ask(visitor, "e-services", anne.address)
    link = ""

    for _ in range(4):
        clock.forward(hours=8)
        links = [mail.link for mail in mailbox.sent(to=anne.address) if "/reset" in mail.text]
        link = link or next(iter(links), "")
        ask(stranger, "e-services", anne.address)

    visitor.get(link)
    visitor.fill(new_password=NEW, new_password_again=NEW).press("replace")
    assert visitor.page.by_id("to-portal") is not None
