"""`idp demo`: everybody that `load` makes is shown, and can do what the note says."""

import json
from typing import Any, cast

from click.testing import CliRunner
from flask import Flask

from idp.commands import demo
from idp.commands.context import Context
from idp.database import Origin
from idp.provider import Provider
from tests.flows.migrating import begin
from tests.support.browser import Browser


class Here:
    """The commands' context, on the provider under test."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.origin = Origin(actor="cli:test")


def test_former_accounts_are_shown_like_people() -> None:
    shown: list[dict[str, Any]] = json.loads(CliRunner().invoke(demo.group, ["show", "--json"]).output)

    assert {"CVCI00001234", "CVCI00005678"} <= {row["identifier"] for row in shown}
    assert all(row.keys() == {"portal", "identifier", "password", "second_step", "note"} for row in shown)


def test_former_accounts_are_made_once_and_start_the_migration(provider: Provider, app: Flask) -> None:
    """A-04: bcrypt, and a salted SHA-1 that is not wrapped yet"""
    context, former = cast(Context, Here(provider)), demo._cast(demo.PEOPLE).legacy

    assert [demo._wait(context, each) for each in former] == [True, True]
    assert [demo._wait(context, each) for each in former] == [False, False]

    for each in former:
        browser = Browser(app, language="en")
        begin(browser, each.identifier, each.password)
        assert browser.page.heading == "Account migration"
