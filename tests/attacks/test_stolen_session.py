"""Who sits at somebody's unlocked device, or took their session, is no further with their password."""

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.conftest import Account, anne, sign_in, visitor
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

__all__ = ["anne", "visitor"]

pytestmark = pytest.mark.both_databases

TRIES = 8


def test_a_session_is_no_licence_to_guess_the_password(
    app: Flask, provider: Provider, visitor: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """A new browser cookie with each try is no new budget."""
    sign_in(visitor, anne, mailbox)
    statuses = []

    for _ in range(TRIES):
        thief = Browser(app, address="198.51.100.7", language="en")
        thief.client.set_cookie("session-e-services", visitor.cookie("session-e-services"))
        provider.clock.forward(minutes=2)  # type: ignore[attr-defined]
        thief.get("/reauthentication?portal=e-services")
        statuses.append(thief.fill(password="quelque chose").press("sign-in").status)

    assert statuses[-1] == 429
