"""A recovery throws out who was in, in every respect."""

import pytest

from idp.provider import Provider
from idp.sessions import known_browsers
from tests.flows.conftest import sign_in, stranger, visitor
from tests.flows.recovering import ask, customer, finish, open_link
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

__all__ = ["stranger", "visitor"]

pytestmark = pytest.mark.both_databases


def test_the_browser_of_a_thief_is_not_known_any_more(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """Else it keeps tries of its own at the new password, and its next sign-in is announced to nobody"""
    anne = customer(provider, "e-services")
    sign_in(stranger, anne, mailbox)

    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)
    finish(visitor, mailbox)

    assert visitor.page.by_id("to-portal") is not None
    with provider.database.reading() as tx:
        assert not known_browsers.is_known(tx, anne.id, stranger.cookie("browser"))
