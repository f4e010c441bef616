"""The list, a user's page, the journal: who sees them, what they show."""

import pytest
from flask import Flask

from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, give_password
from tests.flows.organisation.conftest import Firm, events, signed_in
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox


def test_an_administrator_sees_everybody_with_their_state(admin: Browser, firm: Firm) -> None:
    """B-20, B-48"""
    page = admin.get(firm.users)

    rows = [row.text for row in page.all("tr")[1:]]
    assert page.heading == "User management"
    assert page.link("Back to connect").startswith("https://connect.example.ch/login?iss=")
    assert "Menuiserie Favre SA" in page.text
    assert [name for name in ("Otto Ammann", "Luca Bernasconi", "Claire Favre", "Nina Neu")] == [
        " ".join(row.split()[:2]) for row in rows
    ]
    states = {
        "Otto Ammann": "Deactivated",
        "Luca Bernasconi": "Active",
        "Claire Favre": "Active",
        "Nina Neu": "Invited",
    }
    for row, (name, state) in zip(rows, states.items(), strict=True):
        assert name in row and state in row

